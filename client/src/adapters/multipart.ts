/** Reads a stream of multipart/mixed and hands on the JSON of each part, as soon as its closing boundary is there. */
export async function readParts(stream: ReadableStream<Uint8Array>, boundary: string, onPart: (part: any) => void): Promise<void> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const delimiter = `\r\n--${boundary}`;
  let rest = '\r\n'; // the first boundary may stand at the very beginning
  let began = false; // what precedes the first boundary is no part

  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    rest += decoder.decode(value, { stream: true });
    for (let end = rest.indexOf(delimiter); end >= 0; end = rest.indexOf(delimiter)) {
      const part = rest.slice(0, end);
      rest = rest.slice(end + delimiter.length);
      if (began) onPart(JSON.parse(part.slice(part.indexOf('\r\n\r\n') + 4)));
      began = true;
    }
    if (began && rest.startsWith('--')) {
      drain(reader);
      return;
    }
  }
}

/** Reads to the end, so that the connection can be used again. */
function drain(reader: ReadableStreamDefaultReader): void {
  reader.read().then(
    ({ done }) => done || drain(reader),
    () => {},
  );
}

/** The boundary of a content type, `-` if it names none. */
export function boundaryOf(type: string): string {
  const [, quoted, bare] = /boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(type) ?? [];
  return quoted ?? bare ?? '-';
}
