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
  readonly ino: number;
  offset: number;
}

const openIfThere = async (path: string): Promise<Held | null> => {
  const handle = await open(path, 'r').catch(missingIs(null));
  return handle === null ? null : { handle, ino: (await handle.stat()).ino, offset: 0 };
};

/**
 * @param files the file that is written, and before it those that it was renamed to, oldest first; a file that is held open keeps its
 * number (inode), so that it is found again under its new name
 */
export const followFiles = (files: readonly string[]): FileFollower => {
  let held: Held | null = null;
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

  /** The file after the one that is held; the oldest one where that is gone or none is held; null when there is none. */
  const next = async (): Promise<Held | null> => {
    const inos = await Promise.all(files.map(async (file) => (await stat(file).catch(missingIs(null)))?.ino ?? null));
    const at = held === null ? -1 : inos.indexOf(held.ino);
    const path = files.find((_, i) => i > at && inos[i] !== null);
    return path === undefined ? null : openIfThere(path);
  };

  return {
    read: async function* () {
      for (;;) {
        if (held !== null) yield* drain(held);
        const following = await next();
        if (following === null) return;
        // What was written between the look and the renaming is in the old file.
        if (held !== null) {
          yield* drain(held);
          if (pending !== '') yield pending;
          await held.handle.close();
        }
        [held, pending, decoder] = [following, '', new TextDecoder()];
      }
    },
    rest: () => pending,
    [Symbol.asyncDispose]: async () => held?.handle.close(),
  };
};
