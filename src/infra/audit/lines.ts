import { hash } from 'node:crypto';
import { isNestedWithin, jsonObject } from '#infra/json/json-object.ts';
import type { Json } from './canonical-json.ts';

/**
 * The audit of the KMS as lines of text, which the KMS writes, an export holds, and `verify-export.ts` checks without either. Each line is
 * an object as canonical JSON (RFC 8785), and its `kind` says what it is:
 *
 *     export     first line of an export: which chains there are, and how far each had come; signed
 *     begin      record 0 of a chain
 *     act        a record: somebody did something, or was refused
 *     refusals   a record: so many requests of one kind were refused before it was known who asked for what
 *     head       the chain had come to this record by then; signed
 *     end        the same, and the process adds no more to this chain; signed
 *     closed     the same, said by another process, because the one that wrote the chain is gone; signed
 *
 * A chain is its records by `seq` from 0. The hash of a record is SHA-256 over the UTF-8 bytes of its line, as base64url; every record
 * but the first names that of the one before it in `previous`, and a head names that of the last one in `hash`.
 * `docs/audit.md` tells the whole format.
 */

/** Version of the format; a member of every line. */
export const FORMAT = 1;

export const RECORD_KINDS = ['begin', 'act', 'refusals'] as const;
export const HEAD_KINDS = ['head', 'end', 'closed'] as const;
export type HeadKind = (typeof HEAD_KINDS)[number];

/** A point of a chain: the record and its hash. */
export interface ChainPoint {
  /** UUIDv7. */
  readonly chain: string;
  readonly seq: number;
  /** Of the record, base64url. */
  readonly hash: string;
}

/** @see RFC 8037 section 2 */
export interface Ed25519Jwk {
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  /** 32 bytes as base64url. */
  readonly x: string;
}

/** Base64url of SHA-256. */
export const hashOf = (line: string): string => hash('sha256', line, 'base64url');

/** Objects and lists in one another; a line has three. */
const MAX_NESTING = 16;

/** The object that a line is; null for a text that is none. */
export const objectOf = (line: string): { readonly [member: string]: Json } | null => {
  const value = jsonObject(line);
  return value !== null && isNestedWithin(value, MAX_NESTING) ? (value as { readonly [member: string]: Json }) : null;
};
