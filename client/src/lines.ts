/**
 * Reads a stream of JSON lines and hands on each value. Blank lines keep the connection alive and mean nothing. A line
 * that is no JSON throws SyntaxError: so does a last line that was cut.
 */
export async function readLines(stream: ReadableStream<Uint8Array>, onValue: (value: any) => void): Promise<void> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  const take = (text: string) => {
    const lines = text.split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop()!;
    for (const line of lines) if (line.trim()) onValue(JSON.parse(line));
  };

  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    take(decoder.decode(value, { stream: true }));
  }
  take(decoder.decode() + '\n');
}
