import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KMS_SCOPES } from '#infra/magic/magic.ts';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';
import { type ServedRoute, routeTable } from '#test/kms/support/route-table.ts';
import { browserAt, type TestBrowser, withBrowser } from '#test/kms/support/browser.ts';
import { browserPathOf, isBrowserRoute, SESSION_PATH } from '#kms/api/browser-routes.ts';

const SERVICE = '/service/api/v1';
const KEYS = `${SERVICE}/elastic-keys`;
/** Of the tenant that is attacked: one who may do everything there, and one who is no operator. */
const OWNER = basic('demo-admin', 'demo-admin-password');
const OURS = basic('demo-tenant-admin', 'demo-tenant-admin-password');
const THEIRS = basic('demo-other-user', 'demo-other-user-password');

let house: KmsHouse;
let kms: RunningKms;
/** Of the tenant that attacks: somebody with every scope and role there, so that no scope is refused first. */
let attacker: { readonly authorization: string };
/** A user of the tenant that attacks, logged in. */
let browser: TestBrowser;
beforeAll(async () => {
  house = await kmsHouse({
    change: (config) => {
      config.server.rate_limit.max = 100_000;
      withBrowser()(config);
    },
  });
  kms = await runKms(house);
  const scope = Object.keys(KMS_SCOPES).join(' ');
  const roles = ['admin', 'tenant-admin'];
  browser = browserAt(kms);
  await browser.logIn('demo-other-user');
  attacker = bearer(await house.issuer.token((await kms.tenants())['demo-other'] ?? '', { claims: { scope, roles } }));
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

type Json = Readonly<Record<string, unknown>>;
interface Key {
  readonly id: string;
  readonly name: string;
  readonly algorithm: string;
  readonly use: string;
  readonly origin: string;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly example?: string;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: {
    readonly content: {
      readonly 'application/json': { readonly schema: Json; readonly example?: Json; readonly examples?: Record<string, { value: Json }> };
    };
  };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}
interface Route extends ServedRoute {
  readonly operation: Operation;
  /** The first part of its path, such as `elastic-keys`. */
  readonly collection: string;
}

const keysOf = async (headers: Record<string, string>): Promise<readonly Key[]> =>
  (await kms.send(`${KEYS}?limit=100`, { headers })).json<{ items: Key[] }>().items;
const versionsOf = async ({ id }: Pick<Key, 'id'>, headers: Record<string, string>): Promise<readonly string[]> =>
  (await kms.send(`${KEYS}/${id}/material-keys?limit=100`, { headers })).json<{ items: { id: string }[] }>().items.map((each) => each.id);
const keyNamed = async (name: string): Promise<Key> => {
  const key = (await keysOf(OURS)).find((item) => item.name === name);
  if (key === undefined) throw new Error(`no key ${name}`);
  return key;
};

/**
 * What must be answered where a request names something of another tenant. `missing`: 404, the very answer for what is not there at all.
 * `forbidden`: 403 whatever is asked for. `own`: something of the caller's own tenant, or of none.
 */
type Expected = 'missing' | 'forbidden' | 'own';

/** Things of the tenant that is attacked. */
interface Victim {
  readonly tenantId: string;
  readonly username: string;
  readonly key: Key;
  readonly version: string;
  readonly transportKey: string;
  readonly apiKey: string;
  readonly grant: string;
  readonly cursors: Readonly<Record<string, string>>;
}

/**
 * The first part of a path below `/service/api/v1`: whether what is named in the path has to be missing, forbidden or one's own, and how
 * something of another tenant is named there. Whoever adds a route below another one says so here; nothing else has to be said of a route.
 */
const COLLECTIONS: Readonly<
  Record<string, { readonly expected: Expected; readonly path?: Readonly<Record<string, (victim: Victim) => string>> }>
> = {
  'elastic-keys': { expected: 'missing', path: { id: ({ key }) => key.id, kid: ({ version }) => version, grant: ({ grant }) => grant } },
  tenants: { expected: 'forbidden', path: { id: ({ tenantId }) => tenantId } },
  'api-keys': { expected: 'missing', path: { api_key_id: ({ apiKey }) => apiKey } },
  'realm-users': { expected: 'missing', path: { user: ({ username }) => username } },
  audit: { expected: 'own' },
  algorithms: { expected: 'own' },
};

/** Fields of queries and bodies that may name something of a tenant, with what they name here; `null` for those that name nothing. */
const NAMING: Readonly<Record<string, ((victim: Victim, collection: string) => string) | null>> = {
  'query cursor': ({ cursors }, collection) => cursors[collection] ?? '',
  'query name': ({ key }) => key.name,
  'query username': ({ username }) => username,
  'query key': ({ key }) => key.id,
  'query actor': ({ username }) => username,
  'body material_key_id': ({ version }) => version,
  'body transport_key_id': ({ transportKey }) => transportKey,
  // The name of what is made or renamed; bytes; a key of the caller's own.
  'body grantee': null,
  'body subject': ({ username }) => username,
  'body issuer': null,
  'body name': null,
  'body username': null,
  'body display_name': null,
  'body key': null,
  'body wrapped_key': null,
  'body kid': null,
};
/** Such fields, by the end of their names. */
const MAY_NAME =
  /(^|_)(id|ids|kid|key|name|actor|cursor|tenant|tenants|user|username|subject|ticket|token|session|client|issuer|parent|grant|grantee)$/;

/** Routes that ask for no credential. Each tells everybody the same. */
const PUBLIC =
  /^\/($|openapi\.json$|livez$|readyz$|assets\/|browser\/openapi\.json$|ui($|\/$|\/log-in$|\/log-in\/issuer$|\/callback$|\/log-out$|\/logged-out$|\/assets\/|\/swagger($|\/))|\.well-known\/oauth-protected-resource($|\/))/;

/** Pages for people, at which somebody who is logged in sees and changes keys of his tenant. */
const isPage = (path: string): boolean => path === '/ui/keys' || path.startsWith('/ui/keys/{id}');

const documentNow = async (): Promise<Document> => (await kms.send('/openapi.json')).json<Document>();

const collectionOf = (path: string): string => path.slice(SERVICE.length + 1).split('/')[0] ?? '';

/** The routes of the service, each with its description; those for browsers are the same with another way in, and a session is one's own. */
const routesOf = ({ paths }: Document, app: Parameters<typeof routeTable>[0] = kms.kms.app): readonly Route[] => {
  const served = routeTable(app);
  const mirrored = new Set(served.map(({ method, path }) => `${method} ${browserPathOf(path)}`));
  return served
    .filter(({ path }) => !PUBLIC.test(path) && path !== SESSION_PATH && !isPage(path))
    .filter(({ method, path }) => !(isBrowserRoute(path) && mirrored.has(`${method} ${path}`)))
    .map(({ method, path }) => {
      const operation = paths[path]?.[method.toLowerCase()];
      if (operation === undefined || !path.startsWith(`${SERVICE}/`))
        throw new Error(`nobody says how tenants are kept apart at ${method} ${path}`);
      return { method, path, operation, collection: collectionOf(path) };
    });
};

/** The names of all fields in a schema. */
const fieldsIn = (schema: unknown, { components }: Document): readonly string[] => {
  if (Array.isArray(schema)) return schema.flatMap((each) => fieldsIn(each, { components, paths: {} }));
  if (typeof schema !== 'object' || schema === null) return [];
  const { $ref, properties = {}, ...rest } = schema as Json & { $ref?: string; properties?: Json };
  const named = $ref === undefined ? undefined : components.schemas[$ref.split('/').at(-1) ?? ''];
  const below = [
    named,
    ...Object.values(properties),
    rest['items'],
    rest['anyOf'],
    rest['oneOf'],
    rest['allOf'],
    rest['additionalProperties'],
  ];
  return [...Object.keys(properties), ...below.flatMap((each) => fieldsIn(each, { components, paths: {} }))];
};

/** Fields of a route that may name something, as `NAMING` has them. */
const namingOf = ({ operation }: Route, document: Document): readonly string[] => {
  const queries = (operation.parameters ?? []).filter((each) => each.in === 'query').map(({ name }) => `query ${name}`);
  const bodies = fieldsIn(operation.requestBody?.content['application/json'].schema, document).map((name) => `body ${name}`);
  return [...new Set([...queries, ...bodies])].filter((field) => MAY_NAME.test(field.split(' ')[1] ?? ''));
};

/** All of a route that nobody says anything of: then nobody knows what it would tell another tenant. */
const unknownOf = (route: Route, document: Document): readonly string[] => {
  const { method, path, collection } = route;
  const known = COLLECTIONS[collection];
  const parameters = known === undefined ? [] : parametersIn(path).filter((name) => known.path?.[name] === undefined);
  const fields = namingOf(route, document).filter((field) => NAMING[field] === undefined);
  return [...(known === undefined ? [collection] : []), ...parameters, ...fields].map((what) => `${method} ${path}: ${what}`);
};

/** The examples of its body, which hold ids and ciphertexts of the tenant of the demo; one without body where it takes none. */
const bodiesOf = ({ operation }: Route): readonly (Json | undefined)[] => {
  if (operation.requestBody === undefined) return [undefined];
  const { example, examples } = operation.requestBody.content['application/json'];
  const found = [example, ...Object.values(examples ?? {}).map(({ value }) => value)].filter((each) => each !== undefined);
  if (found.length === 0) throw new Error('a body without an example');
  return found;
};

const parametersIn = (path: string): readonly string[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
const filled = (path: string, values: Readonly<Record<string, string>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');

const randomFor = (collection: string): string => (collection === 'tenants' ? randomUUID() : randomUUIDv7());

/** Texts that only the tenant that is attacked may see. */
const secretsOf = async (victim: Victim): Promise<readonly string[]> => {
  const keys = await keysOf(OWNER);
  const versions = (await Promise.all(keys.map((key) => versionsOf(key, OWNER)))).flat();
  const { tenantId, username, transportKey, apiKey, grant } = victim;
  return [tenantId, username, transportKey, apiKey, grant, ...keys.flatMap(({ id, name }) => [id, name]), ...versions];
};

const victimOf = async (): Promise<Victim> => {
  const key = await keyNamed('demo-encryption-key');
  const imported = await keyNamed('demo-import-key');
  const parameters = await kms.send(`${KEYS}/${imported.id}/import-parameters`, { headers: OWNER });
  const apiKeys = (await kms.send(`${SERVICE}/api-keys`, { headers: OWNER })).json<{ items: { id: string }[] }>().items;
  const grant = await kms.send(`${KEYS}/${key.id}/grants`, {
    method: 'POST',
    headers: OWNER,
    body: {
      grantee: { kind: 'certificate', subject: `nobody-${randomUUIDv7()}` },
      operations: ['read'],
      expires_at: new Date(Date.now() + 600_000).toISOString(),
    },
  });
  const cursorOf = async (path: string) =>
    (await kms.send(`${path}?limit=1`, { headers: OWNER })).json<{ next_cursor: string | null }>().next_cursor ?? '';
  return {
    tenantId: (await kms.tenants())['demo'] ?? '',
    username: 'demo-admin',
    key,
    version: (await versionsOf(key, OWNER))[0] ?? '',
    transportKey: parameters.json<{ transport_key_id: string }>().transport_key_id,
    apiKey: apiKeys[0]?.id ?? '',
    grant: grant.json<{ id: string }>().id,
    cursors: {
      'api-keys': await cursorOf(`${SERVICE}/api-keys`),
      'elastic-keys': await cursorOf(KEYS),
      audit: await cursorOf(`${SERVICE}/audit`),
      tenants: await cursorOf(`${SERVICE}/tenants`),
      'realm-users': await cursorOf(`${SERVICE}/realm-users`),
    },
  };
};

describe('Another tenant', () => {
  it('is kept apart at every route that is served: each names its kind of thing, and each field that may name one is known', async () => {
    const document = await documentNow();
    const routes = routesOf(document);
    expect(routes.length).toBeGreaterThan(40);
    expect(routes.flatMap((route) => unknownOf(route, document))).toEqual([]);
  });

  it('would be missed at a new route that nobody describes, and such a route fails here', async () => {
    const document = await documentNow();
    const route = { method: 'GET', operation: {} };
    const fails = (path: string, operation: Operation = {}) =>
      unknownOf({ ...route, path, operation, collection: collectionOf(path) }, document);
    expect(fails(`${SERVICE}/secrets`)).toEqual([`GET ${SERVICE}/secrets: secrets`]);
    expect(fails(`${KEYS}/{id}/shares/{share}`)).toEqual([`GET ${KEYS}/{id}/shares/{share}: share`]);
    expect(fails(KEYS, { parameters: [{ name: 'tenant', in: 'query' }] })).toEqual([`GET ${KEYS}: query tenant`]);
    const schema = { properties: { items: { items: { properties: { grant_id: {} } } } } };
    expect(fails(KEYS, { requestBody: { content: { 'application/json': { schema } } } })).toEqual([`GET ${KEYS}: body grant_id`]);
    const hidden = { printRoutes: () => '└── /\n    └── service/api/v1/hidden (POST)\n' };
    expect(() => routesOf(document, hidden)).toThrow('POST /service/api/v1/hidden');
  });

  it('gets nothing of a tenant by naming it in a query: no entry, no name, no id', async () => {
    const document = await documentNow();
    const victim = await victimOf();
    const secrets = await secretsOf(victim);
    const told: string[] = [];
    for (const route of routesOf(document)) {
      const { method, path, collection } = route;
      if (method !== 'GET' || path.includes('{')) continue;
      const queries = namingOf(route, document).map((field) => {
        const value = NAMING[field]?.(victim, collection) ?? '';
        return `?${field.split(' ')[1]}=${encodeURIComponent(value)}`;
      });
      for (const query of ['', ...queries]) {
        const { status, text } = await kms.send(`${path}${query}`, { headers: attacker });
        if (status !== (COLLECTIONS[collection]?.expected === 'forbidden' ? 403 : 200)) told.push(`${path}${query}: ${status}`);
        const both = text + (await browser.send(`${browserPathOf(path)}${query}`)).text;
        told.push(...secrets.filter((secret) => both.includes(secret)).map((secret) => `${path}${query}: ${secret}`));
      }
    }
    expect(told).toEqual([]);
  });

  it('gets the answer for what is not there, at every route that names a thing in its path, with whatever body', async () => {
    const document = await documentNow();
    const victim = await victimOf();
    const before = await kms.send(`${KEYS}?limit=100`, { headers: OWNER });
    const wrong: string[] = [];
    let asked = 0;
    for (const route of routesOf(document).filter(({ path }) => path.includes('{'))) {
      const { method, path, collection, operation } = route;
      const { expected, path: naming = {} } = COLLECTIONS[collection] ?? { expected: 'missing' };
      const parameters = parametersIn(path);
      const shown = Object.fromEntries((operation.parameters ?? []).map((each) => [each.name, each.example]));
      const isOfVictim = (name: string): boolean => before.text.includes(shown[name] ?? randomUUID());
      const foreign = Object.fromEntries(
        parameters.map((name) => [name, isOfVictim(name) ? (shown[name] ?? '') : (naming[name]?.(victim) ?? '')]),
      );
      const missing = Object.fromEntries(parameters.map((name) => [name, randomFor(collection)]));
      for (const body of bodiesOf(route)) {
        const ask = (values: Record<string, string>) =>
          kms.send(filled(path, values), { method, headers: attacker, ...(body === undefined ? {} : { body: { ...body } }) });
        const [one, other] = [await ask(foreign), await ask(missing)];
        asked += 1;
        const status = expected === 'forbidden' ? 403 : 404;
        if (one.status !== status || one.text !== other.text || one.headers['www-authenticate'] !== other.headers['www-authenticate'])
          wrong.push(`${method} ${path}: ${one.status} ${one.text} against ${other.status} ${other.text}`);
        // The same by the door of browsers, for somebody who has no scope of kms:admin.
        const inBrowser = (values: Record<string, string>) => {
          const address = filled(browserPathOf(path) ?? '', values);
          return method === 'GET' ? browser.send(address) : browser.change(method, address, body === undefined ? undefined : { ...body });
        };
        const [hers, nobodys] = [await inBrowser(foreign), await inBrowser(missing)];
        if (![403, 404].includes(hers.status) || hers.text !== nobodys.text)
          wrong.push(`browser ${method} ${path}: ${hers.status} ${hers.text} against ${nobodys.status} ${nobodys.text}`);
      }
    }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(40);
    expect((await kms.send(`${KEYS}?limit=100`, { headers: OWNER })).text).toBe(before.text);
  });

  it('gets the page for what is not there, at every page that names a key', async () => {
    const victim = await victimOf();
    const pages = routeTable(kms.kms.app).filter(({ path }) => isPage(path) && path.includes('{id}'));
    expect(pages.length).toBeGreaterThan(3);
    const { _csrf = '' } = browser.fieldsOf(await browser.send('/ui/'), '/ui/keys');
    const wrong: string[] = [];
    for (const { method, path } of pages) {
      expect([method, path, parametersIn(path)]).toEqual([method, path, ['id']]);
      // A page takes one of these forms and no other.
      const forms: readonly Record<string, string>[] = [{ _csrf }, { _csrf, text: 'eyJ.e.i.c.t' }];
      const answersFor = (id: string): Promise<readonly string[]> =>
        Promise.all(
          forms.map(async (form) => {
            const address = filled(path, { id });
            const answer = await (method === 'GET' ? browser.send(address) : browser.submit(address, form));
            return `${answer.status} ${answer.headers['location']} ${answer.text.replaceAll(id, 'the id')}`;
          }),
        );
      const [foreign, missing] = [await answersFor(victim.key.id), await answersFor(randomUUIDv7())];
      if (!foreign.some((answer) => answer.startsWith('404 ')) || !foreign.every((answer) => answer.startsWith('4')))
        wrong.push(`${method} ${path}`);
      expect(foreign).toEqual(missing);
    }
    expect(wrong).toEqual([]);
  });

  it('gets nothing of a tenant with its versions, ciphertexts and tickets at keys of its own', async () => {
    const document = await documentNow();
    const victim = await victimOf();
    const secrets = await secretsOf(victim);
    const plaintext = Buffer.from('attack at dawn').toString('base64url');
    const keys = await keysOf(OWNER);
    /** A key of the attacker like that of the victim. */
    const ownLike = async ({ algorithm, use, origin }: Key): Promise<string> => {
      const body = { name: `own-${randomUUIDv7()}`, algorithm, use, origin };
      const made = await kms.send(KEYS, { method: 'POST', headers: attacker, body });
      return made.json<{ id: string }>().id;
    };
    const told: string[] = [];
    let asked = 0;
    for (const route of routesOf(document).filter(({ path }) => path.startsWith(`${KEYS}/{id}/`))) {
      const { method, path, operation } = route;
      const shown = (operation.parameters ?? []).find(({ name }) => name === 'id')?.example;
      const own = await ownLike(keys.find(({ id }) => id === shown) ?? victim.key);
      for (const body of bodiesOf(route)) {
        const fields = namingOf(route, document).flatMap((field) => {
          const value = NAMING[field]?.(victim, 'elastic-keys');
          return field.startsWith('body ') && value !== undefined && !path.endsWith('/batch') ? [[field.slice(5), value] as const] : [];
        });
        const hostile = body === undefined ? undefined : { ...body, ...Object.fromEntries(fields) };
        const { status, text } = await kms.send(filled(path, { id: own, kid: victim.version, grant: victim.grant }), {
          method,
          headers: attacker,
          ...(hostile === undefined ? {} : { body: hostile }),
        });
        asked += 1;
        if (/\{(kid|grant)\}/.test(path) && status !== 404) told.push(`${method} ${path}: ${status}`);
        if (status >= 500 || /"valid":true/.test(text)) told.push(`${method} ${path}: ${status} ${text}`);
        const untold = JSON.stringify(hostile ?? {}).includes(plaintext) ? secrets : [...secrets, plaintext];
        told.push(...untold.filter((secret) => text.includes(secret)).map((secret) => `${method} ${path}: ${secret}`));
      }
    }
    expect(told).toEqual([]);
    expect(asked).toBeGreaterThan(30);
  });
});

describe('a key of another tenant', () => {
  it('is never in a list, whatever the filter', async () => {
    const key = await keyNamed('demo-encryption-key');
    for (const query of ['', '?name=demo-encryption-key', '?limit=100', '?sort=-created_at', '?label=env']) {
      const { items } = (await kms.send(`${KEYS}${query}`, { headers: THEIRS })).json<{ items: Key[] }>();
      expect(items.map((item) => item.id)).not.toContain(key.id);
    }
  });

  it('keeps its data to itself also when the ciphertext is known', async () => {
    const key = await keyNamed('demo-encryption-key');
    const sealed = (await kms.send(`${KEYS}/${key.id}/encrypt`, { method: 'POST', headers: OURS, body: { plaintext: 'aGVsbG8' } })).json<
      Record<string, string>
    >();
    const [name, jwe] = Object.entries(sealed).find(([, value]) => value.split('.').length === 5) ?? ['', ''];
    expect(jwe).not.toBe('');
    const { items } = (await kms.send(KEYS, { headers: THEIRS })).json<{ items: Key[] }>();
    const own = items.find((item) => item.name === 'demo-other-encryption-key')?.id;
    const response = await kms.send(`${KEYS}/${own}/decrypt`, { method: 'POST', headers: THEIRS, body: { [name]: jwe } });
    expect(response.status).toBe(400);
    expect(response.json()).toMatchObject({ code: 'decryption-failed' });
  });

  it('cannot be reached with a token whose claims name both tenants', async () => {
    const tenants = await kms.tenants();
    const key = await keyNamed('demo-encryption-key');
    const token = await house.issuer.token(tenants['demo-other'] ?? '', {
      claims: { tenant: tenants['demo'], tenants: [tenants['demo']] },
    });
    expect((await kms.send(`${KEYS}/${key.id}`, { headers: bearer(token) })).status).toBe(404);
  });
});
