import type { FastifyRequest } from 'fastify';
import { InternalError } from '#infra/apperr/app-error.ts';
import type { App } from '#infra/http/server.ts';
import { peerOf } from '#infra/tls/peer.ts';
import { SERVICE_PREFIX } from '#kms/api/service-routes.ts';
import type { Challenges } from '../challenges.ts';
import type { PeerCertificate } from '../peer-certificate.ts';
import { FINE_SCOPES } from '../scopes.ts';
import type { Authenticate } from './authentication.ts';
import { credentialOf } from './credentials.ts';

/** A certificate is read from its connection once, however many requests come over it. */
const peers = new WeakMap<object, PeerCertificate | null>();
const peerOfRequest = (request: FastifyRequest): PeerCertificate | null => {
  const { socket } = request.raw;
  const known = peers.get(socket);
  if (known !== undefined) return known;
  const peer = peerOf(socket);
  peers.set(socket, peer);
  return peer;
};

const isServiceRoute = (url: string): boolean => url === SERVICE_PREFIX || url.startsWith(`${SERVICE_PREFIX}/`);

/**
 * Guards every route below `/service/api/v1`: it finds out who asks (401), refuses early whoever does not hold the scope of the
 * route (403), and puts the caller into the request. The services check the scope again, at their own door. Call it before any
 * route is added; a route there that names no scope, or one that does not exist, stops the server from being built.
 *
 * @param options.traceId the trace that a request runs in, or null
 */
export const guardServiceRoutes = (
  app: App,
  options: { readonly challenges: Challenges; readonly authenticate: Authenticate; readonly traceId: () => string | null },
): void => {
  const { challenges, authenticate, traceId } = options;

  app.decorateRequest('caller');
  const guard = async (request: FastifyRequest): Promise<void> => {
    const { scope } = request.routeOptions.config;
    if (scope === undefined) throw new InternalError('a guarded route without a scope');
    const source = {
      rawHeaders: request.raw.rawHeaders,
      query: request.query as Record<string, unknown>,
      peer: peerOfRequest(request),
    };
    const credential = credentialOf(source, challenges);
    if (credential === null) throw challenges.missing();
    const address = request.ip;
    const authenticated = await authenticate(credential, { scope, address });
    if (!authenticated.scopes.has(scope)) throw challenges.insufficientScope(scope);
    request.caller = { ...authenticated, request: { id: request.id, traceId: traceId(), address } };
  };

  app.addHook('onRoute', (route) => {
    if (!isServiceRoute(route.url)) return;
    const scope = route.config?.scope;
    if (scope === undefined || !FINE_SCOPES.has(scope))
      throw new InternalError(`${String(route.method)} ${route.url} names no scope, so nobody would guard it`);
    const before = [route.onRequest ?? []].flat();
    // A hook of the route runs after the rate limit; one of the server would check passwords before it.
    if (!before.includes(guard)) route.onRequest = [...before, guard];
  });
};
