import { createHash, createPublicKey, generateKeyPairSync, randomBytes, randomUUIDv7, sign, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import type { AlgorithmName } from '#kms/jose/algorithms.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';
import { writeTenantRow } from '#test/support/written-rows.ts';

const idOf = async (kms: TestKms, algorithm: AlgorithmName): Promise<string> => (await kms.make(algorithm)).id;

describe.each(databaseKinds())('Signatures over bytes, and MACs, on %s', (kind) => {
  it('hold for the version that made them, also after a rotation, until it is below the lowest that processes', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { crypto, caller } = kms;
    const [signer, mac] = [await idOf(kms, 'ES256:raw'), await idOf(kms, 'HS256:raw')];
    const payload = randomBytes(40);
    const signed = await crypto.signRaw(caller, signer, { message: { payload } });
    const made = await crypto.mac(caller, mac, { payload });
    const check = async (kids: { readonly signer: string; readonly mac: string }) => [
      (await crypto.verifyRaw(caller, signer, { message: { payload }, signature: signed.signature, kid: kids.signer })).isValid,
      (await crypto.macVerify(caller, mac, { payload, mac: made.mac, kid: kids.mac })).isValid,
    ];
    const kids = { signer: signed.materialKeyId, mac: made.materialKeyId };
    expect(await check(kids)).toEqual([true, true]);
    const [newSigner, newMac] = [await kms.materialKeys.rotate(caller, signer), await kms.materialKeys.rotate(caller, mac)];
    expect(await check(kids)).toEqual([true, true]);
    expect(await check({ signer: newSigner.id, mac: newMac.id })).toEqual([false, false]);
    expect((await crypto.mac(caller, mac, { payload })).materialKeyId).toBe(newMac.id);
    for (const id of [signer, mac]) await kms.elasticKeys.change(caller, id, { minDecryptionVersion: 2 });
    expect(await check(kids)).toEqual([false, false]);
  });

  it('of an unknown, a foreign and an impossible kid are refused like a wrong one, each with one look into the database', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    let looks = 0;
    const { tenant } = kms.caller;
    const caller = { ...kms.caller, tenant: { ...tenant, database: () => ((looks += 1), tenant.database()) } };
    const { crypto } = kms;
    const [signer, other] = [await idOf(kms, 'Ed25519:raw'), await idOf(kms, 'Ed25519:raw')];
    const payload = randomBytes(40);
    const { signature, materialKeyId: kid } = await crypto.signRaw(caller, signer, { message: { payload } });
    const foreign = await crypto.signRaw(caller, other, { message: { payload } });
    const claims = [
      { signature: foreign.signature, kid },
      { signature, kid: foreign.materialKeyId },
      { signature, kid: randomUUIDv7() },
      { signature, kid: "' or 1=1 --" },
      { signature, kid: 'x'.repeat(36) },
      { signature: null, kid },
      { signature: new Uint8Array(), kid },
      { signature: signature.subarray(1), kid },
    ];
    for (const claim of claims) {
      looks = 0;
      expect(await crypto.verifyRaw(caller, signer, { message: { payload }, ...claim })).toMatchObject({ isValid: false });
      expect(looks).toBe(1);
    }
    looks = 0;
    expect(await crypto.verifyRaw(caller, signer, { message: { payload }, signature, kid })).toMatchObject({ isValid: true });
    expect(looks).toBe(0);
  });

  it('are made by no key for JWS, and a key for them makes no JWS and is in no JWK Set', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { crypto, caller } = kms;
    const refused = { code: 'operation-not-allowed', status: 409 };
    const payload = Buffer.from(`${encodeBase64url('{"alg":"ES256"}')}.${encodeBase64url('{"sub":"root"}')}`);
    for (const algorithm of ['ES256', 'HS256', 'PS256:2048', 'Ed25519', 'ML-DSA-44'] as const) {
      const [forJws, forBytes] = [await idOf(kms, algorithm), await idOf(kms, `${algorithm}:raw`)];
      await expect(crypto.signRaw(caller, forJws, { message: { payload } })).rejects.toMatchObject(refused);
      await expect(crypto.mac(caller, forJws, { payload })).rejects.toMatchObject(refused);
      await expect(crypto.sign(caller, forBytes, { payload })).rejects.toMatchObject(refused);
      await expect(crypto.verify(caller, forBytes, { jws: 'x' })).rejects.toMatchObject(refused);
      // What a key may do can be made less later, and never another thing.
      for (const [id, operations] of [
        [forJws, ['sign', algorithm === 'HS256' ? 'mac' : 'sign-raw']],
        [forBytes, ['sign']],
      ] as const)
        await expect(kms.elasticKeys.change(caller, id, { operations })).rejects.toMatchObject({ code: 'operation-not-of-algorithm' });
      expect((await kms.materialKeys.jwks(caller, forBytes)).keys).toEqual([]);
      const [version] = (await kms.materialKeys.list(caller, forBytes)).items;
      expect(version?.publicJwk?.alg).toBeUndefined();
      expect(version?.publicJwk?.use).toBeUndefined();
    }
    const [mac, signer] = [await idOf(kms, 'HS512:raw'), await idOf(kms, 'ES512:raw')];
    await expect(crypto.signRaw(caller, mac, { message: { payload } })).rejects.toMatchObject(refused);
    await expect(crypto.mac(caller, signer, { payload })).rejects.toMatchObject(refused);
  });

  it('are of a use that is bound into the key material: a row that names the other one makes no JWS', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const id = await idOf(kms, 'ES256:raw');
    const { db } = await kms.database(kms.tenantId);
    const row = await db.selectFrom('elastic_keys').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    expect(row.algorithm).toBe('ES256:raw');
    // With a right tag, so that the wrapping alone refuses it.
    const rows = kms.rows.of(kms.tenantId);
    const changed = rows.next('elastic_keys', row, { algorithm: 'ES256', operations: '["sign","verify"]' });
    await writeTenantRow(db, rows, 'elastic_keys', changed);
    await expect(kms.crypto.sign(kms.caller, id, { payload: randomBytes(3) })).rejects.toMatchObject({ code: 'key-material-damaged' });
  });

  it('of the public key of a version are verified by anybody, and so is what anybody signed for it', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { crypto, caller } = kms;
    const id = await idOf(kms, 'ES384:raw');
    const payload = randomBytes(100);
    for (const encoding of [undefined, 'der', 'p1363'] as const) {
      const made = await crypto.signRaw(caller, id, { message: { payload }, ...(encoding && { encoding }) });
      expect(made.encoding).toBe(encoding ?? 'der');
      const { publicJwk } = await kms.materialKeys.read(caller, id, made.materialKeyId);
      const key = createPublicKey({ key: { ...publicJwk }, format: 'jwk' });
      const dsaEncoding = encoding === 'p1363' ? 'ieee-p1363' : 'der';
      expect(verify('sha384', payload, { key, dsaEncoding }, made.signature)).toBe(true);
    }
    const stranger = sign('sha384', payload, generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey);
    const [version] = (await kms.materialKeys.list(caller, id)).items;
    expect(await crypto.verifyRaw(caller, id, { message: { payload }, signature: stranger, kid: version?.id ?? '' })).toMatchObject({
      isValid: false,
    });
  });

  it('are not made of what does not fit the algorithm, and the field is named', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { crypto, caller } = kms;
    const ids = {
      ec: await idOf(kms, 'ES256:raw'),
      ed: await idOf(kms, 'EdDSA:raw'),
      mlDsa: await idOf(kms, 'ML-DSA-44:raw'),
      rsa: await idOf(kms, 'RS384:2048:raw'),
    };
    const payload = randomBytes(10);
    const digest = createHash('sha384').update(payload).digest();
    for (const [id, input, code, field] of [
      [ids.ec, { message: { digest: randomBytes(32) } }, 'digest-not-of-algorithm', '/digest'],
      [ids.ed, { message: { digest: randomBytes(64) } }, 'digest-not-of-algorithm', '/digest'],
      [ids.mlDsa, { message: { digest: randomBytes(64) } }, 'digest-not-of-algorithm', '/digest'],
      [ids.rsa, { message: { digest: randomBytes(32) } }, 'digest-length-invalid', '/digest'],
      [ids.rsa, { message: { digest: new Uint8Array() } }, 'digest-length-invalid', '/digest'],
      [ids.rsa, { message: { payload }, encoding: 'der' }, 'encoding-not-of-algorithm', '/encoding'],
      [ids.ed, { message: { payload }, encoding: 'p1363' }, 'encoding-not-of-algorithm', '/encoding'],
    ] as const) {
      const refused = { code, status: 400, fields: [{ field }] };
      await expect(crypto.signRaw(caller, id, input)).rejects.toMatchObject(refused);
      await expect(crypto.verifyRaw(caller, id, { ...input, signature: randomBytes(64), kid: 'x' })).rejects.toMatchObject(refused);
    }
    const made = await crypto.signRaw(caller, ids.rsa, { message: { digest } });
    const claim = { signature: made.signature, kid: made.materialKeyId };
    expect(await crypto.verifyRaw(caller, ids.rsa, { ...claim, message: { payload } })).toMatchObject({ isValid: true });
    expect(await crypto.verifyRaw(caller, ids.rsa, { ...claim, message: { digest } })).toMatchObject({ isValid: true });
  });

  it('are not made by an expired or suspended key, and an expired one still verifies', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { crypto, caller } = kms;
    const id = await idOf(kms, 'HS384:raw');
    const payload = randomBytes(10);
    const { mac, materialKeyId: kid } = await crypto.mac(caller, id, { payload });
    const expiresAt = kms.clock.now + 1_000;
    await kms.elasticKeys.change(caller, id, { expiresAt });
    kms.clock.now = expiresAt;
    await expect(crypto.mac(caller, id, { payload })).rejects.toMatchObject({ code: 'elastic-key-expired' });
    expect(await crypto.macVerify(caller, id, { payload, mac, kid })).toMatchObject({ isValid: true });
    await kms.elasticKeys.change(caller, id, { state: 'suspended' });
    await expect(crypto.macVerify(caller, id, { payload, mac, kid })).rejects.toMatchObject({ code: 'elastic-key-suspended' });
  });
});
