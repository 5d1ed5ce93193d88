import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import { type FineScope, KMS_RESOURCE } from '#infra/magic/magic.ts';
import { FINE_SCOPES } from '#kms/access/scopes.ts';
import { readClaims } from '#kms/access/tokens/claims.ts';
import type { Caller, CallerTenant } from '#kms/caller.ts';
import type { TokenClaims } from '#kms/claims.ts';

/** A user of a tenant, by default one who may do everything there. */
export const testCaller = (tenant: CallerTenant, scopes: ReadonlySet<FineScope> = FINE_SCOPES): Caller => {
  const username = `user-${randomUUIDv7()}`;
  return {
    subject: randomUUIDv7(),
    username,
    roles: [],
    scopes,
    tenant,
    authentication: { kind: 'realm-user' },
    request: { id: randomUUIDv7(), traceId: null, address: '127.0.0.1' },
  };
};

/** The refusal of a scope that is not held, where no guard is. */
export const insufficientScope = (scope: string): AppError => new AppError('scope-insufficient', 403, `This needs the scope ${scope}.`);

/** Claims of a good token, with others laid over them. */
export const testClaims = (more: Readonly<Record<string, unknown>> = {}): TokenClaims => {
  const seconds = 1_800_000_000;
  const read = readClaims({
    iss: 'https://identity.example',
    sub: randomUUIDv7(),
    aud: KMS_RESOURCE,
    client_id: `client-${randomUUIDv7()}`,
    scope: 'kms:read',
    jti: randomUUIDv7(),
    iat: seconds,
    exp: seconds + 600,
    tenant_id: randomUUID(),
    ...more,
  });
  if ('refused' in read) throw new TypeError(`the claim ${read.refused} is none`);
  return read.claims;
};
