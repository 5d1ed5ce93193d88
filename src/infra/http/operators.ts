import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import { peerOf } from '#infra/tls/peer.ts';
import { listenerConfigSchema } from './config.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route is for whoever gets to the listener, as health is. */
    public?: boolean;
    /** Common names of client certificates that are let in beside those of operators, to this route alone. */
    clients?: readonly string[];
  }
}

/** Address of an admin listener, and the clients that may do more there than look at its health. */
export const adminListenerConfigSchema = strictObject({
  ...listenerConfigSchema.properties,
  allowed_clients: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    uniqueItems: true,
    default: ['passthru-cli'],
    description: 'common names of the client certificates of operators, under the root that `tls.client_ca` names',
  }),
  metrics_clients: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), {
    uniqueItems: true,
    default: [],
    description: 'common names of client certificates that may read `/metrics`, as of a Prometheus server, and do nothing else there',
  }),
});

/**
 * Admits operators alone, but to health: every service of a stack has a certificate of the same authority, so one that verifies is not
 * enough. Nobody else hears which paths and methods there are.
 *
 * @param allowedClients common names of their certificates
 * @param now epoch milliseconds; a certificate that has ended since its connection began is nobody's any more
 */
export const operatorsOnly = (allowedClients: readonly string[], now: () => number): ((request: FastifyRequest) => void) => {
  const allowed = new Set(allowedClients);
  return ({ routeOptions, raw }) => {
    if (routeOptions.config.public === true) return;
    const peer = peerOf(raw.socket);
    const isKnown = (name: string): boolean => allowed.has(name) || routeOptions.config.clients?.includes(name) === true;
    if (peer !== null && peer.endsAt > now() && isKnown(peer.commonName)) return;
    throw new AppError('admin-client-unknown', 403, 'The client certificate is not one of an operator.', {
      fix: 'Use a certificate whose common name is in admin.allowed_clients.',
    });
  };
};
