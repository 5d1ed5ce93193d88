import { thrownWords } from '#infra/apperr/thrown-words.ts';
import type { JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { renderHtml } from '#infra/html/html.ts';
import { userCodePage } from '#identity/views/device-page.ts';
import { errorPage } from '#identity/views/error-page.ts';
import { changeAccountPage, formPostPage, nobodyLeftPage } from '#identity/views/form-post-page.ts';
import { SIGNS_UNTIL } from '#infra/magic/signs-until.ts';
import { toldAcr } from '#identity/factors/acr.ts';
import { offeredAlgorithms } from '#identity/keys/signing-algorithms.ts';
import type { SigningKeySet } from '#identity/keys/signing-keys.ts';
import { createConfiguration } from './configuration.ts';
import { answerDirectly } from './direct/answer-directly.ts';
import { CLIENT_CREDENTIALS_FORM, grantDirectly } from './direct/client-credentials.ts';
import type { AnswerDirectly } from './direct/direct.ts';
import { INTROSPECTION_FORM, introspectDirectly } from './direct/introspection.ts';
import { createProvedClients } from './direct/proved-clients.ts';
import { createAccessTokenSigner } from './direct/sign-access-token.ts';
import { TOKEN_PATH } from './features/client-authentication.ts';
import { createCookieKeys } from './cookie-keys.ts';
import { createFeatures } from './features.ts';
import { DEVICE_PATH } from './features/grants/device-code.ts';
import { RESPONSE_TYPES, withoutAlias } from './features/grants/authorization-code.ts';
import { defaultScope } from './features/grants/client-credentials.ts';
import { createRefreshRotation } from './features/grants/refresh-rotation.ts';
import { rotatesFor } from './features/grants/refresh-token.ts';
import { LIFETIMES } from './features/lifetimes.ts';
import { askedAcrAt } from './records/asked-acr.ts';
import { completeMetadata } from './features/discovery.ts';
import { createJwtIntrospection, INTROSPECTION_PATH } from './features/tokens/introspection.ts';
import { createOpaqueIntrospection } from './features/tokens/opaque-introspection.ts';
import { nonceSecretOf } from './features/tokens/dpop-nonces.ts';
import { createAccessTokenVerifier } from './features/tokens/jwt-access-token.ts';
import { checkTokenRequest } from './features/resource-indicators.ts';
import { createJwtRevocation } from './features/tokens/revocation.ts';
import { createPersonsToken } from './features/tokens/persons-token.ts';
import { createBrowserSessions } from './interactions/create-browser-sessions.ts';
import { createDeviceLimits } from './interactions/create-device-limits.ts';
import { createDevicePolls } from './interactions/create-device-polls.ts';
import { createInteractions } from './interactions/create-interactions.ts';
import { createOpenInteractions } from './interactions/create-open-interactions.ts';
import { createPushLimit } from './interactions/push-limit.ts';
import type { OpenIdProvider } from './openid-provider.ts';
import type { OpenIdProviderOptions } from './provider-options.ts';
import { recordOf, toClientMetadata } from './records/client-metadata.ts';
import { refuseCertificates, refuseUnreachable } from './records/reachable.ts';
import { installSeams } from './seams.ts';
import { putLogoutsOff } from './seams/backchannel-logout.ts';
import { checkClientMetadata } from './seams/client-check.ts';
import { newUnusedSecret } from './seams/client-secret.ts';
import { acceptJsonOnly, setHost, setRequestTarget, withBody } from './seams/request.ts';
import { createAdapterFactory, PUSHED_REQUEST } from './store/adapter.ts';
import { createAccountAccess } from './store/account-access.ts';
import { isReference } from './store/payload-hashes.ts';
import { createPayloadStore } from './store/payloads.store.ts';
import { endAccessOfAccount, revokeForAccounts, revokeForClients, revokeForClientsSince } from './store/revoke-owners.ts';
import { sweepExpired } from './store/sweep-expired.ts';

const RELOAD_PERIOD_MS = 5000;

const PUBLIC_MEMBERS = ['kty', 'crv', 'x', 'y', 'n', 'e', 'pub', 'kid', 'alg', 'use', SIGNS_UNTIL];
const publicPart = (key: JWK): JWK => Object.fromEntries(Object.entries(key).filter(([name]) => PUBLIC_MEMBERS.includes(name))) as JWK;

/**
 * Wraps oidc-provider: nothing outside this folder sees it. All its state is in the database, so a new set of signing keys
 * simply replaces the instance, and requests under way end on the old one.
 *
 * @see OAuth 2.1, OpenID Connect Core 1.0, RFC 8414, RFC 9207
 */
export const createOpenIdProvider = async (options: OpenIdProviderOptions): Promise<OpenIdProvider> => {
  const { issuer, database, accounts, clients, signingKeys, resourceServers, revocations, telemetry } = options;
  const {
    outgoing,
    logouts,
    signingAlgorithms = [],
    asksForCertificates = false,
    dpopNonces = 'offered',
    corsOrigins = [],
    commonCounts = () => undefined,
    now = Date.now,
  } = options;
  const [newestCookieKey, ...olderCookieKeys] = options.cookieKeys;
  const interactionPath = options.interactionPath ?? ((prompt, uid) => `/${prompt}/${uid}`);
  const issuerHost = new URL(issuer).host;
  const resourceScopes = resourceServers.flatMap((server) => server.scopes);
  const store = createPayloadStore({ database, revocations, now });
  const unusedSecret = newUnusedSecret();
  const cookieKeys = createCookieKeys(options.cookieKeys);
  const rotate = createRefreshRotation({ store, keys: options.cookieKeys, graceSeconds: options.refreshGraceSeconds });
  const { elapsed } = options;
  const clock = elapsed === undefined ? {} : { elapsed };
  // It outlives a change of the signing keys, which replaces all of oidc-provider.
  const openInteractions = createOpenInteractions({
    lifeSeconds: LIFETIMES.interaction,
    log: telemetry.log,
    common: commonCounts('interactions'),
    ...clock,
  });
  const devicePolls = createDevicePolls(elapsed);
  const deviceLimits = createDeviceLimits({ lifeSeconds: LIFETIMES.deviceCode, common: commonCounts, ...clock });
  const admitPush = createPushLimit({ lifeSeconds: LIFETIMES.pushedRequest, common: commonCounts('pushed-requests'), ...clock });
  const adapter = createAdapterFactory({
    store,
    now,
    unredeemedGrantSeconds: LIFETIMES.unredeemedGrant,
    findClient: async (clientId) => {
      const record = await clients.find(clientId);
      return record && toClientMetadata(record, unusedSecret);
    },
  });

  const proved = createProvedClients(clients, options.elapsed ?? (() => performance.now()));

  const build = (set: SigningKeySet) => {
    const features = createFeatures({
      openDeviceCode: deviceLimits.openCode,
      dpopNonces,
      cookieKey: newestCookieKey,
      accounts,
      clients,
      issuer,
      now,
      resourceServers,
      signingKid: String(set.keys[0].kid),
    });
    const provider = new Provider(
      issuer,
      createConfiguration({
        issuer,
        adapter,
        accounts,
        cookieKeys,
        corsOrigins,
        features,
        fetch: outgoing.fetch,
        interactionPath,
        openInteractions,
        signingKeys: set.keys,
        algorithms: offeredAlgorithms(signingAlgorithms),
      }),
    );
    const keys = set.keys.map(publicPart);
    const verify = createAccessTokenVerifier({ issuer, keys, now });
    const introspectJwt = createJwtIntrospection({ verify, store, accounts, clients });
    const introspectOpaque = createOpaqueIntrospection(provider, { accounts, clients });
    provider.on('end_session.success', ({ oidc }) => {
      const accountId = oidc.session?.accountId;
      if (accountId !== undefined) options.onLoggedOut?.({ accountId, clientId: oidc.client?.clientId ?? null });
    });
    const tellLogout = putLogoutsOff(provider, logouts.note, telemetry.log);
    installSeams(provider, {
      verifySecret: proved.verifySecret,
      defaultScope: (client, resource) => defaultScope(recordOf(client), resource, resourceServers),
      structuredTokens: {
        introspection: introspectJwt,
        revocation: createJwtRevocation({ verify, store }),
      },
      rotation: { rotatesFor, rotate },
      personsToken: createPersonsToken({ verify, store }),
      checkTokenRequest: (ctx, source) => checkTokenRequest(ctx, source, resourceServers),
      completeMetadata: (metadata) =>
        completeMetadata(metadata, {
          issuer,
          resourceScopes,
          certificates: asksForCertificates,
          registration: options.registration === true,
        }),
      keys,
      formPostPages: {
        answer: (parts) => renderHtml(formPostPage(parts)),
        accountChange: (parts) => renderHtml(changeAccountPage(parts)),
        nobodyLeft: (parts) => renderHtml(nobodyLeftPage(parts)),
      },
      mayRead: async (origin) => corsOrigins.includes(origin) || clients.hasOrigin(origin),
      replays: {
        remember: (id, until) => store.insert({ model: 'ReplayDetection', id, payload: {}, expiresAt: until }),
        replayed: options.onReplayed ?? (() => {}),
      },
      admitPush,
      olderNonceSecrets: olderCookieKeys.map(nonceSecretOf),
      keepPushedRequest: (id, until) => store.prolong(PUSHED_REQUEST, id, until),
      responseTypes: RESPONSE_TYPES,
      devices: {
        polls: devicePolls,
        guesses: deviceLimits.guesses,
        isReference,
        userCodePage: (view) => renderHtml(userCodePage({ action: DEVICE_PATH, ...view })),
      },
      openInteractions,
      tellAcr: (acr, oidc) => toldAcr(acr, askedAcrAt(oidc).values),
      log: telemetry.log,
      refusals: options.refusals,
      detail: options.detail ?? 'detailed',
      failurePage: (words) => renderHtml(errorPage(words)),
    });
    const introspect: OpenIdProvider['introspect'] = (token, client) =>
      (token.split('.').length === 3 ? introspectJwt : introspectOpaque)(token, client);
    const grant = grantDirectly({ issuer, resourceServers, sign: createAccessTokenSigner(set.keys[0]), now });
    const direct: Readonly<Record<string, AnswerDirectly | undefined>> = {
      [INTROSPECTION_PATH]: answerDirectly(proved, INTROSPECTION_FORM, introspectDirectly(introspectJwt)),
      [TOKEN_PATH]: answerDirectly(proved, CLIENT_CREDENTIALS_FORM, grant),
    };
    return {
      provider,
      direct,
      introspect,
      tellLogout,
      answer: provider.callback(),
      version: set.version,
      endpoints: features.flatMap(({ endpoints = [] }) => endpoints),
    };
  };

  let current = build(await signingKeys.current());
  const reload = async (): Promise<void> => {
    const set = await signingKeys.current();
    if (set.version !== current.version) current = build(set);
  };
  let reloaded = Promise.resolve();
  const access = createAccountAccess({ database, revocations, sessionSeconds: LIFETIMES.session, now });
  /** One after the other: what an earlier one read late must not take the place of what a later one read, such as a withdrawal. */
  const reloadKeys = (): Promise<void> => (reloaded = reloaded.then(reload, reload));

  return {
    endpoints: current.endpoints,
    answerDirectly: async (endpoint, request) => current.direct[endpoint.path]?.(request),
    handle: async (endpoint, received, res, body) => {
      try {
        const req = withBody(received, body);
        setRequestTarget(req, withoutAlias);
        setHost(req, issuerHost);
        if (endpoint.answers === 'json') acceptJsonOnly(req, endpoint.answersToo);
        await current.answer(req, res);
      } catch (error) {
        telemetry.log.error(`Identity provider: ${thrownWords(error)}`);
        res.destroy();
      }
    },
    interactions: createInteractions(() => current.provider),
    introspect: (token, client) => current.introspect(token, client),
    checkClient: async (client) => {
      refuseUnreachable(client, outgoing);
      if (!asksForCertificates) refuseCertificates(client);
      await checkClientMetadata(current.provider, toClientMetadata(client, unusedSecret));
    },
    // A replica or an operator may rotate the keys; what signs is read between requests, so that none of them waits for it.
    jobs: [
      sweepExpired(store),
      logouts.job((logout) => current.tellLogout(logout)),
      { name: 'reload-signing-keys', periodMs: RELOAD_PERIOD_MS, run: reloadKeys },
    ],
    sessions: createBrowserSessions(() => current.provider, access, LIFETIMES.session),
    access,
    payloads: store,
    revokeForAccounts,
    endAccessOfAccount: (tx, accountId) => endAccessOfAccount(tx, accountId, revocations),
    revokeForClients: (tx, clientIds) => revokeForClients(tx, clientIds, revocations),
    revokeForClientsSince,
    reloadKeys,
  };
};
