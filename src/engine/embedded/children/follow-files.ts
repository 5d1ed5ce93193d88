import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { missingIs } from '#infra/apperr/system-error.ts';

const CHUNK_BYTES = 64 * 1024;

/** Reads a file that may rotate while it is read: each line once, oldest first. */
export interface FileFollower extends AsyncDisposable {
  /** The lines that came since the last call. */
  read(): AsyncIterable<string>;
  /** The begin of a line whose end is not there; empty when there is none. */
  rest(): string;
}

interface Held {
  readonly handle: FileHandle;
  readonly identity: string;
  offset: number;
}

interface Found {
  readonly path: string;
  readonly identity: string;
}

/** Tells a file from a later one that got its number. */
const identityOf = ({ dev, ino, birthtimeMs }: Stats): string => `${dev}:${ino}:${birthtimeMs}`;

const identityAt = async (path: string): Promise<string | null> => {
  const stats = await stat(path).catch(missingIs(null));
  return stats === null ? null : identityOf(stats);
};

/** Null when the file has another name by now. */
const openSame = async ({ path, identity }: Found): Promise<Held | null> => {
  const handle = await open(path, 'r').catch(missingIs(null));
  if (handle === null) return null;
  if (identityOf(await handle.stat()) === identity) return { handle, identity, offset: 0 };
  await handle.close();
  return null;
};

/**
 * @param files the file that is written, and before it those that it was renamed to, oldest first; a file that is held open is found
 * again under its new name, and is read to its end when it was removed
 */
export const followFiles = (files: readonly string[]): FileFollower => {
  let held: Held | null = null;
  let done: readonly string[] = [];
  let decoder = new TextDecoder();
  let pending = '';

  const drain = async function* (file: Held): AsyncIterable<string> {
    // A file that shrank was emptied by its writer.
    if ((await file.handle.stat()).size < file.offset) [file.offset, pending, decoder] = [0, '', new TextDecoder()];
    for (;;) {
      const { buffer, bytesRead } = await file.handle.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, file.offset);
      if (bytesRead === 0) return;
      file.offset += bytesRead;
      const lines = (pending + decoder.decode(buffer.subarray(0, bytesRead), { stream: true })).split('\n');
      pending = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '');
    }
  };

  /** Whether the file that is held has been removed, and the oldest one after it that was not read. */
  const look = async (): Promise<{ readonly isGone: boolean; readonly next: Found | null }> => {
    const identities = await Promise.all(files.map(identityAt));
    done = done.filter((each) => identities.includes(each));
    const at = held === null ? -1 : identities.indexOf(held.identity);
    const found = files.flatMap((path, i) => {
      const identity = identities[i] ?? null;
      return i <= at || identity === null || done.includes(identity) ? [] : [{ path, identity }];
    });
    return { isGone: held !== null && at === -1, next: found[0] ?? null };
  };

  const finish = async function* (file: Held): AsyncIterable<string> {
    // What was written between the look and the renaming is in the old file.
    yield* drain(file);
    if (pending !== '') yield pending;
    [held, pending, decoder, done] = [null, '', new TextDecoder(), [...done, file.identity]];
    await file.handle.close();
  };

  return {
    read: async function* () {
      for (;;) {
        if (held !== null) yield* drain(held);
        const { isGone, next } = await look();
        if (held !== null && (isGone || next !== null)) yield* finish(held);
        if (next === null) return;
        held = await openSame(next);
      }
    },
    rest: () => pending,
    [Symbol.asyncDispose]: async () => held?.handle.close(),
  };
};
