import type { FineScope } from '#infra/magic/magic.ts';
import type { Action } from '#kms/action.ts';
import type { Caller } from '#kms/caller.ts';

/**
 * All routes for tenants stand below one path, declare an action or a scope each, and find their caller in the request, where the
 * guard has put him.
 */
export const SERVICE_PREFIX = '/service/api/v1';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard before any handler below `SERVICE_PREFIX` runs. */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** The act on keys that the route is for, and with it the scope that the caller needs. */
    action?: Action;
    /** How many acts a body asks for; one where absent. The body may not have its form yet. */
    actsOf?: (body: unknown) => number;
    /** The scope that the caller needs where the route is no act on keys. Every route below `SERVICE_PREFIX` has one of the two. */
    scope?: FineScope;
  }
}
