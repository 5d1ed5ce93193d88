import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const key = randomBytes(32);
const digest = (value: string | Uint8Array) => createHmac('sha256', key).update(value).digest();

/** Whether two secrets are equal, in a time that tells neither where they differ nor how long they are. */
export const equalSecrets = (a: string | Uint8Array, b: string | Uint8Array): boolean => timingSafeEqual(digest(a), digest(b));
