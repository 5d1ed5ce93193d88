import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, bearer, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const OURS = basic('demo-tenant-admin', 'demo-tenant-admin-password');
const THEIRS = basic('demo-other-user', 'demo-other-user-password');

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse();
  kms = await runKms(house);
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

interface Key {
  readonly id: string;
  readonly name: string;
}
const keyNamed = async (name: string): Promise<Key> => {
  const { items } = (await kms.send(KEYS, { headers: OURS })).json<{ items: Key[] }>();
  const key = items.find((item) => item.name === name);
  if (key === undefined) throw new Error(`no key ${name}`);
  return key;
};

/** A body that each route would take from the owner, by the last part of its path. */
const BODIES: Readonly<Record<string, Record<string, unknown>>> = {
  encrypt: { plaintext: 'aGVsbG8' },
  decrypt: { ciphertext: 'eyJ.e.i.c.t' },
  sign: { payload: 'aGVsbG8' },
  verify: { jws: 'eyJ.p.s' },
  wrap: { key: 'aGVsbG8' },
  unwrap: { wrapped_key: 'eyJ.e.i.c.t' },
  rewrap: { ciphertext: 'eyJ.e.i.c.t' },
  generate: { bits: 256 },
  mac: { payload: 'aGVsbG8' },
  'mac-verify': { payload: 'aGVsbG8', mac: 'AAAA', material_key_id: randomUUIDv7() },
  'sign-raw': { payload: 'aGVsbG8' },
  'verify-raw': { payload: 'aGVsbG8', signature: 'AAAA', material_key_id: randomUUIDv7() },
  export: { recipient_jwk: { kty: 'OKP' } },
  import: { transport_key_id: randomUUIDv7(), wrapped_key: 'AAAA' },
  revoke: { reason: 'unspecified' },
  '{id}': { description: 'changed' },
};

/** The body of a batch has one of the operation, whose name stands before. */
const bodyFor = (path: readonly string[]): Record<string, unknown> => {
  const last = path.at(-1) ?? '';
  return last === 'batch' ? { items: [bodyFor(path.slice(0, -1))] } : (BODIES[last] ?? {});
};

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
}
interface Operation {
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** Every route of the service that names a key, with a body of the right form where it takes one. */
const routes = async () => {
  const { paths, components } = (await kms.send('/openapi.json')).json<Document>();
  const meant = ({ $ref, ...schema }: Schema): Schema =>
    $ref === undefined ? schema : (components.schemas[$ref.split('/').at(-1) ?? ''] ?? {});
  return Object.entries(paths)
    .filter(([path]) => path.startsWith(`${KEYS}/{`))
    .flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => {
        const { requestBody } = operation;
        if (requestBody === undefined) return { method: method.toUpperCase(), path };
        const { properties = {} } = meant(requestBody.content['application/json'].schema);
        const offered = Object.entries(bodyFor(path.split('/'))).filter(([name]) => Object.hasOwn(properties, name));
        return { method: method.toUpperCase(), path, body: Object.fromEntries(offered) };
      }),
    );
};

describe('a key of another tenant', () => {
  it('answers on every route exactly as one that does not exist: 404', async () => {
    const key = await keyNamed('demo-encryption-key');
    const versions = (await kms.send(`${KEYS}/${key.id}/material-keys`, { headers: OURS })).json<{ items: { id: string }[] }>().items;
    // Who may do everything, so that no scope is refused first.
    const token = await house.issuer.token((await kms.tenants())['demo-other'] ?? '', {
      claims: { scope: 'kms:read kms:write kms:crypto kms:admin', roles: ['admin'] },
    });
    const all = await routes();
    expect(all.length).toBeGreaterThan(10);
    for (const { path, ...request } of all) {
      const ask = (id: string, kid: string) =>
        kms.send(path.replace('{id}', id).replace(/\{(kid|material_key_id)\}/, kid), { ...request, headers: bearer(token) });
      const foreign = await ask(key.id, versions[0]?.id ?? '');
      const missing = await ask(randomUUIDv7(), randomUUIDv7());
      expect([request.method, path, foreign.status]).toEqual([request.method, path, 404]);
      expect(foreign.text).toBe(missing.text);
      expect(foreign.headers['www-authenticate']).toBeUndefined();
    }
  });

  it('is never in a list, whatever the filter', async () => {
    const key = await keyNamed('demo-encryption-key');
    for (const query of ['', '?name=demo-encryption-key', '?limit=100', '?sort=-created_at']) {
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
