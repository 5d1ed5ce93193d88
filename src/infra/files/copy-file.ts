import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';

export interface CopiedFile {
  readonly bytes: number;
  /** Of what was copied, hexadecimal. */
  readonly sha256: string;
}

const CHUNK_BYTES = 1024 * 1024;

/**
 * Copies a file, never through a link, and answers what it copied, so that nobody can put another one there between a look and the copy.
 * The copy must not be there; folders above it are made, of mode 0700.
 *
 * @param options.durable whether the copy is on the disk when this returns
 * @param options.bytes size that the file must have, which is looked at before anything is read
 * @throws AppError `not-a-file`, `other-size`; the file system's error
 */
export const copyFile = async (
  from: string,
  to: string,
  options: { readonly mode: number; readonly durable: boolean; readonly bytes?: number },
): Promise<CopiedFile> => {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  await using target = await open(to, 'wx', options.mode);
  const copied = await readThrough(from, (chunk) => target.write(chunk), options);
  if (options.durable) await target.sync();
  return copied;
};

/** Opening a pipe waits for somebody who writes into it, unless it is told not to. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Reads a file, never through a link nor out of a pipe, and answers what it is; `take` gets its pieces. Throws as `copyFile`. */
export const readThrough = async (
  from: string,
  take: (chunk: Buffer) => Promise<unknown>,
  wanted: { readonly bytes?: number } = {},
): Promise<CopiedFile> => {
  await using source = await open(from, FLAGS);
  const stats = await source.stat();
  if (!stats.isFile()) throw new AppError('not-a-file', 409, `${from} is no file`);
  const { size } = stats;
  if (wanted.bytes !== undefined && size !== wanted.bytes) {
    throw new AppError('other-size', 409, `${from} has ${size} bytes where it should have ${wanted.bytes}`);
  }
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size + 1));
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    await take(chunk);
    bytes += bytesRead;
  }
  return { bytes, sha256: hash.digest('hex') };
};
