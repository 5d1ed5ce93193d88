import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { REVOCATION_REASONS } from '#kms/keys/material-keys/material-key.states.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { hastyKms } from '#test/kms/support/hasty-kms.ts';
import { testKms } from '#test/support/kms-keys.ts';

const failed = { code: 'decryption-failed', status: 400 };

describe.each(databaseKinds())('A revoked material key on %s', (kind) => {
  it('of the newest version protects nothing, and nothing else does until the elastic key is rotated', async () => {
    await using databases = await withDatabases(kind);
    const { crypto, lifeCycle, materialKeys, caller, make, clock } = await hastyKms(databases);
    const { id } = await make('A256GCM/A256KW');
    const first = await crypto.encrypt(caller, id, { plaintext: randomBytes(8) });
    const second = await materialKeys.rotate(caller, id);
    const plaintext = randomBytes(8);
    const { jwe } = await crypto.encrypt(caller, id, { plaintext });
    clock.now += 5;

    const revoked = await lifeCycle.revokeVersion(caller, id, second.id, { reason: 'key-compromise', comment: 'seen in a log' });
    const revocation = { revokedAt: clock.now, reason: 'key-compromise', comment: 'seen in a log', allowsProcessing: false };
    expect(revoked).toEqual({ ...second, protections: 1_024, revision: expect.any(Number), state: 'compromised', revocation });
    expect(await materialKeys.read(caller, id, second.id)).toEqual(revoked);
    const refusal = { code: 'no-version-protects', status: 409, fix: expect.stringContaining('Rotate') };
    await expect(crypto.encrypt(caller, id, { plaintext })).rejects.toMatchObject(refusal);
    await expect(crypto.generate(caller, id, { bits: 128 })).rejects.toMatchObject(refusal);
    await expect(crypto.rewrap(caller, id, { jwe: first.jwe })).rejects.toMatchObject(refusal);
    await expect(crypto.decrypt(caller, id, { jwe })).rejects.toMatchObject(failed);
    expect(await crypto.decrypt(caller, id, { jwe: first.jwe })).toHaveLength(8);

    const third = await materialKeys.rotate(caller, id);
    expect((await crypto.encrypt(caller, id, { plaintext })).materialKeyId).toBe(third.id);
    expect((await materialKeys.list(caller, id)).items.map(({ state }) => state)).toEqual(['active', 'compromised', 'deactivated']);
    await expect(crypto.decrypt(caller, id, { jwe })).rejects.toMatchObject(failed);
  });

  it('opens and verifies on where the revocation allows it', async () => {
    await using databases = await withDatabases(kind);
    const { crypto, lifeCycle, materialKeys, caller, make } = await hastyKms(databases);
    const [aes, es256] = [(await make('A256KW')).id, (await make('ES256')).id];
    const { jwe } = await crypto.wrap(caller, aes, { key: Buffer.from('a key of 16 byte') });
    const { jws, materialKeyId } = await crypto.sign(caller, es256, { payload: randomBytes(8) });
    const wrapping = (await materialKeys.list(caller, aes)).items[0]?.id ?? '';
    await lifeCycle.revokeVersion(caller, aes, wrapping, { reason: 'key-compromise', allowsProcessing: true });
    await lifeCycle.revokeVersion(caller, es256, materialKeyId, { reason: 'superseded', allowsProcessing: true });
    expect(Buffer.from(await crypto.unwrap(caller, aes, { jwe })).toString()).toBe('a key of 16 byte');
    expect(await crypto.verify(caller, es256, { jws })).toMatchObject({ valid: true });
    await expect(crypto.wrap(caller, aes, { key: randomBytes(16) })).rejects.toMatchObject({ code: 'no-version-protects' });
    await expect(crypto.sign(caller, es256, { payload: randomBytes(8) })).rejects.toMatchObject({ code: 'no-version-protects' });
  });

  it('never allows again what it forbade, takes away more, and says its newest reason', async () => {
    await using databases = await withDatabases(kind);
    const { lifeCycle, materialKeys, caller, make, clock } = await hastyKms(databases);
    const { id } = await make('A256GCM/A256KW');
    const kid = (await materialKeys.list(caller, id)).items[0]?.id ?? '';
    const revokedAt = clock.now;
    await lifeCycle.revokeVersion(caller, id, kid, { reason: 'superseded', allowsProcessing: true });
    clock.now += 1000;
    const { revocation } = await lifeCycle.revokeVersion(caller, id, kid, { reason: 'key-compromise' });
    expect(revocation).toEqual({ revokedAt, reason: 'key-compromise', comment: '', allowsProcessing: false });
    const loosened = lifeCycle.revokeVersion(caller, id, kid, { reason: 'superseded', allowsProcessing: true });
    await expect(loosened).rejects.toMatchObject({ code: 'revocation-final', status: 409 });
    expect((await materialKeys.read(caller, id, kid)).revocation).toEqual(revocation);
    for (const reason of REVOCATION_REASONS) {
      expect((await lifeCycle.revokeVersion(caller, id, kid, { reason })).revocation?.reason).toBe(reason);
    }
  });

  it('does not verify as a compromised one, whatever is asked for', async () => {
    await using databases = await withDatabases(kind);
    const { crypto, lifeCycle, caller, make } = await hastyKms(databases);
    const { id } = await make('ES256');
    const { jws, materialKeyId } = await crypto.sign(caller, id, { payload: randomBytes(8) });
    const asked = lifeCycle.revokeVersion(caller, id, materialKeyId, { reason: 'key-compromise', allowsProcessing: true });
    await expect(asked).rejects.toMatchObject({ code: 'processing-of-compromised', status: 400, fields: [{ field: '/allow_processing' }] });
    expect(await crypto.verify(caller, id, { jws })).toMatchObject({ valid: true });
  });

  it('is refused like any other input, and all processing where no version is left, the same for every input', async () => {
    await using databases = await withDatabases(kind);
    const { crypto, lifeCycle, caller, materialKeys, make } = await hastyKms(databases);
    const { id } = await make('ES256');
    const { jws, materialKeyId } = await crypto.sign(caller, id, { payload: randomBytes(8) });
    const { id: second } = await materialKeys.rotate(caller, id);
    await lifeCycle.revokeVersion(caller, id, materialKeyId, { reason: 'unspecified' });
    expect(await crypto.verify(caller, id, { jws })).toEqual({ valid: false });
    await lifeCycle.revokeVersion(caller, id, second, { reason: 'unspecified' });
    for (const input of [jws, 'no form', `${jws}x`]) {
      await expect(crypto.verify(caller, id, { jws: input })).rejects.toMatchObject({ code: 'no-version-processes', status: 409 });
    }
  });

  it('is not in the JWK Set any more unless it verifies; one to encrypt to is out of it in any case', async () => {
    await using databases = await withDatabases(kind);
    const { lifeCycle, materialKeys, caller, make } = await hastyKms(databases);
    const publishedBy = async (algorithm: 'ES256' | 'A256GCM/ECDH-ES:P-256', allowsProcessing: boolean) => {
      const { id } = await make(algorithm);
      const { id: kid } = await materialKeys.rotate(caller, id);
      await lifeCycle.revokeVersion(caller, id, kid, { reason: 'superseded', allowsProcessing });
      return (await materialKeys.jwks(caller, id)).keys.some((key) => key.kid === kid);
    };
    expect(await publishedBy('ES256', true)).toBe(true);
    expect(await publishedBy('ES256', false)).toBe(false);
    expect(await publishedBy('A256GCM/ECDH-ES:P-256', true)).toBe(false);
  });

  it('is not known in another replica either, from the answer on', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { id } = await kms.make('A256GCM/A256KW');
    const replica = await kms.replica();
    const { jwe, materialKeyId } = await replica.crypto.encrypt(replica.caller, id, { plaintext: randomBytes(8) });
    await kms.materialKeys.rotate(kms.caller, id);
    expect(await replica.crypto.decrypt(replica.caller, id, { jwe })).toHaveLength(8);
    await kms.lifeCycle.revokeVersion(kms.caller, id, materialKeyId, { reason: 'privilege-withdrawn' });
    kms.clock.elapsed += 250;
    await expect(replica.crypto.decrypt(replica.caller, id, { jwe })).rejects.toMatchObject(failed);
  });

  it('is one that there is: another id, or one of another elastic key, is not found', async () => {
    await using databases = await withDatabases(kind);
    const { lifeCycle, materialKeys, caller, otherCaller, make } = await hastyKms(databases);
    const [mine, other] = [await make('ES256'), await make('ES256')];
    const kid = (await materialKeys.list(caller, other.id)).items[0]?.id ?? '';
    for (const id of [kid, randomUUIDv7()]) {
      const refused = lifeCycle.revokeVersion(caller, mine.id, id, { reason: 'unspecified' });
      await expect(refused).rejects.toMatchObject({ code: 'material-key-not-found', status: 404 });
    }
    const foreign = lifeCycle.revokeVersion(otherCaller, other.id, kid, { reason: 'unspecified' });
    await expect(foreign).rejects.toMatchObject({ code: 'elastic-key-not-found', status: 404 });
    expect((await materialKeys.read(caller, other.id, kid)).state).toBe('active');
  });
});
