import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Validator } from '@seriousme/openapi-schema-validator';
import { KEPT_MS } from '#kms/demo/kept-examples.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly example?: string }[];
  readonly requestBody?: {
    readonly content: Readonly<
      Record<string, { readonly example?: object; readonly examples?: Readonly<Record<string, { readonly value: object }>> }>
    >;
  };
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly securitySchemes: { readonly basic: { description: string } } };
}

/** The id in examples that are of no key. */
const NOBODYS = '01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47';
/** The id in examples that are of no tenant. */
const NO_TENANTS = '9b2f7c1e-4d0a-4f6b-8c3d-5e7f90a1b2c3';

const admin = basic('demo-admin', 'demo-admin-password');

let house: KmsHouse;
let kms: RunningKms;

beforeAll(async () => {
  // All operations, again and again, from one address.
  house = await kmsHouse({ change: (config) => void (config.server.rate_limit.max = 10_000) });
  kms = await runKms(house);
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const documentOf = async (from: RunningKms): Promise<Document> => (await from.send('/openapi.json')).json<Document>();

const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ method, path, operation })));

/** The examples of a body, by name. */
const bodiesOf = ({ requestBody }: Operation) => {
  const { example, examples = example === undefined ? {} : { '': { value: example } } } = requestBody?.content['application/json'] ?? {};
  return Object.entries(examples).map(([name, { value }]) => ({ name, value }));
};

const pathOf = (path: string, { parameters = [] }: Operation): string =>
  path.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => parameters.find((each) => each.in === 'path' && each.name === name)?.example ?? 'no-example',
  );

/** Asks for every operation as its examples say, or as its first one does. */
const executeAll = async (document: Document, { which }: { readonly which: 'first' | 'all' }) => {
  const answers: { readonly operation: string; readonly status: number; readonly json: Record<string, unknown> }[] = [];
  for (const { method, path, operation } of operationsOf(document)) {
    const bodies = bodiesOf(operation);
    const chosen = bodies.length === 0 ? [{ name: '', value: undefined }] : which === 'all' ? bodies : bodies.slice(0, 1);
    for (const { name, value } of chosen) {
      const answer = await kms.send(pathOf(path, operation), {
        method: method.toUpperCase(),
        headers: admin,
        ...(value === undefined ? {} : { body: value as Record<string, unknown> }),
      });
      answers.push({
        operation: `${operation.operationId ?? path} ${name}`,
        status: answer.status,
        json: answer.text === '' ? {} : answer.json<Record<string, unknown>>(),
      });
    }
  }
  return answers;
};

/** Those that are no success, and batches with an item that is none. */
const failed = (answers: Awaited<ReturnType<typeof executeAll>>) =>
  answers.filter(({ operation, status, json }) => {
    const items = operation.includes('Batch') ? (json['items'] as readonly { readonly status: number }[] | undefined) : undefined;
    return [status, ...(items ?? []).map((item) => item.status)].some((each) => each < 200 || each > 299);
  });

/** Without examples and without what the demo says of its accounts. */
const bare = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) => (name === 'example' || name === 'examples' ? [] : [[name, bare(each)]])),
  );
};

describe('the examples of the API of a KMS with a demo', () => {
  it('succeed at every operation as the first of each says, and again after what that suspended and rotated', async () => {
    for (const round of ['first', 'second', 'third']) {
      const answers = await executeAll(await documentOf(kms), { which: 'first' });
      expect([round, failed(answers)]).toEqual([round, []]);
      expect(answers.length).toBeGreaterThan(18);
    }
  });

  it('succeed however often they are asked for from one document, but for a second key or tenant of the same name, a second import and a second deletion or revocation', async () => {
    const document = await documentOf(kms);
    expect(failed(await executeAll(document, { which: 'all' }))).toEqual([]);
    expect(failed(await executeAll(document, { which: 'all' })).map(({ operation, status }) => [operation, status])).toEqual([
      ['createElasticKey demo', 409],
      ['readGrant ', 404],
      ['revokeGrant ', 404],
      ['importKey demo', 409],
      ['deleteApiKey ', 404],
      ['createTenant demo', 409],
    ]);
  });

  it('open and verify to the same text that the examples of encrypt and sign hold', async () => {
    const answers = await executeAll(await documentOf(kms), { which: 'first' });
    const answerOf = (operation: string) => answers.find((each) => each.operation.startsWith(`${operation} `))?.json;
    const attack = Buffer.from('attack at dawn').toString('base64url');
    expect(answerOf('decrypt')).toMatchObject({ plaintext: attack });
    expect(answerOf('verify')).toMatchObject({ valid: true, payload: attack });
    expect(answerOf('unwrap')).toMatchObject({ key: attack });
    expect(answerOf('readMaterialKey')).toMatchObject({ public_jwk: { alg: 'ES256' } });
    expect(answerOf('changeElasticKey')).toMatchObject({ name: 'demo-suspension-key', state: 'suspended' });
  });

  it('are made once for all who read the document within half a minute, and anew once somebody imported', async () => {
    const bodiesIn = (document: Document) =>
      Object.fromEntries(operationsOf(document).map(({ operation }) => [operation.operationId, bodiesOf(operation)[0]?.value]));
    const first = await documentOf(kms);
    const others = await Promise.all(Array.from({ length: 20 }, () => documentOf(kms)));
    const { createElasticKey: _, createTenant: __, createRealmUser: ___, ...made } = bodiesIn(first);
    for (const other of others) expect(bodiesIn(other)).toMatchObject(made);
    expect(failed(await executeAll(first, { which: 'first' }))).toEqual([]);
    expect(bodiesIn(await documentOf(kms))['importKey']).not.toEqual(made['importKey']);
  });

  it('are there again as soon as the KMS is unsealed', async () => {
    await kms.sendAdmin('/admin/v1/seal', { method: 'POST' });
    const examplesOfImport = async () =>
      operationsOf(await documentOf(kms)).flatMap(({ operation }) => (operation.operationId === 'importKey' ? bodiesOf(operation) : []));
    const sealed = (await examplesOfImport()).map(({ name }) => name);
    for (const file of house.config.unseal.share_files)
      await kms.sendAdmin('/admin/v1/unseal', { method: 'POST', body: { share: await readFile(file, 'utf8') } });
    const unsealed = (await examplesOfImport()).map(({ name }) => name);
    expect([sealed.includes('demo'), unsealed.includes('demo')]).toEqual([false, true]);
  });

  it('follow a reset of the demo', async () => {
    const before = await documentOf(kms);
    const { reset_id: reset } = (await kms.sendAdmin('/admin/v1/demo/reset', { method: 'POST', body: {} })).json<{ reset_id: string }>();
    await kms.sendAdmin(`/admin/v1/demo/reset/${reset}/commit`, { method: 'POST' });
    const [old] = failed(await executeAll(before, { which: 'first' }));
    expect(old).toMatchObject({ status: 404 });
    const answer = await kms.send('/openapi.json');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(failed(await executeAll(answer.json<Document>(), { which: 'first' }))).toEqual([]);
  });

  it('stand in a valid document, which is the one without a demo but for them and the accounts to log in with', async () => {
    const document = await documentOf(kms);
    expect((await new Validator().validate(structuredClone(document) as unknown as Record<string, unknown>)).errors ?? []).toEqual([]);
    await using otherHouse = await kmsHouse();
    await using other = await runKms(otherHouse, { demo: false });
    const general = await documentOf(other);
    const accounts = document.components.securitySchemes.basic.description;
    expect(accounts).toContain('| `demo-user` | `demo-user-password` | user |');
    expect(accounts).toContain('never for real data');
    expect(accounts).not.toContain('demo-other-user');
    expect(general.components.securitySchemes.basic.description).not.toContain('demo');
    document.components.securitySchemes.basic.description = general.components.securitySchemes.basic.description;
    expect(bare(document)).toEqual(bare(general));
    const ids = operationsOf(general).flatMap(({ operation: { parameters = [] } }) =>
      parameters.flatMap((each) => (each.in === 'path' ? (each.example ?? []) : [])),
    );
    expect(new Set(ids)).toEqual(new Set([NOBODYS, NO_TENANTS]));
    const page = await other.send('/ui/swagger/');
    expect(page.text).not.toContain('demo');
  });

  it('are general for a key that a visitor renamed or suspended, and the document is there all the same', async () => {
    await using ownHouse = await kmsHouse();
    let later = 0;
    await using own = await runKms(ownHouse, { elapsed: () => performance.now() + later });
    const first = await documentOf(own);
    const idIn = (document: Document, operationId: string) =>
      operationsOf(document).find(({ operation }) => operation.operationId === operationId)?.operation.parameters?.[0]?.example;
    const change = (id: string | undefined, body: object) =>
      own.send(`/service/api/v1/elastic-keys/${id ?? ''}`, { method: 'PATCH', headers: admin, body: body as Record<string, unknown> });
    expect((await change(idIn(first, 'encrypt'), { name: 'mine' })).status).toBe(200);
    expect((await change(idIn(first, 'sign'), { state: 'suspended' })).status).toBe(200);
    later = KEPT_MS;
    const document = await documentOf(own);
    expect(idIn(document, 'encrypt')).toBe(NOBODYS);
    expect(idIn(document, 'sign')).toBe(idIn(first, 'sign'));
    const bodies = (operationId: string) =>
      bodiesOf(operationsOf(document).find(({ operation }) => operation.operationId === operationId)?.operation ?? {});
    expect([bodies('decrypt'), bodies('verify')]).toEqual([[], []]);
    expect(bodies('unwrap')).toHaveLength(1);
  });
});
