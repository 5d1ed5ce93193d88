import { createHash } from 'node:crypto';

declare const bounded: unique symbol;

/**
 * The key of an entry that stays in memory: at most 128 characters, and nothing else of the text that it was made of. Caches take no
 * other, so that a stranger who sends long names fills none of them.
 */
export type BoundedKey = string & { readonly [bounded]: true };

/** Characters of a key that is the text itself. */
const MAX_CLEAR = 128;
/** Begins the keys of texts that are longer; a text that begins so itself is hashed, too, so that no two texts have one key. */
const HASHED = '\0';

/** A text as a key: itself where it is short, else its SHA-256. */
export const boundedKey = (text: string): BoundedKey =>
  (text.length <= MAX_CLEAR && !text.startsWith(HASHED)
    ? text
    : HASHED + createHash('sha256').update(Buffer.from(text, 'utf16le')).digest('base64url')) as BoundedKey;

/**
 * The key as a map keeps it. V8 keeps the whole of a text for as long as a part of it is kept: the name in a header would hold the header.
 * To look for a key takes no copy.
 */
export const ownKey = (key: BoundedKey): BoundedKey => Buffer.from(key, 'utf16le').toString('utf16le') as BoundedKey;
