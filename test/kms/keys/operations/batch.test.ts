import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { Attributes, Telemetry } from '#infra/telemetry/telemetry.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const BASE = '/service/api/v1/elastic-keys';
const OWNER = basic('demo-tenant-admin', 'demo-tenant-admin-password');
const OTHER = basic('demo-other-user', 'demo-other-user-password');
const base64url = (text: string) => Buffer.from(text).toString('base64url');

/** One item of an answer. */
interface Item {
  readonly reference?: string;
  readonly status: number;
  readonly problem?: { readonly code: string; readonly errors?: readonly { readonly field: string; readonly message: string }[] };
  readonly [member: string]: unknown;
}

const acts: Attributes[] = [];
const telemetry: Telemetry = {
  ...noTelemetry(),
  counter: (name) => (_, attributes) => {
    if (name === 'passthru.kms.acts' && attributes !== undefined) acts.push(attributes);
  },
};

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse();
  kms = await runKms(house, { telemetry });
});
afterAll(async () => {
  await kms?.[Symbol.asyncDispose]();
  await house?.[Symbol.asyncDispose]();
});

const post = (path: string, body: object | string, headers: Record<string, string> = OWNER) =>
  kms.send(`${BASE}${path}`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: body as never });
const make = async (algorithm: string): Promise<string> =>
  (await post('', { name: `key-${randomUUIDv7()}`, algorithm })).json<{ id: string }>().id;
const batch = async (id: string, operation: string, items: readonly unknown[]): Promise<readonly Item[]> => {
  const answer = await post(`/${id}/${operation}/batch`, { items });
  expect(answer.status, answer.text).toBe(200);
  return answer.json<{ items: readonly Item[] }>().items;
};
const members = (items: readonly Item[], name: string) => items.map((item) => item[name]);
const fieldsOf = ({ problem }: Item) => problem?.errors?.map(({ field }) => field);

describe('A batch', () => {
  it('of each operation gives in the order of its items what the operation alone gives', async () => {
    const texts = ['one', 'two', 'three'].map(base64url);
    const [encrypting, wrapping, signing] = [await make('A256GCM/A256KW'), await make('A256KW'), await make('ES256')];
    const encrypted = await batch(
      encrypting,
      'encrypt',
      texts.map((plaintext) => ({ reference: `of ${plaintext}`, plaintext, context: plaintext })),
    );
    expect(members(encrypted, 'reference')).toEqual(texts.map((text) => `of ${text}`));
    const toOpen = encrypted.map(({ ciphertext }, index) => ({ ciphertext, context: texts[index] }));
    expect(await batch(encrypting, 'decrypt', toOpen)).toEqual(texts.map((plaintext) => ({ status: 200, plaintext })));
    const renewed = await batch(encrypting, 'rewrap', toOpen);
    expect(members(renewed, 'material_key_id')).toEqual(members(encrypted, 'material_key_id'));
    const wrapped = await batch(
      wrapping,
      'wrap',
      texts.map((key) => ({ key })),
    );
    const unwrapped = await batch(
      wrapping,
      'unwrap',
      wrapped.map(({ wrapped_key: key }) => ({ wrapped_key: key })),
    );
    expect(unwrapped).toEqual(texts.map((key) => ({ status: 200, key })));
    const signed = await batch(
      signing,
      'sign',
      texts.map((payload) => ({ payload })),
    );
    const verified = await batch(signing, 'verify', [...signed.map(({ jws }) => ({ jws })), { jws: 'x.y.z' }]);
    expect(members(verified, 'payload')).toEqual([...texts, undefined]);
    expect(verified.at(-1)).toEqual({ status: 200, valid: false });
    const made = await batch(encrypting, 'generate', [{}, { bits: 512, return_plaintext: false }]);
    expect(made).toMatchObject([
      { status: 200, plaintext: expect.any(String) },
      { status: 200, ciphertext: expect.any(String) },
    ]);
    expect(made[1]).not.toHaveProperty('plaintext');
  });

  it('goes on where an item fails: each has the status and problem that it has alone, its fields by their place in the batch', async () => {
    const id = await make('A256GCM/A256KW');
    const plaintext = base64url('hello');
    const items = [
      { plaintext },
      { plaintext: '=' },
      { reference: 'unknown', plaintext, no_such_member: 1 },
      'text',
      null,
      { reference: 'r'.repeat(129), plaintext },
      { reference: 7, plaintext },
      { plaintext: 'A' },
      { reference: 'last', plaintext },
    ];
    const answered = await batch(id, 'encrypt', items);
    expect(members(answered, 'status')).toEqual([200, 400, 400, 400, 400, 400, 400, 400, 200]);
    expect(answered.map(({ problem }) => problem?.code)).toEqual([
      undefined,
      ...Array.from({ length: 6 }, () => 'request-invalid'),
      'base64url-invalid',
      undefined,
    ]);
    expect(answered.map(fieldsOf)).toEqual([
      undefined,
      ['/items/1/plaintext'],
      ['/items/2/no_such_member'],
      ['/items/3'],
      ['/items/4'],
      ['/items/5/reference'],
      ['/items/6/reference'],
      ['/items/7/plaintext'],
      undefined,
    ]);
    expect(members(answered, 'reference')).toEqual([
      undefined,
      undefined,
      'unknown',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'last',
    ]);
  });

  it('tells every failed decryption with the same problem, whatever the cause', async () => {
    const [id, other] = [await make('A256GCM/A256KW'), await make('A256GCM/A256KW')];
    const plaintext = base64url('hello');
    const [ours, bound] = await batch(id, 'encrypt', [{ plaintext }, { plaintext, context: 'one' }]);
    const [foreign] = await batch(other, 'encrypt', [{ plaintext }]);
    const ciphertext = String(ours?.['ciphertext']);
    const broken = [
      { ciphertext: `${ciphertext.slice(0, -2)}AA` },
      { ciphertext: 'no JWE' },
      { ciphertext: String(foreign?.['ciphertext']) },
      { ciphertext: String(bound?.['ciphertext']), context: 'two' },
    ];
    const [opened, ...refused] = await batch(id, 'decrypt', [{ ciphertext }, ...broken]);
    expect(opened).toEqual({ status: 200, plaintext });
    expect(refused).toHaveLength(broken.length);
    const alone = (await post(`/${id}/decrypt`, { ciphertext: 'no JWE' })).json();
    for (const item of refused) expect(item).toEqual({ status: 400, problem: alone });
  });

  it('is refused as the operation alone where the reason is none of an item: no such key, not ours, suspended, no credential', async () => {
    const id = await make('A256GCM/A256KW');
    const body = { plaintext: base64url('hello') };
    const items = { items: [body, body] };
    await kms.send(`${BASE}/${id}`, { method: 'PATCH', headers: OWNER, body: { state: 'suspended' } });
    const nobodys = randomUUIDv7();
    for (const [key, operation, headers, status] of [
      [nobodys, 'encrypt', OWNER, 404],
      [id, 'encrypt', OTHER, 404],
      [id, 'encrypt', OWNER, 409],
      [id, 'encrypt', {}, 401],
      ['no key', 'encrypt', OWNER, 400],
    ] as const) {
      const path = `/${encodeURIComponent(key)}/${operation}`;
      const [alone, many] = [await post(path, body, headers), await post(`${path}/batch`, items, headers)];
      expect([many.status, many.text]).toEqual([status, alone.text]);
    }
  });

  it('has 1 to 100 items, and the size of one body', async () => {
    const id = await make('A256GCM/A256KW');
    const item = { plaintext: base64url('hello') };
    expect(
      await batch(
        id,
        'encrypt',
        Array.from({ length: 100 }, (_, index) => ({ ...item, context: 'c', reference: `${index}` })),
      ),
    ).toHaveLength(100);
    for (const items of [[], Array.from({ length: 101 }, () => item)]) {
      const answer = await post(`/${id}/encrypt/batch`, { items });
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ code: 'request-invalid', errors: [{ field: '/items' }] });
    }
    const large = { plaintext: base64url('x'.repeat(300_000)) };
    expect(await batch(id, 'encrypt', [large, large])).toMatchObject([{ status: 200 }, { status: 200 }]);
    expect((await post(`/${id}/encrypt/batch`, { items: Array.from({ length: 6 }, () => large) })).status).toBe(413);
  });

  it('is kept by no cache, and is as many acts as it has items, each with its outcome', async () => {
    const id = await make('A256GCM/A256KW');
    acts.length = 0;
    const answer = await post(`/${id}/decrypt/batch`, { items: [{ ciphertext: 'x' }, { ciphertext: 'y' }, { ciphertext: 7 }] });
    expect(answer.headers['cache-control']).toBe('no-store');
    // The form of the third is wrong, so nothing was asked of the key.
    expect(acts).toEqual([
      { operation: 'decrypt', outcome: 'refused' },
      { operation: 'decrypt', outcome: 'refused' },
    ]);
  });

  it('counts as as many requests of its tenant as it has items', async () => {
    await using small = await kmsHouse({ change: (config) => void (config.quotas.requests.max = 50) });
    await using limited = await runKms(small, { elapsed: () => 0 });
    const { items } = (await limited.send(`${BASE}?name=demo-encryption-key`, { headers: OWNER })).json<{ items: { id: string }[] }>();
    const send = (count: number) =>
      limited.send(`${BASE}/${items[0]?.id}/encrypt/batch`, {
        method: 'POST',
        headers: OWNER,
        body: { items: Array.from({ length: count }, () => ({ plaintext: base64url('hello') })) },
      });
    expect((await send(40)).status).toBe(200);
    const refused = await send(10);
    expect([refused.status, refused.json<{ code: string }>().code]).toEqual([429, 'tenant-rate-limited']);
    // The refusal itself was one request.
    expect((await send(8)).status).toBe(200);
    expect((await send(1)).status).toBe(429);
  });

  it('is there for every operation on a key, and its items have the members of that operation', async () => {
    interface Schema {
      readonly $ref?: string;
      readonly properties: Readonly<Record<string, Schema & { readonly items: Schema }>>;
      readonly required?: readonly string[];
    }
    interface Operation {
      readonly operationId: string;
      readonly tags?: readonly string[];
      readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
    }
    const { paths, components } = (await kms.send('/openapi.json')).json<{
      paths: Record<string, Record<string, Operation>>;
      components: { schemas: Record<string, Schema> };
    }>();
    const meant = (schema: Schema | undefined): Schema | undefined =>
      schema?.$ref === undefined ? schema : components.schemas[schema.$ref.split('/').at(-1) ?? ''];
    const operations = Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .filter(({ tags = [] }) => tags.includes('Cryptography'));
    const bodyOf = (id: string) =>
      meant(operations.find(({ operationId }) => operationId === id)?.requestBody.content['application/json'].schema);
    const alone = operations.map(({ operationId }) => operationId).filter((id) => !id.endsWith('Batch'));
    expect(alone.length).toBeGreaterThan(11);
    for (const id of alone) {
      const item = meant(bodyOf(`${id}Batch`)?.properties['items']?.items);
      const { reference, ...rest } = item?.properties ?? {};
      expect([id, rest, item?.required]).toEqual([id, bodyOf(id)?.properties, bodyOf(id)?.required]);
      expect(reference).toMatchObject({ type: 'string', maxLength: 128 });
    }
  });
});
