import { dirname, extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '#infra/apperr/app-error.ts';
import { describeError } from '../common/errors.ts';
import { urlOf } from './sqlite-file.ts';

/** Beside this file: TypeScript in the sources, JavaScript in the package. */
const WORKER = new URL(`./vacuum.worker${extname(import.meta.url)}`, import.meta.url);

const heldUp = (): AppError =>
  new AppError('erasure-held-up', 503, 'Another process reads the database, so its log still holds what was deleted.', {
    fix: 'End what reads the file; it is tried again by itself.',
  });

/**
 * Writes a file anew, on a thread and a connection of its own: reads go on, writes find it busy. Without it, what was overwritten stays
 * readable: `secure_delete` clears it where it stood last, and not where it stood before SQLite moved it to another page.
 *
 * @throws AppError `erasure-held-up` 503, or that of the state of the database
 */
export const eraseFile = async (file: string, name: string): Promise<void> => {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const worker = new Worker(WORKER, { workerData: { url: urlOf(file).href, directory: dirname(file) } });
  worker.once('error', reject);
  worker.once('exit', resolve);
  const code = await promise.catch((error: unknown) => {
    throw describeError(error, name);
  });
  if (code !== 0) throw heldUp();
};
