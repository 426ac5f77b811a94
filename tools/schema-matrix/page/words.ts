/** A line of the page: what is no text does not belong there. */
export const line = (...parts: string[]) => parts.join(' ');
