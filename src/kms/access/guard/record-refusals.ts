import { AppError } from '#infra/apperr/app-error.ts';
import type { App } from '#infra/http/server.ts';
import type { RefusedRequests } from '#kms/audit/refused-requests.ts';
import type { Caller } from '#kms/caller.ts';

/** A credential that is refused, or cannot be read; a caller who may not; too many requests. */
const STATUSES: ReadonlySet<number> = new Set([401, 403, 429]);
const UNREADABLE = 'credential-invalid';
/** Of the guard, after it knows the caller. */
const TOO_MANY = 'tenant-rate-limited';

/**
 * Records in the audit which requests are refused before an act is asked for: no credential, a bad one, a rate limit, a scope that a
 * route without an act needs. The door records every other refusal, as one of the act.
 */
export const recordRefusals = (app: App, audit: Pick<RefusedRequests, 'refused'>): void => {
  app.addHook('onError', async (request, _reply, error: unknown) => {
    if (!(error instanceof AppError) || !(STATUSES.has(error.status) || error.code === UNREADABLE)) return;
    const caller: Caller | undefined = request.caller;
    const { action } = request.routeOptions.config;
    if (caller !== undefined && action !== undefined && error.code !== TOO_MANY) return;
    const { credential, name_tag: nameTag } = request.facts ?? {};
    audit.refused({
      address: request.ip,
      status: error.status,
      code: error.code,
      credential: typeof credential === 'string' ? credential : undefined,
      nameTag: typeof nameTag === 'string' ? nameTag : undefined,
      tenant: caller?.tenant.id,
    });
  });
};
