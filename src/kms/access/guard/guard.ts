import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import { InternalError, unreachable } from '#infra/apperr/app-error.ts';
import type { App } from '#infra/http/server.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { isUuidV7 } from '#infra/magic/uuid.ts';
import type { NameTag } from '#infra/secrets/name-tags.ts';
import { type Peer, peerOf } from '#infra/tls/peer.ts';
import type { Attributes } from '#infra/telemetry/telemetry.ts';
import type { Action, Admit, Target } from '#kms/action.ts';
import type { AuthenticatedCaller } from '#kms/caller.ts';
import { isBrowserRoute } from '#kms/api/browser-routes.ts';
import { SERVICE_PREFIX } from '#kms/api/service-routes.ts';
import { mayReach } from '#kms/rights/key-scopes.ts';
import type { RequestOrigin } from '../bindings/request-origin.ts';
import type { BrowserDoor } from '../sessions/browser-door.ts';
import { leadToBrowserApi } from '../sessions/session.routes.ts';
import type { Challenges } from '../challenges.ts';
import { FINE_SCOPES } from '../scopes.ts';
import type { Authenticate } from './authentication.ts';
import { urlOf } from './resource-metadata.ts';
import type { CountRequests } from './tenant-rate.ts';
import { type Credential, credentialOf } from './credentials.ts';

/** A certificate is read from its connection once, however many requests come over it. */
const peers = new WeakMap<object, Peer | null>();
const peerOfRequest = (request: FastifyRequest): Peer | null => {
  const { socket } = request.raw;
  const known = peers.get(socket);
  if (known !== undefined) return known;
  const peer = peerOf(socket);
  peers.set(socket, peer);
  return peer;
};

const scopeOf = ({ action, scope }: FastifyContextConfig): FineScope | undefined => action?.scope ?? scope;

const isServiceRoute = (url: string): boolean => url === SERVICE_PREFIX || url.startsWith(`${SERVICE_PREFIX}/`);

/** The key that the path names, where it is an id that a key can have: nothing has checked the path yet. */
const targetOf = (request: FastifyRequest): Target | null => {
  const { id, kid } = request.params as { readonly id?: string; readonly kid?: string };
  if (id === undefined || !isUuidV7(id)) return null;
  return { elasticKeyId: id, ...(kid !== undefined && isUuidV7(kid) ? { materialKeyId: kid } : {}) };
};

/** A token names nobody before it is verified. */
const factsOf = (credential: Credential, nameTag: NameTag): Attributes => {
  switch (credential.kind) {
    case 'bearer':
    case 'dpop':
      return { credential: 'token' };
    case 'api-key':
      return { credential: 'api-key' };
    case 'basic':
      return { credential: 'password', name_tag: nameTag(credential.username) };
    case 'certificate':
      return { credential: 'certificate', name_tag: nameTag(credential.peer.commonName) };
    default:
      return unreachable(credential);
  }
};

/** Who asks by the session of his browser, whatever certificate that shows. */
const bySession =
  (door: Pick<BrowserDoor, 'authenticate'>) =>
  (request: FastifyRequest): Promise<AuthenticatedCaller> => {
    request.facts = { credential: 'session' };
    return door.authenticate(request);
  };

/**
 * Guards every route below `/service/api/v1`, and its twin below `/browser/api/v1`: it finds out who asks (401), refuses whoever does not hold the scope of the route
 * (403) before the body is read, and puts the caller into the request. The door to keys refuses the act, so that a refusal here is
 * told of like every other; it checks the scope again when the act itself comes. Call it before any route is added; a route there
 * that names no action and no scope, or a scope that does not exist, stops the server from being built.
 *
 * @param options.originOf under which name a request came
 * @param options.admit asks the door to keys
 * @param options.countRequests refuses what is one too many for its tenant; a batch counts once for each of its acts
 * @param options.traceId the trace that a request runs in, or null
 * @param options.now epoch milliseconds
 * @param options.nameTag what stands in the log for a name that was tried
 */
export const guardServiceRoutes = (
  app: App,
  options: {
    readonly challenges: Challenges;
    readonly authenticate: Authenticate;
    readonly originOf: RequestOrigin;
    /** Says who asks below `/browser/api/v1`; null or absent where there is no browser API. */
    readonly browser?: Pick<BrowserDoor, 'authenticate'> | null;
    readonly admit: Admit;
    readonly countRequests: CountRequests;
    readonly traceId: () => string | null;
    readonly now: () => number;
    readonly nameTag: NameTag;
  },
): void => {
  const { challenges, authenticate, originOf, browser = null, admit, countRequests, traceId, now, nameTag } = options;

  app.decorateRequest('caller');
  const guards = new WeakSet<object>();
  /** Who asks by a credential of his own. */
  const byCredential = async (request: FastifyRequest, scope: FineScope): Promise<AuthenticatedCaller> => {
    const peer = peerOfRequest(request);
    // TLS has looked at it once, when the connection began.
    if (peer !== null && peer.endsAt <= now()) throw challenges.unknownCertificate('The client certificate has expired');
    const source = { rawHeaders: request.raw.rawHeaders, query: request.query as Record<string, unknown>, peer };
    const credential = credentialOf(source, challenges);
    if (credential === null) throw challenges.missing();
    request.facts = factsOf(credential, nameTag);
    return authenticate(credential, {
      scope,
      method: request.method,
      url: () => urlOf(originOf, request),
      address: request.ip,
      connection: request.raw.socket,
    });
  };

  /** That of one route: to ask the request for its route makes an object of all that there is to know of it. */
  const guardOf =
    (action: Action | undefined, scope: FineScope, identify: typeof byCredential) =>
    async (request: FastifyRequest): Promise<void> => {
      const authenticated = await identify(request, scope);
      const caller = { ...authenticated, request: { id: request.id, traceId: traceId(), address: request.ip } };
      // From here on a refusal has somebody whom it concerns; no handler runs before the rest is passed.
      request.caller = caller;
      countRequests(caller.tenant.id);
      if (action !== undefined) await admit(caller, action, targetOf(request));
      else if (!caller.scopes.has(scope) && !mayReach(caller.keyScopes, scope)) throw challenges.insufficientScope(scope);
    };

  /** The first of its acts was counted before the body was read. */
  const countActs = async ({ caller, body, routeOptions }: FastifyRequest): Promise<void> => {
    const acts = routeOptions.config.actsOf?.(body) ?? 1;
    if (acts > 1) countRequests(caller.tenant.id, acts - 1);
  };

  app.addHook('onRoute', (route) => {
    const ofBrowser = browser !== null && isBrowserRoute(route.url) ? browser : null;
    if (!isServiceRoute(route.url) && ofBrowser === null) return;
    const scope = scopeOf(route.config ?? {});
    if (scope === undefined || !FINE_SCOPES.has(scope))
      throw new InternalError(`${String(route.method)} ${route.url} names no scope, so nobody would guard it`);
    // A hook of the route runs after the rate limit; one of the server would check passwords before it.
    const before = [route.onRequest ?? []].flat();
    // A route for HEAD has the hooks of that for GET.
    if (before.some((hook) => guards.has(hook))) return;
    const guard = guardOf(route.config?.action, scope, ofBrowser === null ? byCredential : bySession(ofBrowser));
    if (ofBrowser !== null) route.onSend = [leadToBrowserApi, ...[route.onSend ?? []].flat()];
    guards.add(guard);
    route.onRequest = [...before, guard];
    if (route.config?.actsOf !== undefined) route.preHandler = [countActs, ...[route.preHandler ?? []].flat()];
  });
};
