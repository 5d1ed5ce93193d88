import type { DatabaseKind } from './config.ts';

/**
 * Column types that read back alike on both databases: bytes as `Uint8Array`, times and counts as `number`
 * (a value above 2^53 is an error, never a rounded number), truth values as 0 or 1, JSON as text.
 */
export const columns = (kind: DatabaseKind) =>
  ({
    /** Bytes, read back as `Uint8Array`. */
    bytes: kind === 'sqlite' ? 'blob' : 'bytea',
    /** Epoch milliseconds. */
    millis: kind === 'sqlite' ? 'integer' : 'bigint',
    /** 0 or 1. */
    flag: 'integer',
    /** JSON as text: neither database rewrites it. */
    json: 'text',
  }) as const;
