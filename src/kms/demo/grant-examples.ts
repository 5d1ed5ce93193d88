import { isoOf } from '#kms/api/fields.ts';
import type { ApiExamples } from '#kms/api/openapi/examples.ts';
import type { Caller } from '#kms/caller.ts';
import type { Grant } from '#kms/keys/grants/grant.ts';
import type { Keys } from '#kms/keys/keys.ts';

/** As long as a reader may take, and so short that those of many readers stay few. */
const LIFE_MS = 20 * 60_000;
/** Somebody whom no realm and no issuer knows. */
const NOBODY = { kind: 'certificate', subject: 'nobody-of-the-examples' } as const;

/** A grant to be read and revoked by the examples; it gives nobody anything. @param now epoch milliseconds */
export const makeGrant = (grants: Pick<Keys['grants'], 'create'>, caller: Caller, key: string, now: number): Promise<Grant> =>
  grants.create(caller, key, {
    grantee: { ...NOBODY, issuer: null },
    operations: ['encrypt'],
    expiresAt: now + LIFE_MS,
  });

/** @param id of the key; undefined where it is not there */
export const grantExamples = (id: string | undefined, grant: Grant | null): ApiExamples => {
  if (id === undefined) return {};
  if (grant === null) return { createGrant: { path: { id } }, listGrants: { path: { id } } };
  const value = {
    grantee: NOBODY,
    operations: ['encrypt', 'decrypt'],
    context: { equals: 'invoice=2031-0042' },
    expires_at: isoOf(grant.expiresAt),
  };
  const path = { id, grant: grant.id };
  return {
    createGrant: { path: { id }, bodies: { demo: { summary: 'To a client certificate that nobody has, for some minutes', value } } },
    listGrants: { path: { id } },
    readGrant: { path },
    revokeGrant: { path },
  };
};
