import type { App } from '#infra/http/server.ts';
import { registerCryptoRoutes } from './operations/crypto.routes.ts';
import { registerMaterialKeyRoutes } from './material-keys/material-key.routes.ts';
import { registerElasticKeyRoutes } from './elastic-keys/elastic-key.routes.ts';
import type { Keys } from './keys.ts';

/**
 * Adds every route of elastic keys, material keys and cryptography. Each declares its scope as `config.scope`; the
 * caller's authorisation hook enforces it and sets `request.principal`, whose tenant is the only one that a route knows.
 *
 * @param base path below which the routes stand, by default `/service/api/v1`
 */
export const registerKeyRoutes = (app: App, keys: Keys, { base = '/service/api/v1' }: { base?: string } = {}): void => {
  registerElasticKeyRoutes(app, base, keys.elasticKeys);
  registerMaterialKeyRoutes(app, base, keys.materialKeys);
  registerCryptoRoutes(app, base, keys.crypto);
};
