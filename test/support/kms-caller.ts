import { randomUUIDv7 } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { FINE_SCOPES } from '#kms/access/scopes.ts';
import type { Caller, CallerTenant } from '#kms/caller.ts';

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
export const insufficientScope = (scope: FineScope): AppError => new AppError('scope-insufficient', 403, `This needs the scope ${scope}.`);
