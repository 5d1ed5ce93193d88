/** Bytes before each piece of output: stream (1 stdout, 2 stderr), three zeros, length. */
const HEADER_BYTES = 8;

/**
 * The lines of a container's output, stdout and stderr as they came, out of the stream in which the engine sends both.
 *
 * @see https://docs.docker.com/reference/api/engine/ "Stream format" of attaching to a container
 */
export async function* demultiplex(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  // A line may be cut anywhere, and the other stream may come between.
  const streams = new Map<number, { readonly decoder: TextDecoder; rest: string }>();
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + pending.readUInt32BE(4);
      if (pending.length < end) break;
      const kind = pending[0] ?? 0;
      const stream = streams.get(kind) ?? { decoder: new TextDecoder(), rest: '' };
      streams.set(kind, stream);
      const lines = (stream.rest + stream.decoder.decode(pending.subarray(HEADER_BYTES, end), { stream: true })).split('\n');
      pending = pending.subarray(end);
      stream.rest = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '').map(withoutReturn);
    }
  }
  for (const { rest } of streams.values()) if (rest !== '') yield withoutReturn(rest);
}

const withoutReturn = (line: string): string => (line.endsWith('\r') ? line.slice(0, -1) : line);
