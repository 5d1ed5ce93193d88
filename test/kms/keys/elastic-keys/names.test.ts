import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '#kms/caller.ts';
import { keyRoutes } from '#test/kms/support/key-routes.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

const name = () => `key-${randomUUIDv7()}`;
const plaintext = new TextEncoder().encode('attack at dawn');

/** The same caller, whose way to his database is counted. */
const countedCaller = ({ caller }: TestKms): { readonly caller: Caller; readonly looks: () => number } => {
  let looks = 0;
  const database = () => {
    looks += 1;
    return caller.tenant.database();
  };
  return { caller: { ...caller, tenant: { ...caller.tenant, database } }, looks: () => looks };
};

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(() => pki[Symbol.asyncDispose]());

describe.each(databaseKinds())('An elastic key by its name on %s', (kind) => {
  it('is the one by its id, in every act', async () => {
    await using databases = await withDatabases(kind);
    const { elasticKeys, materialKeys, crypto, caller, make } = await testKms(databases);
    const [encrypting, wrapping, signing] = [await make('A256GCM/A256KW'), await make('A256KW'), await make('ES256')];
    expect(await elasticKeys.read(caller, encrypting.name)).toEqual(encrypting);
    expect(await elasticKeys.change(caller, encrypting.name, { description: 'by name' })).toMatchObject({ id: encrypting.id });
    const rotated = await materialKeys.rotate(caller, encrypting.name);
    expect(rotated).toMatchObject({ elasticKeyId: encrypting.id, version: 2 });
    expect(await materialKeys.list(caller, encrypting.name)).toEqual(await materialKeys.list(caller, encrypting.id));
    expect(await materialKeys.read(caller, encrypting.name, rotated.id)).toEqual(rotated);
    expect(await materialKeys.jwks(caller, signing.name)).toEqual(await materialKeys.jwks(caller, signing.id));
    const { jwe } = await crypto.encrypt(caller, encrypting.name, { plaintext });
    const moved = await crypto.rewrap(caller, encrypting.name, { jwe });
    expect(await crypto.decrypt(caller, encrypting.id, { jwe: moved.jwe })).toEqual(await crypto.decrypt(caller, encrypting.name, { jwe }));
    const data = await crypto.generate(caller, encrypting.name, { bits: 128 });
    expect(Buffer.from(await crypto.decrypt(caller, encrypting.id, data))).toEqual(data.dataKey);
    const wrapped = await crypto.wrap(caller, wrapping.name, { key: plaintext });
    expect(Buffer.from(await crypto.unwrap(caller, wrapping.name, wrapped))).toEqual(Buffer.from(plaintext));
    const { jws } = await crypto.sign(caller, signing.name, { payload: plaintext });
    expect(await crypto.verify(caller, signing.name, { jws })).toMatchObject({ valid: true });
  });

  it('is not found by a name that it no longer has, and another is by the name that it took over', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { elasticKeys, crypto, caller } = kms;
    const [first, second] = [await kms.make('A256GCM/A256KW'), await kms.make('A256GCM/A256KW')];
    const kidBy = async (key: string) => (await crypto.encrypt(caller, key, { plaintext })).materialKeyId;
    const [kidOfFirst, kidOfSecond] = [await kidBy(first.name), await kidBy(second.name)];
    await elasticKeys.change(caller, first.name, { name: name() });
    const missing = { code: 'elastic-key-not-found', status: 404 };
    await expect(kidBy(first.name)).rejects.toMatchObject(missing);
    await expect(elasticKeys.read(caller, first.name)).rejects.toMatchObject(missing);
    await elasticKeys.change(caller, second.name, { name: first.name });
    expect(await kidBy(first.name)).toBe(kidOfSecond);
    expect(await elasticKeys.read(caller, first.name)).toMatchObject({ id: second.id });
    expect(await kidBy(first.id)).toBe(kidOfFirst);
  });

  it('asks the database no more than by its id', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('ES256');
    const { caller, looks } = countedCaller(kms);
    const looksFor = async (named: string): Promise<number> => {
      const before = looks();
      await kms.crypto.sign(caller, named, { payload: plaintext });
      return looks() - before;
    };
    expect(await looksFor(key.name)).toBe(2);
    expect([await looksFor(key.name), await looksFor(key.id)]).toEqual([0, 0]);
    // At the end of the lease the policy is read again, and the name with it.
    kms.clock.elapsed += 250;
    expect([await looksFor(key.name), await looksFor(key.name)]).toEqual([1, 0]);
  });

  it('of another tenant, or of no key, is answered as an id that never was', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const key = await kms.make('ES256');
    const answers = async (named: string) =>
      Promise.all([
        routes.foreign('GET', named),
        routes.foreign('PATCH', named, { state: 'suspended' }),
        routes.foreign('POST', `${named}/material-keys`),
        routes.foreign('GET', `${named}/material-keys/${randomUUIDv7()}`),
        routes.foreign('POST', `${named}/sign`, { payload: 'AAAA' }),
      ]).then((all) => all.map(({ status, body }) => ({ status, body })));
    const missing = await answers(randomUUIDv7());
    for (const { status, body } of missing) expect([status, body['code']]).toEqual([404, 'elastic-key-not-found']);
    for (const named of [key.name, name(), randomUUID(), randomUUIDv7().toUpperCase(), 'n'.repeat(128), 'constructor'])
      expect(await answers(named)).toEqual(missing);
    expect(await routes.call('GET', key.name)).toMatchObject({ status: 200, body: { id: key.id } });
  });

  it('cannot be one that somebody could take for an id', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    await using routes = await keyRoutes(kms, pki);
    const key = await kms.make('ES256');
    for (const like of [randomUUIDv7(), randomUUID(), key.id.toUpperCase(), '00000000-0000-0000-0000-000000000000']) {
      const refusal = { status: 400, body: { code: 'name-like-id', errors: [{ field: '/name', fix: 'Choose another name.' }] } };
      expect(await routes.call('POST', '', { name: like, algorithm: 'ES256' })).toMatchObject(refusal);
      expect(await routes.call('PATCH', key.name, { name: like })).toMatchObject(refusal);
    }
    expect((await kms.elasticKeys.list(kms.caller)).items).toEqual([key]);
    const close = `${key.id.slice(0, -1)}g`;
    expect(await routes.call('PATCH', key.id, { name: close })).toMatchObject({ status: 200, body: { name: close } });
    expect(await routes.call('GET', close)).toMatchObject({ status: 200, body: { id: key.id } });
  });
});
