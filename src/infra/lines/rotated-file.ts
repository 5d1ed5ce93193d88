import { writeSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { missingIs } from '#infra/apperr/system-error.ts';
import { createLineWriter, type LineWriter } from './line-writer.ts';
import type { LineTarget } from './line-target.ts';

export interface RotatedFileOptions {
  readonly path: string;
  /** A file that would grow beyond this makes place for a new one; only a single write that is longer makes a longer file. */
  readonly maxBytes: number;
  /** Files that are kept beside the one that is written. */
  readonly olderFiles: number;
}

export interface RotatedFile extends LineTarget, AsyncDisposable {
  /**
   * Opens the file, which `append` does by itself.
   *
   * @throws the error of the file system
   */
  open(): Promise<void>;
}

/** The files of a log, oldest first: `x.log.2`, `x.log.1`, `x.log`; some of them may not be there. */
export const rotatedFiles = (path: string, olderFiles: number): readonly string[] => [
  ...Array.from({ length: olderFiles }, (_, i) => `${path}.${olderFiles - i}`),
  path,
];

/** Makes place for a new file: each file takes the name of the one before it in age, the oldest is gone. */
export const rotate = async (path: string, olderFiles: number): Promise<void> => {
  const files = rotatedFiles(path, olderFiles);
  for (const [i, older] of files.slice(0, -1).entries()) await rename(files[i + 1] ?? path, older).catch(missingIs(undefined));
};

/** Whether a file ends with the end of a line; a kill or a full disk may have left half a line. */
const endsInLine = async (handle: FileHandle, size: number): Promise<boolean> => {
  if (size === 0) return true;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === '\n';
};

/**
 * A file to which lines are appended, of mode 0600, which makes place for a new one when it is full: all of its files together hold at
 * most `maxBytes` for each of `olderFiles` and one more. Renaming needs no space, so that a full disk keeps nothing from rotating.
 */
export const createRotatedFile = ({ path, maxBytes, olderFiles }: RotatedFileOptions): RotatedFile => {
  let current: { readonly handle: FileHandle; readonly writer: LineWriter; size: number } | null = null;

  const close = async (): Promise<void> => {
    const closing = current;
    current = null;
    await closing?.handle.close();
  };

  const opened = async () => {
    if (current !== null) return current;
    const handle = await open(path, 'a+', 0o600);
    try {
      const { size } = await handle.stat();
      const put = async (bytes: Buffer): Promise<number> => (await handle.write(bytes)).bytesWritten;
      return (current = { handle, size, writer: createLineWriter(put, await endsInLine(handle, size)) });
    } catch (error) {
      await handle.close();
      throw error;
    }
  };

  const withPlaceFor = async (lines: readonly string[]) => {
    const file = await opened();
    if (file.size === 0 || file.size + file.writer.bytesOf(lines).length <= maxBytes) return file;
    await close();
    await rotate(path, olderFiles);
    return opened();
  };

  return {
    open: async () => void (await opened()),
    append: async (lines) => {
      try {
        const file = await withPlaceFor(lines);
        const { bytes, ...appended } = await file.writer.write(file.writer.bytesOf(lines));
        file.size += bytes;
        // It may be the file that is bad, and not the disk: the next lines open it anew.
        if (appended.error !== null) await close();
        return appended;
      } catch (thrown) {
        return { lines: 0, error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
      }
    },
    appendLast: (lines) => {
      if (current === null || lines.length === 0) return;
      try {
        writeSync(current.handle.fd, current.writer.bytesOf(lines));
      } catch {
        // The process ends, and its log was the place to tell it.
      }
    },
    [Symbol.asyncDispose]: close,
  };
};
