import { publicCause } from '#infra/apperr/public-cause.ts';
import { hasCode } from '#infra/apperr/system-error.ts';
import type { LineTarget } from './line-target.ts';

/** Bytes of lines that wait for a reader who is slow, or a disk; what comes beyond them is lost. */
const MAX_WAITING_BYTES = 1024 * 1024;
/** Bytes that are written at once. */
const MAX_WRITE_BYTES = 64 * 1024;
/** Milliseconds after which a pipe that was full is tried again. */
const RETRY_MS = 50;

/** The lines that did not arrive since the start. */
export interface LostLines {
  readonly lines: number;
  /** Why the last ones did not, in words that anybody may read; null while lines arrive. */
  readonly cause: string | null;
}

export interface LineQueue extends Disposable {
  /** Takes a line without its end; never waits and never throws. */
  write(line: string): void;
  lost(): LostLines;
  /** Resolves when all that was taken is written or lost, or after this many milliseconds. */
  flush(limitMs: number): Promise<void>;
}

/**
 * Writes lines in the order in which they came, without anybody waiting for it. Lines that the target refuses are lost, and the next
 * ones are tried again, so that writing goes on by itself once there is space; a pipe that is full (EAGAIN) is waited for.
 *
 * @param options.onWrittenAgain called when lines arrive again, with how many did not and why
 */
export const createLineQueue = (options: {
  readonly target: LineTarget;
  readonly onWrittenAgain?: (lost: { readonly lines: number; readonly cause: string }) => void;
  readonly maxWaitingBytes?: number;
}): LineQueue => {
  const { target, onWrittenAgain, maxWaitingBytes = MAX_WAITING_BYTES } = options;
  let waiting: string[] = [];
  let waitingBytes = 0;
  let lines = 0;
  let cause: string | null = null;
  let lostSinceWritten = 0;
  let pumping: Promise<void> | null = null;

  const lose = (count: number, why: string): void => {
    lines += count;
    lostSinceWritten += count;
    cause = why;
  };

  const arrived = (): void => {
    if (cause === null) return;
    const lost = { lines: lostSinceWritten, cause };
    cause = null;
    lostSinceWritten = 0;
    onWrittenAgain?.(lost);
  };

  const takeSome = (): readonly string[] => {
    let bytes = 0;
    let count = 0;
    for (const line of waiting) {
      if (count > 0 && bytes + line.length > MAX_WRITE_BYTES) break;
      bytes += Buffer.byteLength(line) + 1;
      count += 1;
    }
    const some = waiting.slice(0, count);
    waiting = waiting.slice(count);
    waitingBytes -= bytes;
    return some;
  };

  const pump = async (): Promise<void> => {
    while (waiting.length > 0) {
      let some = takeSome();
      let { lines: written, error } = await target.append(some);
      while (hasCode(error, 'EAGAIN', 'EBUSY')) {
        some = some.slice(written);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
        ({ lines: written, error } = await target.append(some));
      }
      if (error === null) arrived();
      else lose(some.length - written, publicCause(error));
    }
    pumping = null;
  };

  const onExit = (): void => target.appendLast(waiting.splice(0));
  process.once('exit', onExit);

  return {
    write: (line) => {
      const bytes = Buffer.byteLength(line) + 1;
      if (waitingBytes + bytes > maxWaitingBytes) return lose(1, 'lines come faster than they are written');
      waiting.push(line);
      waitingBytes += bytes;
      pumping ??= pump();
    },
    lost: () => ({ lines, cause }),
    flush: async (limitMs) => {
      if (pumping === null) return;
      const { promise: limit, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, limitMs);
      await Promise.race([pumping, limit]);
      clearTimeout(timer);
    },
    [Symbol.dispose]: () => void process.off('exit', onExit),
  };
};
