import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import { peerOf } from '#infra/tls/peer.ts';
import { listenerConfigSchema } from './config.ts';
import type { App } from './server.ts';

const ADMIN_PREFIX = '/admin/';

/** Address of an admin listener, and the clients that may do more there than look at its health. */
export const adminListenerConfigSchema = strictObject({
  ...listenerConfigSchema.properties,
  allowed_clients: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    uniqueItems: true,
    default: ['passthru-cli'],
    description: 'common names of the client certificates of operators',
  }),
});

/**
 * Keeps everything below `/admin/` to operators: every service of a stack has a certificate of the same authority, so one that
 * verifies is not enough. Call it before any route is added.
 *
 * @param allowedClients common names of their certificates
 */
export const admitOperatorsOnly = (app: App, allowedClients: readonly string[]): void => {
  const allowed = new Set(allowedClients);
  app.addHook('onRequest', async (request) => {
    if (request.routeOptions.url?.startsWith(ADMIN_PREFIX) !== true) return;
    const name = peerOf(request.raw.socket)?.commonName ?? '';
    if (allowed.has(name)) return;
    throw new AppError('admin-client-unknown', 403, 'The client certificate is not one of an operator.', {
      fix: 'Use a certificate whose common name stands in admin.allowed_clients.',
    });
  });
};
