import { createHash, randomUUIDv7, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsClient, HttpsResponse } from '#infra/http/client.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import type { Credential } from '#kms/access/guard/credentials.ts';
import { FINE_SCOPES } from '#kms/access/scopes.ts';
import type { Authentication } from '#kms/caller.ts';
import { browserAt, OWN, withBrowser } from '#test/kms/support/browser.ts';
import { type DpopKey, dpopKey } from '#test/kms/support/dpop.ts';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';
import { type ServedRoute, routeTable } from '#test/kms/support/route-table.ts';
import { authorizationPage, type DescribedScopes, guardedRoutes, OPEN_ROUTES } from '../../build/authorization-page.ts';

const SERVICE = '/service/api/v1';
const BROWSER = '/browser/api/v1';
/** The one scope of callers who hold little. */
const LITTLE = 'kms:audit:read';
const ALL = [...FINE_SCOPES].join(' ');
const CLIENT = { all: `all-${randomUUIDv7().slice(24)}`, little: `little-${randomUUIDv7().slice(24)}` };
const DAY_MS = 86_400_000;

type Holding = 'all' | 'little';
interface Asked extends ServedRoute {
  /** Without parameters, and of nothing that there is. */
  readonly at: string;
}
type Ask = (route: Asked, holding: Holding) => Promise<HttpsResponse>;

/**
 * Every kind of credential, each with the kinds that the guard tells apart and with those that records name: a kind that is new is no
 * member here, which the compiler says. The service itself sends no request, and operators have a listener of their own.
 */
type Kind = Exclude<Credential['kind'] | Authentication['kind'] | 'bound' | 'opaque', 'service' | 'operator' | 'bearer' | 'realm-user'>;

/** The browser API takes no credential beside a session; one that comes with the connection is no session. */
const AT_THE_OTHER_DOOR: Readonly<Record<string, number>> = { session: 401, certificate: 401 };

let house: KmsHouse;
let kms: RunningKms;
let routes: readonly ServedRoute[];
let document: DescribedScopes;
let ways: Readonly<Record<Kind, Ask>>;

const fill = ({ method, path }: ServedRoute): Asked => ({ method, path, at: path.replaceAll(/\{\w+\}/g, () => randomUUIDv7()) });
const twinOf = (path: string): string => path.replace(SERVICE, BROWSER);
const isOpen = (path: string): boolean =>
  OPEN_ROUTES.some(([open, , how]) => path === open || (how === 'below' && path.startsWith(`${open}/`)));
const isAdmitted = ({ status }: HttpsResponse): boolean => status !== 401 && status !== 403 && status < 500;
/** As a page of the server sends it, where it is one for browsers. */
const send = ({ method, at }: Asked, given: Record<string, string> = {}, client?: HttpsClient): Promise<HttpsResponse> => {
  const headers = at.startsWith(BROWSER) ? { ...OWN, ...given } : given;
  return client === undefined ? kms.send(at, { method, headers }) : client.request({ url: `${kms.url}${at}`, method, headers });
};

/** Makes the credentials of both kinds of holder, once. */
const waysIn = async (): Promise<Readonly<Record<Kind, Ask>>> => {
  const tenant = (await kms.tenants())['demo'] ?? '';
  const scopeOf = { all: ALL, little: LITTLE };
  const both = async <T>(make: (holding: Holding) => Promise<T>): Promise<Readonly<Record<Holding, T>>> => ({
    all: await make('all'),
    little: await make('little'),
  });
  const token = (claims: Readonly<Record<string, unknown>>) => house.issuer.token(tenant, { claims });
  const clients = await both((holding) => house.client(CLIENT[holding]));
  const x5tOf = async (leaf: string): Promise<string> =>
    createHash('sha256')
      .update(new X509Certificate(await readFile(join(house.folder, 'tls', `${leaf}.pem`))).raw)
      .digest('base64url');
  const key: DpopKey = await dpopKey();
  const jwt = await both((holding) => token({ scope: scopeOf[holding] }));
  const dpop = await both((holding) => token({ scope: scopeOf[holding], cnf: { jkt: key.jkt } }));
  const bound = await both(async (holding) => token({ scope: scopeOf[holding], cnf: { 'x5t#S256': await x5tOf(CLIENT[holding]) } }));
  const opaque = await both(async (holding) => {
    const text = `opaque-${randomUUIDv7()}`;
    const seconds = Math.floor(Date.now() / 1000);
    const claims = { iss: house.issuer.issuer, aud: KMS_RESOURCE, sub: randomUUIDv7(), client_id: 'client', jti: randomUUIDv7() };
    house.issuer.opaque.set(text, { ...claims, scope: scopeOf[holding], tenant_id: tenant, iat: seconds, exp: seconds + 300 });
    return text;
  });
  const apiKey = await both(async (holding) => {
    const body = { name: CLIENT[holding], scopes: scopeOf[holding].split(' '), expires_at: new Date(Date.now() + DAY_MS).toISOString() };
    const made = await kms.send(`${SERVICE}/api-keys`, { method: 'POST', headers: bearer(jwt.all), body });
    expect(made.status).toBe(201);
    return Object.values(made.json<Record<string, unknown>>()).find((value) => String(value).startsWith('ptk_')) as string;
  });
  const browsers = await both(async (holding) => {
    const browser = browserAt(kms);
    expect((await browser.logIn(CLIENT[holding])).status).toBe(303);
    return { browser, csrf: await browser.csrfToken() };
  });
  return {
    basic: (route, holding) => send(route, basic(CLIENT[holding], `${CLIENT[holding]}-password`)),
    token: (route, holding) => send(route, bearer(jwt[holding])),
    opaque: (route, holding) => send(route, bearer(opaque[holding])),
    dpop: async (route, holding) => {
      const proof = await key.proof({ token: dpop[holding], url: `${kms.url}${route.at}`, method: route.method });
      return send(route, { authorization: `DPoP ${dpop[holding]}`, dpop: proof });
    },
    bound: (route, holding) => send(route, bearer(bound[holding]), clients[holding]),
    certificate: (route, holding) => send(route, {}, clients[holding]),
    'api-key': (route, holding) => send(route, bearer(apiKey[holding])),
    session: (route, holding) => {
      const { browser, csrf } = browsers[holding];
      return browser.send(route.at, { method: route.method, headers: { ...OWN, 'x-csrf-token': csrf } });
    },
  };
};

beforeAll(async () => {
  const realms = {
    password_hash: { iterations: 210_000 },
    roles: [
      { name: 'all', scopes: [...FINE_SCOPES] },
      { name: 'little', scopes: [LITTLE] },
    ],
    file: {
      users: (['all', 'little'] as const).map((holding) => ({
        username: CLIENT[holding],
        password: `{plaintext}${CLIENT[holding]}-password`,
        tenant: 'demo',
        roles: [holding],
      })),
    },
    certificates: {
      clients: (['all', 'little'] as const).map((holding) => ({ common_name: CLIENT[holding], tenant: 'demo', roles: [holding] })),
    },
  };
  house = await kmsHouse({
    realms,
    clients: { [CLIENT.all]: [], [CLIENT.little]: [] },
    change: (config) => {
      withBrowser()(config);
      config.server.rate_limit.max = 1_000_000;
      for (const issuer of config.identity.issuers) issuer.revocation.opaque_tokens = 'introspect';
    },
  });
  kms = await runKms(house);
  routes = routeTable(kms.kms.app);
  document = (await kms.send('/openapi.json')).json<DescribedScopes>();
  ways = await waysIn();
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const guarded = () => guardedRoutes(document).map((route) => ({ ...fill(route), scope: route.scope }));
type Guarded = ReturnType<typeof guarded>[number];
/** What came, where it is not what was expected. */
const wrong = async (
  expected: number | 'admitted',
  route: Guarded,
  way: string,
  answer: Promise<HttpsResponse>,
): Promise<readonly string[]> => {
  const came = await answer;
  const isAsExpected = expected === 'admitted' ? isAdmitted(came) : came.status === expected;
  return isAsExpected ? [] : [`${way}: ${route.method} ${route.at}: ${came.status} in the place of ${expected}`];
};

describe('Every route', () => {
  it('asks for a scope, or is listed with the reason why it needs none', () => {
    const listed = new Set(guarded().flatMap(({ method, path }) => [`${method} ${path}`, `${method} ${twinOf(path)}`]));
    const unlisted = routes.filter(({ method, path }) => !isOpen(path) && !listed.has(`${method} ${path}`));
    expect(unlisted).toEqual([]);
    const served = new Set(routes.map(({ method, path }) => `${method} ${path}`));
    expect([...listed].filter((route) => !served.has(route))).toEqual([]);
    expect(listed.size).toBeGreaterThan(100);
  });

  it('stands in docs/authorization.md, with its scope', async () => {
    expect(await readFile(join(import.meta.dirname, '../../docs/authorization.md'), 'utf8')).toBe(authorizationPage(document));
  });

  it('asks for a credential', async () => {
    const found: string[] = [];
    for (const route of guarded()) {
      found.push(...(await wrong(401, route, 'none', send(route))));
      found.push(...(await wrong(401, route, 'none', send({ ...route, at: twinOf(route.at) }))));
    }
    expect(found).toEqual([]);
  });

  it('admits every kind of credential with its scope, and none without it', async () => {
    const found: string[] = [];
    for (const [kind, ask] of Object.entries(ways)) {
      for (const route of guarded()) {
        const own = kind === 'session' ? { ...route, at: twinOf(route.at) } : route;
        const other = kind === 'session' ? route : { ...route, at: twinOf(route.at) };
        found.push(...(await wrong('admitted', own, `${kind} with all`, ask(own, 'all'))));
        found.push(...(await wrong(route.scope === LITTLE ? 'admitted' : 403, own, `${kind} with little`, ask(own, 'little'))));
        found.push(...(await wrong(AT_THE_OTHER_DOOR[kind] ?? 400, other, `${kind} at the other door`, ask(other, 'all'))));
      }
    }
    expect(found).toEqual([]);
  });

  it('admits its scope alone, and no other', async () => {
    const tenant = (await kms.tenants())['demo'] ?? '';
    const found: string[] = [];
    for (const scope of FINE_SCOPES) {
      const headers = bearer(await house.issuer.token(tenant, { claims: { scope } }));
      for (const route of guarded())
        found.push(...(await wrong(route.scope === scope ? 'admitted' : 403, route, scope, send(route, headers))));
    }
    expect(found).toEqual([]);
  });
});
