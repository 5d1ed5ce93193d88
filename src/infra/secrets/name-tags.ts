import { createHmac } from 'node:crypto';

/** A short text that stands for a name that somebody tried: the same for the same name, and no way back to it without the key. */
export type NameTag = (name: string) => string;

/** 64 bits: enough to tell the names in a log apart. */
const DIGITS = 16;

/**
 * Tags for names in logs. A name that was tried may be a password that stands in the wrong field, so it is never written; a plain hash of
 * it could be guessed.
 *
 * @param secret kept by the server over restarts, the same in every replica; the key of the tags is derived from it
 */
export const createNameTags = (secret: Uint8Array): NameTag => {
  const key = createHmac('sha256', secret).update('passthru names in logs').digest();
  return (name) => createHmac('sha256', key).update(name.normalize('NFC')).digest('hex').slice(0, DIGITS);
};
