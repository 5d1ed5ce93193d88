import { ALONE } from '#infra/workers/workers.ts';
import { createHash, randomUUID, randomUUIDv7, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpsResponse } from '#infra/http/client.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { openAuthentication } from '#kms/access/guard/authentication.ts';
import { guardServiceRoutes } from '#kms/access/guard/guard.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { createUserLeases } from '#kms/access/realms/user-leases.ts';
import { createChallenges } from '#kms/access/challenges.ts';
import { createReadScopes } from '#kms/access/scopes.ts';
import type { Target } from '#kms/action.ts';
import type { Caller } from '#kms/caller.ts';
import { registerKeyRoutes } from '#kms/keys/keys.routes.ts';
import type { TenantHandle } from '#kms/tenants/directory.ts';
import { withDatabases } from '#test/support/database.ts';
import { testCaller } from '#test/support/kms-caller.ts';
import { testKms } from '#test/support/kms-keys.ts';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const unique = randomUUIDv7();
/** Common name → URI SANs. */
const CLIENTS = {
  [`mapped-${unique}`]: [],
  [`stranger-${unique}`]: [],
  [`lost-${unique}`]: [],
};
const REALMS = {
  file: {
    users: [
      { username: `plain-${unique}`, password: `{plaintext}plain-${unique}-password`, tenant: 'demo', roles: ['user'] },
      { username: `lost-${unique}`, password: '{plaintext}secret', tenant: `tenant-${unique}`, roles: ['user'] },
      // The same name as a user of the database: the file comes first.
      { username: 'demo-admin', password: `{plaintext}file-${unique}`, tenant: 'demo-other', roles: ['user'] },
    ],
  },
  certificates: {
    clients: [
      { common_name: `mapped-${unique}`, tenant: 'demo', roles: ['user'] },
      { common_name: `lost-${unique}`, tenant: `tenant-${unique}`, roles: ['user'] },
    ],
  },
};

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse({ realms: REALMS, clients: CLIENTS });
  kms = await runKms(house);
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const handler = async (): Promise<object> => ({});
const urn = (id: string): string => `urn:passthru:tenant:${id}`;
const names = (response: HttpsResponse): string[] => response.json<{ items: { name: string }[] }>().items.map((key) => key.name);
const logIn = (username: string, password: string): Promise<HttpsResponse> => kms.send(KEYS, { headers: basic(username, password) });
/** Milliseconds that a wrong guess takes. */
const time = async (username: string): Promise<number> => {
  const started = performance.now();
  await logIn(username, `wrong-${randomUUIDv7()}`);
  return performance.now() - started;
};
const withCertificate = async (leaf: string, headers: Record<string, string> = {}): Promise<HttpsResponse> =>
  (await house.client(leaf)).request({ url: `${kms.url}${KEYS}`, headers });

describe('a route of the service', () => {
  it('answers 401 and names every scheme to somebody without credential', async () => {
    const response = await kms.send(KEYS);
    expect(response.status).toBe(401);
    expect(response.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(response.headers['www-authenticate']).toBe(
      [
        `Bearer realm="passthru-kms", resource_metadata="${kms.url}/.well-known/oauth-protected-resource${KEYS}"`,
        `DPoP realm="passthru-kms", resource_metadata="${kms.url}/.well-known/oauth-protected-resource${KEYS}", algs="ES256 ES384 ES512 EdDSA Ed25519"`,
        'Basic realm="passthru-kms", charset="UTF-8"',
      ].join(', '),
    );
  });

  it('is guarded with every method, and before its input is looked at', async () => {
    const id = randomUUIDv7();
    const routes = [
      ['POST', KEYS],
      ['PATCH', `${KEYS}/${id}`],
      ['GET', `${KEYS}/${id}`],
      ['HEAD', `${KEYS}/${id}`],
      ['POST', `${KEYS}/${id}/decrypt`],
      ['POST', `${KEYS}/${id}/sign`],
      ['GET', `${KEYS}/not-an-id`],
    ] as const;
    const statuses = await Promise.all(routes.map(async ([method, path]) => (await kms.send(path, { method })).status));
    expect(statuses).toEqual(routes.map(() => 401));
  });

  it('that names no scope stops the server from being built', async () => {
    const app = await createServer({ name: 'kms', tls: house.config.server.tls, clientCertificate: 'request', telemetry: noTelemetry() });
    guardServiceRoutes(app, {
      challenges: createChallenges('detailed'),
      authenticate: () => Promise.reject(new Error('not used')),
      originOf: () => null,
      admit: () => Promise.reject(new Error('not used')),
      countRequests: () => {},
      traceId: () => null,
      now: Date.now,
      nameTag: () => 'tag',
    });
    expect(() => app.get('/service/api/v1/forgotten', handler)).toThrow(/names no scope/);
    expect(() => app.get('/service/api/v1/wrong', { config: { scope: 'kms:everything' as never } }, handler)).toThrow(/names no scope/);
    expect(() => app.get('/service/api/v1', handler)).toThrow(/names no scope/);
    app.get('/service/api/v10/elsewhere', handler);
    await app.close();
  });

  it('knows its caller: who, of which tenant, by which proof, in which request', async () => {
    const app = await createServer({ name: 'kms', tls: house.config.server.tls, clientCertificate: 'request', telemetry: noTelemetry() });
    const tenant = { id: randomUUID(), name: `tenant-${unique}`, database: () => Promise.reject(new Error('not used')) };
    const { request: _, ...authenticated } = testCaller(tenant);
    const traceId = randomUUID().replaceAll('-', '');
    guardServiceRoutes(app, {
      challenges: createChallenges('detailed'),
      authenticate: async (_credential, { scope, address }) => ({ ...authenticated, username: `${scope} from ${address}` }),
      originOf: () => null,
      admit: async () => {},
      countRequests: () => {},
      traceId: () => traceId,
      now: Date.now,
      nameTag: () => 'tag',
    });
    const callers: Caller[] = [];
    app.get('/service/api/v1/me', { config: { scope: 'kms:encrypt' } }, async (request) => {
      callers.push(request.caller);
      return {};
    });
    for (let i = 0; i < 2; i += 1) await app.inject({ url: '/service/api/v1/me', headers: basic('somebody', 'secret') });
    await app.close();
    const asExpected = {
      ...authenticated,
      username: 'kms:encrypt from 127.0.0.1',
      request: { id: expect.stringMatching(/^[0-9a-f-]{14}7/), traceId, address: '127.0.0.1' },
    };
    expect(callers).toEqual([asExpected, asExpected]);
    expect(callers[0]?.request?.id).not.toBe(callers[1]?.request?.id);
  });

  it('asks the door to keys whether its caller may do what the route is for, and to which key', async () => {
    const app = await createServer({ name: 'kms', tls: house.config.server.tls, clientCertificate: 'request', telemetry: noTelemetry() });
    const tenant = { id: randomUUID(), name: `tenant-${unique}`, database: () => Promise.reject(new Error('not used')) };
    const { request: _, ...authenticated } = testCaller(tenant);
    const asked: [string, Target | null][] = [];
    guardServiceRoutes(app, {
      challenges: createChallenges('detailed'),
      authenticate: async () => authenticated,
      originOf: () => null,
      admit: async (_caller, { name }, target) => {
        asked.push([name, target]);
        throw new AppError('scope-insufficient', 403, 'No.');
      },
      countRequests: () => {},
      traceId: () => null,
      now: Date.now,
      nameTag: () => 'tag',
    });
    const action = { name: 'material-key.read', scope: 'kms:material-keys:read', mode: 'read' } as const;
    app.get('/service/api/v1/keys/:id/versions/:kid', { config: { action } }, async () => ({ unreached: true }));
    const [id, kid] = [randomUUIDv7(), randomUUIDv7()];
    const statuses: number[] = [];
    for (const path of [`${id}/versions/${kid}`, `${id}/versions/x`, `x/versions/${kid}`]) {
      const answer = await app.inject({ url: `/service/api/v1/keys/${path}`, headers: basic('somebody', 'secret') });
      statuses.push(answer.statusCode);
    }
    await app.close();
    expect(statuses).toEqual([403, 403, 403]);
    expect(asked).toEqual([
      [action.name, { elasticKeyId: id, materialKeyId: kid }],
      [action.name, { elasticKeyId: id }],
      [action.name, null],
    ]);
  });

  it('looks once into the directory of tenants, although it reads and changes keys', async () => {
    await using databases = await withDatabases('sqlite');
    const keys = await testKms(databases);
    const { tenant } = keys.caller;
    const looks: string[] = [];
    const handle: TenantHandle = { ...tenant, schemaName: 't', state: 'active', demo: false };
    const look = async (of: string) => {
      looks.push(of);
      return handle;
    };
    const challenges = createChallenges('detailed');
    const { authenticate } = await openAuthentication({
      realmsFile: house.config.realms_file,
      demo: false,
      service: keys.service,
      rows: keys.rows,
      userLeases: createUserLeases({ elapsed: () => performance.now() }),
      tenants: { byId: look, byName: look },
      issuers: [],
      apiKeys: { authenticate: async () => Promise.reject(new Error('nobody brings an API key')) },
      binding: { check: () => Promise.reject(new Error('not used')) },
      readScopes: createReadScopes(),
      challenges,
      emit: () => {},
      now: Date.now,
      elapsed: () => performance.now(),
      closing: new AbortController().signal,
      workers: ALONE,
    });
    const app = await createServer({ name: 'kms', tls: house.config.server.tls, clientCertificate: 'request', telemetry: noTelemetry() });
    guardServiceRoutes(app, {
      challenges,
      authenticate,
      originOf: () => null,
      admit: keys.admit,
      countRequests: () => {},
      traceId: () => null,
      now: Date.now,
      nameTag: () => 'tag',
    });
    registerKeyRoutes(app, keys);
    const headers = basic(`plain-${unique}`, `plain-${unique}-password`);
    const { id } = await keys.make('A256GCM/A256KW');
    for (const [method, path, payload] of [
      ['GET', `/${id}`, undefined],
      ['GET', `/${id}/material-keys`, undefined],
      ['POST', `/${id}/encrypt`, { plaintext: 'AAAA' }],
      ['POST', `/${id}/generate`, {}],
    ] as const) {
      looks.length = 0;
      const answer = await app.inject({ method, url: `${KEYS}${path}`, headers, ...(payload && { payload }) });
      expect([path, answer.statusCode, looks]).toEqual([path, 200, ['demo']]);
    }
    await app.close();
  });

  it('tells nothing about other routes: health, OpenAPI need no credential', async () => {
    const statuses = await Promise.all(['/livez', '/readyz', '/openapi.json'].map(async (path) => (await kms.send(path)).status));
    expect(statuses).toEqual([200, 200, 200]);
  });
});

describe('Basic', () => {
  it('opens the tenant of a user of the database', async () => {
    const response = await logIn('demo-other-user', 'demo-other-user-password');
    expect(names(response)).toEqual(['demo-other-encryption-key']);
  });

  it('opens the tenant of a user of the file, also with a plaintext password', async () => {
    expect(names(await logIn(`plain-${unique}`, `plain-${unique}-password`))).toContain('demo-encryption-key');
  });

  it('asks the realms in order, and the first that knows the name decides', async () => {
    expect((await logIn('demo-admin', 'demo-admin-password')).status).toBe(401);
    expect(names(await logIn('demo-admin', `file-${unique}`))).toEqual(['demo-other-encryption-key']);
  });

  it.each([
    ['a wrong password', 'demo-user', 'demo-user-passwore'],
    ['an empty password', 'demo-user', ''],
    ['an unknown user', `nobody-${unique}`, 'demo-user-password'],
    ['a user name in capitals', 'DEMO-USER', 'demo-user-password'],
    ['a user name with SQL', "demo-user' --", 'demo-user-password'],
    ['the stored hash as password', 'demo-user', '$pbkdf2-sha256$i=600000$D0SPNmlAkiQMNICU1uDW+U6E/n58+DcyLDt4ArV/1JU$o9Txz'],
    ['the plaintext marker as part of the password', `plain-${unique}`, `{plaintext}plain-${unique}-password`],
    ['a password of two kilobytes', 'demo-user', 'p'.repeat(2_048)],
    ['a user name of two kilobytes', 'u'.repeat(2_048), 'password'],
  ])('refuses %s with one and the same 401', async (_, username, password) => {
    const response = await logIn(username, password);
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Basic realm="passthru-kms", charset="UTF-8"');
    expect(response.json()).toMatchObject({ code: 'password-invalid', detail: 'User name or password is wrong.' });
  });

  it('answers 403 to a user whose tenant is not here', async () => {
    expect((await logIn(`lost-${unique}`, 'secret')).json()).toMatchObject({ status: 403, code: 'tenant-unknown' });
  });

  it('gives a user the scopes of the roles and no others', async () => {
    const response = await logIn('demo-service', 'demo-service-password');
    expect(response.json()).toMatchObject({ status: 403, error: 'insufficient_scope', scope: 'kms:elastic-keys:read' });
  });

  it('costs as much for an unknown user as for a known one', async () => {
    const known: number[] = [];
    const unknown: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      known.push(await time('demo-tenant-admin'));
      unknown.push(await time(`nobody-${randomUUIDv7()}`));
    }
    // PBKDF2 takes tens of milliseconds, a look-up without it less than three.
    expect(Math.min(...unknown)).toBeGreaterThan(Math.min(...known) / 4);
    expect(Math.min(...known)).toBeGreaterThan(Math.min(...unknown) / 4);
  });

  it('pays PBKDF2 once for many requests with the same credential', async () => {
    await logIn('demo-user', 'demo-user-password');
    const once = Math.min(await time(`nobody-${randomUUIDv7()}`), await time(`nobody-${randomUUIDv7()}`));
    const started = performance.now();
    for (let i = 0; i < 50; i += 1) expect((await logIn('demo-user', 'demo-user-password')).status).toBe(200);
    // Fifty derivations would take fifty times as long as one, however busy the machine is.
    expect(performance.now() - started).toBeLessThan(25 * once);
  });
});

describe('guessing', () => {
  it('is slowed down with 429 and Retry-After, and never keeps out an owner who logged in from there', async () => {
    await using other = await kmsHouse();
    await using slow = await runKms(other);
    // How long a busy machine takes is not looked at here.
    const send = (headers: Record<string, string>) => slow.send(KEYS, { headers, timeoutMs: 60_000 });
    const logIn = () => send(basic('demo-user', 'demo-user-password'));
    expect((await logIn()).status).toBe(200);
    const guesses = Array.from({ length: 60 }, () => send(basic(`nobody-${randomUUIDv7()}`, `guess-${randomUUIDv7()}`)));
    expect((await logIn()).status).toBe(200);
    const answers = await Promise.all(guesses);
    expect(answers.map(({ status }) => status)).toContain(401);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.json()).toMatchObject({ status: 429, code: 'too-many-attempts' });
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(0);
  });
});

describe('a client certificate', () => {
  it('opens the tenant to which its common name is mapped', async () => {
    expect(names(await withCertificate(`mapped-${unique}`))).toContain('demo-encryption-key');
  });

  it('that is mapped to nobody is refused with 401', async () => {
    expect((await withCertificate(`stranger-${unique}`)).json()).toMatchObject({ status: 401, code: 'certificate-unknown' });
  });

  it('whose tenant is not here is refused with 403', async () => {
    expect((await withCertificate(`lost-${unique}`)).json()).toMatchObject({ status: 403, code: 'tenant-unknown' });
  });

  it('beside another credential is refused with 400', async () => {
    const token = await house.issuer.token((await kms.tenants())['demo'] ?? '');
    for (const headers of [basic('demo-user', 'demo-user-password'), bearer(token)]) {
      expect((await withCertificate(`mapped-${unique}`, headers)).status).toBe(400);
    }
  });

  it('belongs to a token that is bound to it, and to no other', async () => {
    const pem = await readFile(join(house.folder, 'tls', `mapped-${unique}.pem`), 'utf8');
    const x5t = createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url');
    const token = await house.issuer.token((await kms.tenants())['demo'] ?? '', { claims: { cnf: { 'x5t#S256': x5t } } });
    expect((await withCertificate(`mapped-${unique}`, bearer(token))).status).toBe(200);
    expect((await withCertificate(`stranger-${unique}`, bearer(token))).status).toBe(401);
    expect((await kms.send(KEYS, { headers: bearer(token) })).status).toBe(401);
  });

  it('of another authority never reaches a route', async () => {
    await using foreign = await kmsHouse({ clients: { [`mapped-${unique}`]: [] } });
    const client = await foreign.client(`mapped-${unique}`);
    await expect(client.request({ url: `${kms.url}${KEYS}` })).rejects.toMatchObject({
      code: expect.stringMatching(/^(tls|connection)-failed$/) as string,
    });
  });
});

describe('a client certificate that names its tenant', () => {
  it('opens exactly that tenant, and none when it names several, a false one or one that is not here', async () => {
    const tenantId = randomUUID();
    const sans = {
      [`good-${unique}`]: ['urn:other:x', urn(tenantId)],
      [`two-${unique}`]: [urn(tenantId), urn(randomUUID())],
      [`none-${unique}`]: [],
      [`false-${unique}`]: [urn('demo')],
      [`gone-${unique}`]: [urn(randomUUID())],
    };
    const clients = Object.keys(sans).map((name) => ({ common_name: name, roles: ['user'] }));
    await using other = await kmsHouse({ realms: { certificates: { tenant_from: 'uri-san', clients } }, clients: sans });
    await using server = await runKms(other);
    await server.kms.demo?.reset({ demo: tenantId });
    const ask = async (leaf: string) => (await (await other.client(`${leaf}-${unique}`)).request({ url: `${server.url}${KEYS}` })).status;
    expect(await Promise.all(['good', 'two', 'none', 'false', 'gone'].map(ask))).toEqual([200, 401, 401, 401, 403]);
  });
});

describe('realms that are left out of the order', () => {
  it('are switched off', async () => {
    await using other = await kmsHouse({ realms: { order: ['file'], file: { users: [] } } });
    await using server = await runKms(other);
    const token = await other.issuer.token((await server.tenants())['demo'] ?? '');
    expect((await server.send(KEYS, { headers: bearer(token) })).status).toBe(401);
    expect((await server.send(KEYS, { headers: basic('demo-user', 'demo-user-password') })).status).toBe(401);
    expect(other.issuer.requests.jwks).toBe(0);
  });
});

describe('errors with minimal detail', () => {
  it('say no more than their status, and the log says why', async () => {
    await using other = await kmsHouse({ change: (config) => void (config.errors = { detail: 'minimal' }) });
    const telemetry = noTelemetry();
    const warned: string[] = [];
    const log = { ...telemetry.log, warn: (message: string) => void warned.push(message) };
    await using server = await runKms(other, { telemetry: { ...telemetry, log } });
    const demo = (await server.tenants())['demo'] ?? '';
    const tokens = await Promise.all([
      other.issuer.token(demo, { claims: { aud: 'urn:other' } }),
      other.issuer.token(demo, { claims: { exp: 1 } }),
      other.issuer.token(randomUUID()),
    ]);
    const answers = await Promise.all(tokens.map((token) => server.send(KEYS, { headers: bearer(token) })));
    expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
    expect(new Set(answers.map((answer) => answer.headers['www-authenticate'])).size).toBe(1);
    const refusals = () => warned.filter((line) => line.includes(' refused with '));
    expect(refusals().toSorted()).toEqual([
      `GET ${KEYS} refused with 401: unauthenticated: The claim aud of the token is missing or wrong`,
      `GET ${KEYS} refused with 401: unauthenticated: The issuer of the token may not speak for its tenant, or there is no such tenant here`,
      `GET ${KEYS} refused with 401: unauthenticated: The token has expired`,
    ]);
    const denied = await server.send(KEYS, { headers: bearer(await other.issuer.token(demo, { claims: { scope: 'kms:crypto' } })) });
    expect(denied.status).toBe(403);
    expect(`${denied.text}${denied.headers['www-authenticate']}`).not.toContain('kms:elastic-keys:read');
    expect(refusals().at(-1)).toContain('kms:elastic-keys:read');
  });
});
