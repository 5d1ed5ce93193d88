/** The lines of a stream of bytes, without their ends; a last line without one is none. A signal that aborts ends them. */
export const linesOf = async function* (chunks: AsyncIterable<string | Uint8Array>, signal: AbortSignal): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  const reader = chunks[Symbol.asyncIterator]();
  const aborted = new Promise<null>((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
  let begun = '';
  while (!signal.aborted) {
    const read = await Promise.race([reader.next(), aborted]);
    if (read === null || read.done === true) return;
    const text = typeof read.value === 'string' ? read.value : decoder.decode(read.value, { stream: true });
    const lines = `${begun}${text}`.split('\n');
    begun = lines.pop() ?? '';
    yield* lines;
  }
};
