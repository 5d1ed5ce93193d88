import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { createRotatedFile, type RotatedFile } from '#infra/lines/rotated-file.ts';
import { SIGNAL_KINDS, type SignalKind } from '../../otlp-records.ts';
import { fileOf, OLDER_FILES } from './records.ts';

/** A file that would grow beyond this, in bytes, makes place for a new one. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

export interface SinkStore extends AsyncDisposable {
  /** Resolves when the line is with the operating system; lines of one kind keep their order. Throws when it is not. */
  append(kind: SignalKind, line: string): Promise<void>;
  /** Throws when the folder cannot be written. */
  check(): Promise<void>;
}

/** A file to which one line is written after the other. */
const inTurns = (file: RotatedFile) => {
  let last: Promise<void> = Promise.resolve();
  const write = async (line: string): Promise<void> => {
    const { error } = await file.append([line]);
    if (error !== null) throw error;
  };
  return {
    append: (line: string): Promise<void> => {
      const turn = last.then(() => write(line));
      last = turn.catch(() => undefined);
      return turn;
    },
    close: async (): Promise<void> => {
      await last;
      await file[Symbol.asyncDispose]();
    },
  };
};

/** Opens the folder that the records go to. */
export const openStore = async (directory: string, options: { readonly maxFileBytes?: number } = {}): Promise<SinkStore> => {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const create = (kind: SignalKind) =>
    inTurns(
      createRotatedFile({ path: fileOf(directory, kind), maxBytes: options.maxFileBytes ?? MAX_FILE_BYTES, olderFiles: OLDER_FILES }),
    );
  const files = { traces: create('traces'), metrics: create('metrics'), logs: create('logs') } satisfies Record<SignalKind, unknown>;
  return {
    append: (kind, line) => files[kind].append(line),
    check: () => access(directory, constants.R_OK | constants.W_OK),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(SIGNAL_KINDS.map((kind) => files[kind].close()));
    },
  };
};
