import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const BASE = '/service/api/v1/elastic-keys';
const admin = basic('demo-tenant-admin', 'demo-tenant-admin-password');

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse();
  kms = await runKms(house);
});
afterAll(async () => {
  await kms?.[Symbol.asyncDispose]();
  await house?.[Symbol.asyncDispose]();
});

const quoted = () => `"${randomUUIDv7()}"`;
const create = (key: string, body: string, headers: Record<string, string> = admin) =>
  kms.send(BASE, { method: 'POST', headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key }, body });
const bodyOf = (name: string) => JSON.stringify({ name, algorithm: 'A256GCM/A256KW' });
const name = () => `key-${randomUUIDv7()}`;

describe('The header Idempotency-Key', () => {
  it('gets the same status, body and Location for a request that comes again, however its JSON is written', async () => {
    const [key, wanted] = [quoted(), name()];
    const first = await create(key, bodyOf(wanted));
    const again = await create(key, ` { "algorithm": "A256GCM/A256KW",\n "name": "${wanted}" } `);
    expect(first.status).toBe(201);
    expect([again.status, again.text, again.headers['location']]).toEqual([201, first.text, first.headers['location']]);
    const { id } = first.json<{ id: string }>();
    const rotate = () =>
      kms.send(`${BASE}/${id}/material-keys`, { method: 'POST', headers: { ...admin, 'idempotency-key': '"rotation"' } });
    const [one, other] = [await rotate(), await rotate()];
    expect([other.status, other.text, other.headers['location']]).toEqual([201, one.text, one.headers['location']]);
    expect((await kms.send(`${BASE}/${id}`, { headers: admin })).json()).toMatchObject({ latest_version: 2 });
  });

  it('belongs to one body and one route', async () => {
    const [key, wanted] = [quoted(), name()];
    const { id } = (await create(key, bodyOf(wanted))).json<{ id: string }>();
    const headers = { ...admin, 'idempotency-key': key };
    const others = [
      await create(key, bodyOf(name())),
      await kms.send(`${BASE}/${id}/material-keys`, { method: 'POST', headers }),
      await kms.send(`${BASE}/${id}`, { method: 'PATCH', headers, body: { name: wanted } }),
    ];
    for (const { status, text } of others) {
      expect(status).toBe(422);
      expect(JSON.parse(text)).toMatchObject({ code: 'idempotency-key-reused', errors: [{ field: 'header/idempotency-key' }] });
    }
    // Another caller of the same tenant.
    expect((await create(key, bodyOf(wanted), basic('demo-admin', 'demo-admin-password'))).status).toBe(409);
  });

  it('is asked for the scope of the act before it is answered', async () => {
    const [key, wanted] = [quoted(), name()];
    await create(key, bodyOf(wanted));
    expect((await create(key, bodyOf(wanted), basic('demo-user', 'demo-user-password'))).status).toBe(403);
  });

  it.each([
    ['no quotes', randomUUIDv7()],
    ['a key of no characters', '""'],
    ['a key of 129 characters', `"${'k'.repeat(129)}"`],
    ['a space', '"a b"'],
    ['an escape', '"a\\"b"'],
    ['two keys', '"a", "b"'],
    ['a parameter', '"a";b=1'],
  ])('is refused with %s', async (_, key) => {
    const answer = await create(key, bodyOf(name()));
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      code: 'request-invalid',
      errors: [{ field: 'header/idempotency-key', message: expect.stringContaining('in double quotes') }],
    });
  });

  it('is taken with 128 characters', async () => {
    expect((await create(`"${'k'.repeat(128)}"`, bodyOf(name()))).status).toBe(201);
  });

  it('stands in the description of every change, and of nothing else', async () => {
    const { paths } = (await kms.send('/openapi.json')).json<{
      paths: Record<string, Record<string, { operationId?: string; parameters?: { name: string; in: string; required?: boolean }[] }>>;
    }>();
    const taking = Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .filter(({ parameters = [] }) => parameters.some((each) => each.in === 'header' && each.name === 'Idempotency-Key'));
    expect(taking.map(({ operationId }) => operationId)).toEqual(
      expect.arrayContaining(['createElasticKey', 'changeElasticKey', 'rotateElasticKey']),
    );
    for (const { operationId, parameters = [] } of taking) {
      expect(operationId).not.toMatch(/^(read|list|encrypt|decrypt|sign|verify|wrap|unwrap|rewrap|generate)/);
      expect(parameters.find(({ name: each }) => each === 'Idempotency-Key')?.required ?? false).toBe(false);
    }
  });
});
