import { constants } from 'node:fs';
import { access, type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { SIGNAL_KINDS, type SignalKind } from '../../otlp-records.ts';
import { fileOf, olderFileOf } from './records.ts';

/** A file of this size, in bytes, makes place for a new one. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export interface SinkStore extends AsyncDisposable {
  /** Resolves when the line is with the operating system; lines of one kind keep their order. */
  append(kind: SignalKind, line: string): Promise<void>;
  /** Throws when the folder cannot be written. */
  check(): Promise<void>;
}

/** A file to which one line is written after the other. */
const createFile = (directory: string, kind: SignalKind, maxBytes: number) => {
  const path = fileOf(directory, kind);
  let handle: FileHandle | undefined;
  let size = 0;
  // A kill or a full disk may have left half a line at the end; a new line must not become its second half.
  let endsInLine = false;
  let last: Promise<void> = Promise.resolve();

  const current = async (): Promise<FileHandle> => {
    if (handle !== undefined && size >= maxBytes) {
      await handle.close();
      handle = undefined;
      await rename(path, olderFileOf(directory, kind));
    }
    if (handle === undefined) {
      handle = await open(path, 'a', 0o600);
      size = (await handle.stat()).size;
      endsInLine = size === 0;
    }
    return handle;
  };

  const write = async (line: string): Promise<void> => {
    const file = await current();
    const bytes = Buffer.from(`${endsInLine ? '' : '\n'}${line}\n`);
    endsInLine = false;
    let written = 0;
    try {
      while (written < bytes.length) written += (await file.write(bytes, written)).bytesWritten;
      endsInLine = true;
    } finally {
      size += written;
    }
  };

  return {
    append: (line: string): Promise<void> => {
      const turn = last.then(() => write(line));
      last = turn.catch(() => undefined);
      return turn;
    },
    close: async (): Promise<void> => {
      await last;
      await handle?.close();
      handle = undefined;
    },
  };
};

/** Opens the folder that the records go to. */
export const openStore = async (directory: string, options: { readonly maxFileBytes?: number } = {}): Promise<SinkStore> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const create = (kind: SignalKind) => createFile(directory, kind, options.maxFileBytes ?? MAX_FILE_BYTES);
  const files = { traces: create('traces'), metrics: create('metrics'), logs: create('logs') } satisfies Record<SignalKind, unknown>;
  return {
    append: (kind, line) => files[kind].append(line),
    check: () => access(directory, constants.R_OK | constants.W_OK),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(SIGNAL_KINDS.map((kind) => files[kind].close()));
    },
  };
};
