import { createHash } from 'node:crypto';
import { type Caller, type IdempotencyKey, principalOf } from '#kms/caller.ts';

const hashOf = (parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('base64url');

/** The same value with the members of all its objects in one order. */
const ordered = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(ordered);
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, ordered(member)]));
};

/**
 * The fingerprint of a request: SHA-256 of method, path and body, as base64url. White space and the order of members say nothing.
 *
 * @param request.body a JSON value that was checked, or undefined
 * @see draft-ietf-httpapi-idempotency-key-header-07 section 2.4
 */
export const fingerprintOf = (request: { readonly method: string; readonly url: string; readonly body: unknown }): string =>
  hashOf([request.method, request.url, ordered(request.body) ?? null]);

/** The id of the row of a key: SHA-256 of the caller and the key, as base64url. One subject of two issuers is two callers. */
export const rowIdOf = (caller: Caller, { value }: IdempotencyKey): string => hashOf([...principalOf(caller), value]);
