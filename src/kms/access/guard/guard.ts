import type { FastifyRequest } from 'fastify';
import { InternalError } from '#infra/apperr/app-error.ts';
import type { App } from '#infra/http/server.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { peerOf } from '#infra/tls/peer.ts';
import type { TokenVerifier } from '../tokens/token-verifier.ts';
import type { CertificateRealm, PeerCertificate } from '../realms/certificates.ts';
import type { Challenges } from '../challenges.ts';
import { type Credential, credentialOf } from './credentials.ts';
import type { PasswordRealms } from '../realms/password-realms.ts';
import type { Principal } from '../principal.ts';
import { FINE_SCOPES } from '../scopes.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the authorisation hook before any handler of `/service/api/v1` runs. */
    principal: Principal;
  }
  interface FastifyContextConfig {
    /** The fine scope that the caller needs; every route under `/service/api/v1` names one. */
    scope?: FineScope;
  }
}

/** Everything below needs a credential and names a scope. */
const SERVICE_PREFIX = '/service/api/v1';

export interface Authorization {
  readonly challenges: Challenges;
  /** Null when the order of the realms leaves federation out: then a Bearer token is refused. */
  readonly tokens: TokenVerifier | null;
  readonly passwords: PasswordRealms;
  readonly certificates: CertificateRealm;
}

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
 * Guards every route below `/service/api/v1`: who asks (401), and whether the scope of the route is held (403). Call it before
 * any route is added; a route there that names no scope, or one that does not exist, stops the server from being built.
 */
export const guardServiceRoutes = (app: App, authorization: Authorization): void => {
  const { challenges, tokens, passwords, certificates } = authorization;

  const authenticate = async (credential: Credential, scope: FineScope, request: FastifyRequest): Promise<Principal> => {
    switch (credential.kind) {
      case 'bearer': {
        if (tokens === null) throw challenges.invalidToken('Tokens are not accepted here: the realm federation is switched off');
        return tokens.verify({ token: credential.token, peer: credential.peer, scope });
      }
      case 'basic':
        return passwords.authenticate({ username: credential.username, password: credential.password, address: request.ip });
      case 'certificate':
        return certificates.authenticate(credential.peer);
    }
  };

  app.decorateRequest('principal');
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
    const principal = await authenticate(credential, scope, request);
    if (!principal.scopes.has(scope)) throw challenges.insufficientScope(scope);
    request.principal = principal;
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
