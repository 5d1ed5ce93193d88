import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { missingIs } from '#infra/apperr/system-error.ts';

/** No line of ours is longer; the tail of a log is looked for in this many bytes for each line asked for. */
const TAIL_BYTES_PER_LINE = 4_096;
/** How often a followed file is looked at, in milliseconds. */
const FOLLOW_MS = 200;

/**
 * The last lines of a file, oldest first; none when there is no file.
 *
 * @param options.from bytes before this are not looked at
 */
export const tailLines = async (file: string, options: { lines: number; from?: number }): Promise<readonly string[]> => {
  const size = await sizeOf(file);
  const earliest = Math.min(options.from ?? 0, size);
  const start = Math.max(earliest, size - options.lines * TAIL_BYTES_PER_LINE);
  if (size === start) return [];
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    const lines = buffer.subarray(0, bytesRead).toString('utf8').split('\n');
    // The first piece is the end of a line that began before what we read.
    if (start > earliest) lines.shift();
    return lines.filter((line) => line !== '').slice(-options.lines);
  } finally {
    await handle.close();
  }
};

/**
 * The lines of a file, oldest first, ended by its end or, with `follow`, by the signal.
 *
 * @param options.tail begin with this many last lines instead of the first one
 */
export const readLines = async function* (
  file: string,
  options: { tail?: number; follow?: boolean; signal?: AbortSignal } = {},
): AsyncIterable<string> {
  const { tail, follow = false, signal } = options;
  let offset = 0;
  if (tail !== undefined) {
    offset = await sizeOf(file);
    yield* await tailLines(file, { lines: tail });
  }
  let decoder = new TextDecoder();
  let pending = '';
  for (;;) {
    if (signal?.aborted === true) return;
    const size = await sizeOf(file);
    // A file that shrank was replaced by a new one.
    if (size < offset) [offset, pending, decoder] = [0, '', new TextDecoder()];
    if (size > offset) {
      for await (const chunk of createReadStream(file, { start: offset, end: size - 1 })) {
        offset += (chunk as Buffer).length;
        const lines = (pending + decoder.decode(chunk as Buffer, { stream: true })).split('\n');
        pending = lines.pop() ?? '';
        yield* lines.filter((line) => line !== '');
      }
    }
    if (!follow) {
      if (pending !== '') yield pending;
      return;
    }
    await pause(FOLLOW_MS, undefined, { signal, ref: true }).catch(() => undefined);
  }
};

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(missingIs(null)))?.size ?? 0;
