import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyApi } from '#client/kms/key.ts';
import { answerOf, kmsApi, type KmsApi } from '#client/kms/kms.ts';
import { basic } from '#client/session/authorization.ts';
import { createSession } from '#client/session/session.ts';
import { type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

let house: KmsHouse;
let running: RunningKms;
let kms: KmsApi;

beforeAll(async () => {
  house = await kmsHouse();
  running = await runKms(house);
  const url = `${running.url}/service/api/v1/`;
  const session = createSession({ client: await house.client() });
  kms = kmsApi({ url, session, authorization: basic('demo-tenant-admin', 'demo-tenant-admin-password') });
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await house?.[Symbol.asyncDispose]();
});

const create = (name = `key-${randomUUIDv7()}`) => kms.invoke('createElasticKey', { body: { name, algorithm: 'A256GCM/A256KW' } });

describe('The API of the KMS', () => {
  it('gives back the body of an operation that succeeds, whatever its status of success', async () => {
    const made = await create();
    await expect(kms.invoke('readElasticKey', { path: { id: made.id } })).resolves.toEqual(made);
  });

  it('throws the Problem Details of an operation that is refused', async () => {
    await expect(kms.invoke('readElasticKey', { path: { id: randomUUIDv7() } })).rejects.toMatchObject({
      code: 'unexpected-answer',
      message: expect.stringMatching(/^kms: GET \/elastic-keys\/[0-9a-f-]{36} answered 404, not 200$/),
      cause: { code: 'elastic-key-not-found' },
    });
  });

  it('lets no member of a path leave its place', async () => {
    await expect(kms.invoke('readElasticKey', { path: { id: '../elastic-keys?limit=1' } })).rejects.toMatchObject({
      cause: { code: 'request-invalid' },
    });
  });

  it('reads every page of a list, in the order that was asked for', async () => {
    const [first, second] = [await create(), await create()];
    const key = keyApi(kms, first.id);
    for (let version = 2; version <= 102; version += 1) await key.rotate();
    expect((await key.versions()).map(({ version }) => version)).toEqual(Array.from({ length: 102 }, (_, index) => 102 - index));
    const names = (await kms.all('listElasticKeys', { query: { sort: '-name' } })).map(({ name }) => name);
    expect(names).toEqual(names.toSorted().toReversed());
    expect(names).toEqual(expect.arrayContaining([first.name, second.name]));
  });

  it('lists the elastic keys that have all labels that were asked for', async () => {
    const [team, env] = [randomUUIDv7(), randomUUIDv7()];
    const body = { name: `key-${randomUUIDv7()}`, algorithm: 'A256KW', labels: { team, env } };
    const { id, labels } = await kms.invoke('createElasticKey', { body });
    expect(labels).toEqual({ team, env });
    const found = async (...label: string[]) => (await kms.all('listElasticKeys', { query: { label } })).map((key) => key.id);
    expect(await found(`team:${team}`, `env:${env}`)).toEqual([id]);
    expect(await found(`team:${team}`, `env:${team}`)).toEqual([]);
  });

  it('finds an elastic key by its name, and nothing under a name that nobody has', async () => {
    const { id, name } = await create();
    expect((await kms.elasticKeyNamed(name))?.id).toBe(id);
    expect(await kms.elasticKeyNamed(`key-${randomUUIDv7()}`)).toBeUndefined();
  });

  it('hands a refusal over as an answer where that is asked for', async () => {
    expect(answerOf(await kms.call('POST', '/elastic-keys', { name: 'no algorithm' }))).toBe('400 request-invalid');
  });
});
