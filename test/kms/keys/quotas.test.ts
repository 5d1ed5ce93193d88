import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { USUAL_QUOTAS } from '#kms/keys/elastic-keys/quotas.ts';
import { createKeys } from '#kms/keys/keys.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { insufficientScope } from '#test/support/kms-caller.ts';
import { testKms } from '#test/support/kms-keys.ts';

describe.each(databaseKinds())('A tenant on %s', (kind) => {
  it('has no more elastic keys than its quota, whatever others have, and what was refused left nothing', async () => {
    await using databases = await withDatabases(kind);
    const { barrier, rows, clock, caller, otherCaller } = await testKms(databases);
    const { elasticKeys } = createKeys({
      barrier,
      rows,
      insufficientScope,
      now: () => clock.now,
      quotas: { ...USUAL_QUOTAS, elasticKeys: 2 },
    });
    const make = (by = caller) => elasticKeys.create(by, { name: `key-${randomUUIDv7()}`, algorithm: 'A256KW' });
    await make();
    await make();
    await expect(make()).rejects.toMatchObject({
      code: 'elastic-keys-quota',
      status: 409,
      message: expect.stringContaining('2 elastic keys'),
      fix: expect.stringContaining('quotas.elastic_keys'),
    });
    expect((await elasticKeys.list(caller)).items).toHaveLength(2);
    await make(otherCaller);
  });

  it('makes room for another elastic key by destroying one; the record of that counts among the versions', async () => {
    await using databases = await withDatabases(kind);
    const { barrier, rows, clock, caller } = await testKms(databases);
    const { elasticKeys, lifeCycle, destruction } = createKeys({
      barrier,
      rows,
      insufficientScope,
      now: () => clock.now,
      quotas: { ...USUAL_QUOTAS, elasticKeys: 1, versionsOfTenant: 2 },
    });
    const make = () => elasticKeys.create(caller, { name: `key-${randomUUIDv7()}`, algorithm: 'A256KW' });
    const destroy = async ({ id }: { readonly id: string }) => {
      await lifeCycle.scheduleDeletion(caller, id, { waitDays: 1 });
      clock.now += 86_400_000;
      await destruction.elasticKey(caller.tenant, id);
    };
    await destroy(await make());
    await destroy(await make());
    await expect(make()).rejects.toMatchObject({ code: 'versions-of-tenant-quota', status: 409 });
  });

  it('has no more versions of a key in use than its quota, in its JWK Set neither, until old ones are given up, and in its whole life no more than another', async () => {
    await using databases = await withDatabases(kind);
    const { barrier, rows, clock, caller } = await testKms(databases);
    const { elasticKeys, materialKeys } = createKeys({
      barrier,
      rows,
      insufficientScope,
      now: () => clock.now,
      quotas: { ...USUAL_QUOTAS, versions: 3, versionsEver: 5 },
    });
    const { id } = await elasticKeys.create(caller, { name: `key-${randomUUIDv7()}`, algorithm: 'ES256' });
    await materialKeys.rotate(caller, id);
    await materialKeys.rotate(caller, id);
    await expect(materialKeys.rotate(caller, id)).rejects.toMatchObject({
      code: 'versions-quota',
      status: 409,
      message: expect.stringContaining('3 versions'),
      fix: expect.stringContaining('min_decryption_version'),
    });
    expect(await elasticKeys.read(caller, id)).toMatchObject({ latestVersion: 3 });
    expect((await materialKeys.jwks(caller, id)).keys).toHaveLength(3);
    await elasticKeys.change(caller, id, { minDecryptionVersion: 2 });
    expect(await materialKeys.rotate(caller, id)).toMatchObject({ version: 4 });
    expect((await materialKeys.jwks(caller, id)).keys).toHaveLength(3);
    await elasticKeys.change(caller, id, { minDecryptionVersion: 4 });
    expect(await materialKeys.rotate(caller, id)).toMatchObject({ version: 5 });
    await expect(materialKeys.rotate(caller, id)).rejects.toMatchObject({
      code: 'versions-ever-quota',
      status: 409,
      message: expect.stringContaining('5 versions'),
      fix: expect.stringContaining('quotas.versions_ever'),
    });
    expect(await elasticKeys.read(caller, id)).toMatchObject({ latestVersion: 5 });
  });

  it('has no more versions of all its keys together than its quota, by a new key and by a rotation, whatever others have', async () => {
    await using databases = await withDatabases(kind);
    const { barrier, rows, clock, caller, otherCaller } = await testKms(databases);
    const { elasticKeys, materialKeys } = createKeys({
      barrier,
      rows,
      insufficientScope,
      now: () => clock.now,
      quotas: { ...USUAL_QUOTAS, versionsOfTenant: 4 },
    });
    const make = (by = caller) => elasticKeys.create(by, { name: `key-${randomUUIDv7()}`, algorithm: 'A256KW' });
    const refusal = {
      code: 'versions-of-tenant-quota',
      status: 409,
      message: expect.stringContaining('4 versions'),
      fix: expect.stringContaining('quotas.versions_of_tenant'),
    };
    const [one, two] = [await make(), await make()];
    await materialKeys.rotate(caller, one.id);
    await materialKeys.rotate(caller, two.id);
    await expect(materialKeys.rotate(caller, one.id)).rejects.toMatchObject(refusal);
    await expect(make()).rejects.toMatchObject(refusal);
    expect(await elasticKeys.read(caller, one.id)).toMatchObject({ latestVersion: 2 });
    expect((await materialKeys.list(caller, one.id)).items).toHaveLength(2);
    expect((await elasticKeys.list(caller)).items).toHaveLength(2);
    await materialKeys.rotate(otherCaller, (await make(otherCaller)).id);
  });
});
