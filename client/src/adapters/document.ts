/** A document as the libraries hand it on: its text, its id, or both empty if only a hash in the extensions is left. */
export function documentOf(text: string | null | undefined, documentId?: string | null) {
  return Object.assign(new String(text ?? ''), { documentId: documentId ?? undefined });
}

/** Says whether a text asks for its answer in parts. */
export function isIncremental(text: string): boolean {
  return /@(defer|stream)\b/.test(text);
}
