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

/** All that the caller holds, in one order. */
const rightsOf = ({ scopes, keyScopes = [] }: Caller): readonly unknown[] => [
  [...scopes].toSorted(),
  keyScopes.map(({ whole, some }) => [[...whole].toSorted(), some.map((each) => JSON.stringify(ordered(each))).toSorted()]),
];

/**
 * The fingerprint of a request together with the credential that it came with: the client of a token, and the rights. An answer may hold a
 * secret, so it is told again to the same credential, one that was renewed as well, and to no lesser one of the same subject.
 */
export const credentialedFingerprint = (caller: Caller, { fingerprint }: IdempotencyKey): string => {
  const { authentication } = caller;
  const client = authentication.kind === 'token' ? authentication.claims.clientId : null;
  return hashOf([fingerprint, client, rightsOf(caller)]);
};

/** The id of the row of a key: SHA-256 of the caller and the key, as base64url. One subject of two issuers is two callers. */
export const rowIdOf = (caller: Caller, { value }: IdempotencyKey): string => hashOf([...principalOf(caller), value]);
