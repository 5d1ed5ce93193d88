import { randomUUIDv7 } from 'node:crypto';
import type { Caller, IdempotencyKey } from '#kms/caller.ts';

/** A key that nobody has sent before. */
export const newIdempotencyKey = (): IdempotencyKey => ({ value: `"${randomUUIDv7()}"`, fingerprint: randomUUIDv7() });

/** The caller in a request that carries this key. */
export const withKey = (caller: Caller, idempotencyKey: IdempotencyKey = newIdempotencyKey()): Caller => ({
  ...caller,
  request: { id: randomUUIDv7(), traceId: null, address: '127.0.0.1', idempotencyKey },
});
