import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { missingIs } from '#infra/apperr/system-error.ts';

/** No line of ours is longer; the tail of a log is looked for in this many bytes for each line asked for. */
const TAIL_BYTES_PER_LINE = 4_096;
/** How often a followed file is looked at, in milliseconds. */
const FOLLOW_MS = 200;
/** Bytes that are read at once. */
const CHUNK_BYTES = 64 * 1024;

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
 * The lines of a file, oldest first, ended by its end or, with `follow`, by the signal. A file that is replaced or removed while it is
 * followed is read to its end, then the new one from its beginning.
 *
 * @param options.tail begin with this many last lines instead of the first one
 */
export const readLines = async function* (
  file: string,
  options: { tail?: number; follow?: boolean; signal?: AbortSignal } = {},
): AsyncIterable<string> {
  const { tail, follow = false, signal } = options;
  let next = tail === undefined ? 0 : await sizeOf(file);
  if (tail !== undefined) yield* await tailLines(file, { lines: tail });
  for (;;) {
    const handle = await open(file, 'r').catch(missingIs(null));
    if (handle !== null) {
      try {
        yield* linesOf(handle, { from: next, goesOn: () => follow && signal?.aborted !== true && isStill(file, handle), signal });
      } finally {
        await handle.close();
      }
    }
    next = 0;
    if (!follow || signal?.aborted === true) return;
    await pause(FOLLOW_MS, undefined, { signal, ref: true }).catch(() => undefined);
  }
};

interface Reading {
  /** Bytes before this are passed over. */
  readonly from: number;
  /** Whether more may come into this file. */
  readonly goesOn: () => Promise<boolean> | false;
  readonly signal: AbortSignal | undefined;
}

/** The lines of an open file; the last one may have no end. */
const linesOf = async function* (handle: FileHandle, { from, goesOn, signal }: Reading): AsyncGenerator<string> {
  let [offset, pending, decoder] = [from, '', new TextDecoder()];
  for (;;) {
    // What was written before it was replaced is there now.
    const isLast = (await goesOn()) === false;
    const { size } = await handle.stat();
    // A file that shrank was emptied.
    if (size < offset) [offset, pending, decoder] = [0, '', new TextDecoder()];
    while (offset < size) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.min(size - offset, CHUNK_BYTES)), 0, null, offset);
      if (bytesRead === 0) break;
      offset += bytesRead;
      const lines = (pending + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
      pending = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '');
    }
    if (isLast) {
      if (pending !== '') yield pending;
      return;
    }
    await pause(FOLLOW_MS, undefined, { signal, ref: true }).catch(() => undefined);
  }
};

/** Whether the path still leads to the file that is open. */
const isStill = async (file: string, handle: FileHandle): Promise<boolean> => {
  const [there, opened] = await Promise.all([stat(file).catch(missingIs(null)), handle.stat()]);
  return there !== null && there.ino === opened.ino && there.dev === opened.dev;
};

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(missingIs(null)))?.size ?? 0;
