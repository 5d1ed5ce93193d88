import type { FineScope } from '#infra/magic/magic.ts';
import type { Caller } from '#kms/caller.ts';

/**
 * What all routes for tenants share: the path below which they stand, the scope that each declares, and the caller that the
 * guard puts into the request before a handler runs. api/ knows no route and no key; it holds the shapes of requests and answers.
 */
export const SERVICE_PREFIX = '/service/api/v1';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard before any handler below `SERVICE_PREFIX` runs. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** The fine scope that the caller needs; every route below `SERVICE_PREFIX` names one. */
    scope?: FineScope;
  }
}
