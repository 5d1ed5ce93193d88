import type { FineScope } from '#infra/magic/magic.ts';
import type { Caller } from '#kms/caller.ts';

/**
 * All routes for tenants stand below one path, declare a scope each, and find their caller in the request, where the guard has put
 * him.
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
