import type { App } from '#infra/http/server.ts';
import { SERVICE_PREFIX } from '#kms/api/service-routes.ts';
import { acceptIdempotencyKeys } from '#kms/idempotency/accept-keys.ts';
import { registerAlgorithmRoutes } from './algorithms.routes.ts';
import { registerElasticKeyRoutes } from './elastic-keys/elastic-key.routes.ts';
import type { Keys } from './keys.ts';
import { registerGrantRoutes } from './grants/grant.routes.ts';
import { registerLifeCycleRoutes } from './life-cycle/life-cycle.routes.ts';
import { registerMaterialKeyRoutes } from './material-keys/material-key.routes.ts';
import { registerTransferRoutes } from './transfer/transfer.routes.ts';
import { registerCryptography } from './operations/cryptography.ts';

/**
 * Adds every route of elastic keys, material keys and cryptography. Each declares its action, by whose scope the guard
 * admits its requests, and acts as `request.caller`, whom the guard has put there.
 *
 * @param base path below which the routes stand, by default `/service/api/v1`
 */
export const registerKeyRoutes = (app: App, keys: Keys, { base = SERVICE_PREFIX }: { readonly base?: string } = {}): void => {
  acceptIdempotencyKeys(app);
  registerAlgorithmRoutes(app, base);
  registerElasticKeyRoutes(app, base, keys.elasticKeys);
  registerMaterialKeyRoutes(app, base, keys.materialKeys);
  registerLifeCycleRoutes(app, base, keys.lifeCycle);
  registerGrantRoutes(app, base, keys.grants);
  registerTransferRoutes(app, base, keys.transfer);
  registerCryptography(app, base, keys.crypto);
};
