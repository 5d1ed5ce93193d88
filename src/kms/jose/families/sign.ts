import { sign, type SignKeyObjectInput } from 'node:crypto';
import { promisify } from 'node:util';

/** Signs in the thread pool, where a signature takes a millisecond or more: in the meantime other requests go on. */
export const signInPool = promisify(
  (hash: string | null, input: Uint8Array, key: SignKeyObjectInput, done: (error: Error | null, signature: Buffer) => void) =>
    sign(hash, input, key, done),
);
