import { createHash, randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import type { Database } from '#infra/database/databases.ts';
import type { HttpsRequest, HttpsResponse } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { createRefusalLog } from '#infra/http/server/refusal-log.ts';
import { listen } from '#infra/http/server/listen.ts';
import { KMS_RESOURCE, KMS_SCOPES } from '#infra/magic/magic.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { AccountClaims } from '#identity/accounts/account.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { EncryptionKeys } from '#identity/keys/encryption-keys.ts';
import { createSigningKeys } from '#identity/keys/signing-keys.service.ts';
import type { SigningKeys } from '#identity/keys/signing-keys.ts';
import { mountProvider } from '#identity/provider/mount.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import { createOpenIdProvider } from '#identity/provider/provider.ts';
import type { OpenIdProviderOptions } from '#identity/provider/provider-options.ts';
import { createLogouts } from '#identity/logouts/create-logouts.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { grantableScopesOfRoles } from '#identity/resource-servers/scopes.ts';
import { type Browser, openBrowser } from './browser.ts';
import { newKeys } from './encryption-keys.ts';
import { revocationLog } from './revocation-log.ts';
import { makePki } from '../../support/pki.ts';

/** What the pages of this provider send. */
const interactionBody = strictObject({
  account_id: Type.Optional(Type.String()),
  remember: Type.Optional(Type.Boolean()),
  decision: Type.Optional(Type.String()),
});

/** Not where the server listens: what it says of itself must not come from the request. */
export const ISSUER = 'https://identity.passthru.example:8443';
export const REDIRECT = 'http://127.0.0.1:49152/callback';

export const KMS_SERVER: ResourceServer = {
  resource: KMS_RESOURCE,
  name: 'KMS',
  scopes: Object.entries(KMS_SCOPES).flatMap(([coarse, fine]) => [coarse, ...fine]),
  keyScopes: true,
  tokenFormat: 'jwt',
  tokenTtlSeconds: 600,
};
export const OPAQUE_SERVER: ResourceServer = {
  resource: 'urn:passthru:test:opaque',
  name: 'Opaque',
  scopes: ['opaque:read'],
  keyScopes: false,
  tokenFormat: 'opaque',
  tokenTtlSeconds: 600,
};

export const anAccount = (change: Partial<AccountClaims> = {}): AccountClaims => {
  const roles = change.roles ?? ['user'];
  const username = `account-${randomUUIDv7()}`;
  const scopes = [...grantableScopesOfRoles(roles), 'opaque:read'];
  return { accountId: randomUUIDv7(), tenantId: randomUUID(), username, name: username, roles, scopes, ...change };
};

/** A native public client that may do all that a client of a person may. */
export const aClient = (change: Partial<ClientRecord> = {}): ClientRecord => ({
  clientId: `client-${randomUUIDv7()}`,
  name: 'Client <b>of</b> the test',
  applicationType: 'native',
  authMethod: 'none',
  grantTypes: ['authorization_code', 'refresh_token'],
  redirectUris: ['http://127.0.0.1/callback'],
  postLogoutRedirectUris: ['http://127.0.0.1/logged-out'],
  corsOrigins: [],
  scopes: ['openid', 'profile', 'email', 'offline_access', 'kms:read', 'kms:write', 'kms:crypto', 'opaque:read'],
  tenantId: null,
  roles: [],
  accessTokenTtlSeconds: null,
  tokenBinding: 'none',
  tokenFormat: null,
  firstParty: false,
  requiresPkce: true,
  mayIntrospect: [],
  ...change,
});

/** A confidential client that acts for itself. */
export const aServiceClient = (change: Partial<ClientRecord> = {}): ClientRecord =>
  aClient({
    applicationType: 'web',
    authMethod: 'client_secret_basic',
    grantTypes: ['client_credentials'],
    redirectUris: [],
    postLogoutRedirectUris: [],
    scopes: ['kms:read', 'kms:crypto'],
    tenantId: randomUUID(),
    roles: ['service'],
    ...change,
  });

/** As RFC 6749 section 2.3.1 wants it in Basic credentials. */
const formEncode = (value: string): string => new URLSearchParams({ v: value }).toString().slice(2);

export const secretOf = (client: ClientRecord): string => `secret of ${client.clientId}: +%&=`;

export interface Attempt {
  readonly client: ClientRecord;
  readonly redirectUri: string;
  readonly verifier: string;
  readonly url: URL;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
  readonly scope: string;
  readonly expires_in: number;
  readonly token_type: string;
}

export interface Walk {
  /** Where the client would be called back; null when a page stopped it. */
  readonly callback: URL | null;
  readonly pages: readonly string[];
  readonly last: HttpsResponse;
}

export interface TestProvider extends AsyncDisposable {
  readonly openid: OpenIdProvider;
  readonly keys: SigningKeys;
  readonly port: number;
  /** PEM of the authority that the server's certificate comes from. */
  readonly ca: string;
  readonly accounts: Map<string, AccountClaims>;
  readonly clients: Map<string, ClientRecord>;
  /** By client id; empty where it has none. */
  readonly secretVersions: Map<string, string>;
  /** Errors that the provider logged. */
  readonly logged: string[];
  register(...entries: readonly (AccountClaims | ClientRecord)[]): void;
  browser(): Browser;
  /** URLs of the issuer reach the server wherever it listens. */
  send(request: HttpsRequest): Promise<HttpsResponse>;
  /** The same over a connection with a client certificate, whose subject is `CN=test-client,O=passthru`. */
  sendCertified(request: HttpsRequest): Promise<HttpsResponse>;
  /** A form post with the client's own authentication. */
  post(path: string, form: Readonly<Record<string, string>>, client?: ClientRecord, secret?: string): Promise<HttpsResponse>;
  attempt(client: ClientRecord, params?: Readonly<Record<string, string | null>>): Attempt;
  /** Goes on from an answer: follows redirects, logs in and answers the consent. */
  follow(browser: Browser, from: HttpsResponse, account?: AccountClaims, answer?: 'allow' | 'deny'): Promise<Walk>;
  walk(browser: Browser, url: string | URL, account?: AccountClaims, answer?: 'allow' | 'deny'): Promise<Walk>;
  /** The whole authorization, to the code. */
  code(attempt: Attempt, account: AccountClaims, browser?: Browser): Promise<string>;
  exchange(attempt: Attempt, code: string, change?: Readonly<Record<string, string>>): Promise<HttpsResponse>;
  /** The whole flow, to the tokens. */
  tokens(client: ClientRecord, account: AccountClaims, params?: Readonly<Record<string, string | null>>): Promise<Tokens>;
}

export type ProviderTestOptions = Partial<OpenIdProviderOptions> & {
  readonly minPublishedMs?: number;
  readonly encryptionKeys?: EncryptionKeys;
};

/** A provider behind a real HTTPS server; accounts and clients are in memory, all else is in the database. */
export const startProvider = async (database: Database<IdentityTables>, options: ProviderTestOptions = {}): Promise<TestProvider> => {
  await using stack = new AsyncDisposableStack();
  const pki = stack.use(await makePki());
  const accounts = new Map<string, AccountClaims>();
  const clients = new Map<string, ClientRecord>();
  const secretVersions = new Map<string, string>();
  const logged: string[] = [];
  const telemetry = noTelemetry();
  const { minPublishedMs, encryptionKeys = newKeys(), ...change } = options;
  const keys = await createSigningKeys({
    database,
    encryptionKeys,
    algorithms: change.signingAlgorithms ?? [],
    ...(minPublishedMs === undefined ? {} : { minPublishedMs }),
    ...(change.now === undefined ? {} : { now: change.now }),
  });
  const openid = await createOpenIdProvider({
    issuer: ISSUER,
    database,
    accounts: { find: async (id) => accounts.get(id) },
    clients: {
      find: async (id) => clients.get(id),
      look: async (id) => {
        const client = clients.get(id);
        return client && { client, secretVersion: secretVersions.get(id) ?? '' };
      },
      hasOrigin: async (origin) => [...clients.values()].some(({ corsOrigins }) => corsOrigins.includes(origin)),
      verifySecret: async (id, secret) => {
        const client = clients.get(id);
        return client !== undefined && secret === secretOf(client);
      },
    },
    signingKeys: keys,
    outgoing: { fetch: () => Promise.reject(new Error('nothing goes out in this test')), whyNot: () => null },
    logouts: createLogouts({ database, emit: () => {}, now: change.now ?? Date.now }),
    cookieKeys: [randomBytes(32).toString('base64url')],
    resourceServers: [KMS_SERVER, OPAQUE_SERVER],
    refreshGraceSeconds: 10,
    revocations: revocationLog(change.now),
    telemetry: { log: { ...telemetry.log, error: (message) => void logged.push(message) } },
    refusals: stack.use(createRefusalLog(telemetry.log)),
    ...change,
  });

  const clientCertificate = change.asksForCertificates === true ? 'request' : 'none';
  const app = await createServer({ name: 'identity-test', tls: pki.server, clientCertificate, telemetry });
  stack.defer(() => app.close());
  await mountProvider(app, openid, {
    onPageError: (error) => {
      throw error;
    },
  });
  const uid = '/:page(^(?:login|consent)$)/:uid';
  app.get(uid, async (request, reply) => openid.interactions.details(request.raw, reply.raw));
  app.post(uid, { schema: { body: interactionBody } }, async (request, reply) => {
    const { account_id: accountId, remember = false, decision } = request.body;
    if (decision === 'deny') await openid.interactions.abort(request.raw, reply.raw);
    else if (decision === 'allow') await openid.interactions.finishConsent(request.raw, reply.raw);
    else
      await openid.interactions.finishLogin(request.raw, reply.raw, {
        accountId: String(accountId),
        remember,
        at: Math.floor((options.now?.() ?? Date.now()) / 1000),
      });
    return reply.hijack();
  });
  const { port } = await listen(app, { host: '127.0.0.1', port: 0 });
  const client = stack.use(createHttpsClient({ ca: pki.ca }));
  const certified = stack.use(createHttpsClient({ ca: pki.ca, cert: pki.client.certPem, key: pki.client.keyPem }));

  const here = (url: string | URL): URL => {
    const { pathname, search } = new URL(url, ISSUER);
    return new URL(`${pathname}${search}`, `https://localhost:${port}`);
  };
  const send = (request: HttpsRequest): Promise<HttpsResponse> => client.request({ ...request, url: here(request.url) });
  const browser = (): Browser => openBrowser({ request: send, [Symbol.asyncDispose]: async () => {} });

  const post: TestProvider['post'] = (path, form, as, secret = as && secretOf(as)) => {
    if (as === undefined) return send({ method: 'POST', url: `${ISSUER}${path}`, form });
    if (as.authMethod !== 'client_secret_basic') {
      const credentials = { client_id: as.clientId, ...(as.authMethod === 'none' ? {} : { client_secret: String(secret) }) };
      return send({ method: 'POST', url: `${ISSUER}${path}`, form: { ...credentials, ...form } });
    }
    const authorization = `Basic ${Buffer.from(`${formEncode(as.clientId)}:${formEncode(String(secret))}`).toString('base64')}`;
    return send({ method: 'POST', url: `${ISSUER}${path}`, form, headers: { authorization } });
  };

  const attempt: TestProvider['attempt'] = (as, params = {}) => {
    const verifier = randomBytes(32).toString('base64url');
    const redirectUri = params.redirect_uri ?? REDIRECT;
    const url = new URL('/oauth2/authorize', ISSUER);
    const all: Record<string, string | null> = {
      response_type: 'code',
      client_id: as.clientId,
      redirect_uri: redirectUri,
      scope: 'openid profile offline_access kms:read kms:crypto',
      prompt: 'consent',
      state: randomUUIDv7(),
      nonce: randomUUIDv7(),
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...params,
    };
    for (const [name, value] of Object.entries(all)) if (value !== null) url.searchParams.set(name, value);
    return { client: as, redirectUri, verifier, url };
  };

  const follow: TestProvider['follow'] = async (as, from, account, answer = 'allow') => {
    const pages: string[] = [];
    let last = from;
    for (let step = 0; step < 12; step += 1) {
      const location = last.headers.location === undefined ? undefined : new URL(last.headers.location, ISSUER);
      if (location === undefined) return { callback: null, pages, last };
      if (location.origin !== ISSUER) return { callback: location, pages, last };
      const page = /^\/(login|consent)\//.exec(location.pathname)?.[1];
      if (page !== undefined) {
        pages.push(page);
        const body = page === 'login' ? { account_id: account?.accountId ?? '' } : { decision: answer };
        if (page === 'login' && account === undefined) return { callback: null, pages, last };
        last = await as.request({ method: 'POST', url: location, body });
      } else {
        last = await as.request({ url: location });
      }
    }
    throw new Error(`the authorization went in circles: ${pages.join(' ')}`);
  };
  const walk: TestProvider['walk'] = async (as, start, ...rest) => follow(as, await as.request({ url: start }), ...rest);

  const code: TestProvider['code'] = async (of, account, as = browser()) => {
    const { callback, last } = await walk(as, of.url, account);
    const value = callback?.searchParams.get('code');
    if (!value) throw new Error(`no code: ${callback?.search ?? `${last.status} ${last.text}`}`);
    return value;
  };
  const exchange: TestProvider['exchange'] = (of, value, form = {}) =>
    post(
      '/oauth2/token',
      { grant_type: 'authorization_code', code: value, redirect_uri: of.redirectUri, code_verifier: of.verifier, ...form },
      of.client,
    );

  const cleanup = stack.move();
  return {
    openid,
    keys,
    port,
    ca: pki.ca,
    accounts,
    clients,
    secretVersions,
    logged,
    register: (...entries) => {
      for (const entry of entries) {
        if ('clientId' in entry) clients.set(entry.clientId, entry);
        else accounts.set(entry.accountId, entry);
      }
    },
    browser,
    send,
    sendCertified: (request) => certified.request({ ...request, url: here(request.url) }),
    post,
    attempt,
    follow,
    walk,
    code,
    exchange,
    tokens: async (as, account, params) => {
      const of = attempt(as, params);
      const response = await exchange(of, await code(of, account));
      if (response.status !== 200) throw new Error(`no tokens: ${response.status} ${response.text}`);
      return response.json<Tokens>();
    },
    [Symbol.asyncDispose]: () => cleanup.disposeAsync(),
  };
};
