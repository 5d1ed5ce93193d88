import {
  createPrivateKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
  randomBytes,
  randomUUIDv7,
} from 'node:crypto';
import { compactDecrypt, CompactEncrypt, CompactSign, importJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { algorithmOf, type AlgorithmName } from '#kms/jose/algorithms.ts';
import { viewOf } from '#kms/jose/encoding/base64url.ts';
import type { Jwk } from '#kms/jose/received/forms/read-jwk.ts';
import type { KeyFormat } from '#kms/jose/received/receive-key.ts';
import { unwrapPadded } from '#kms/jose/transport/aes-key-wrap-padded.ts';
import type { ElasticKey } from '#kms/keys/elastic-keys/elastic-key.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';

const x25519 = generateKeyPairSync('x25519');
const jwkOf = (key: KeyObject): Jwk => ({ ...key.export({ format: 'jwk' }) });
const recipient = jwkOf(x25519.publicKey);

const exportable = (kms: TestKms, algorithm: string, more: object = {}): Promise<ElasticKey> =>
  kms.elasticKeys.create(kms.caller, { name: `key-${randomUUIDv7()}`, algorithm, exportable: true, ...more });

/** What the recipient finds in what was exported for him. */
const opened = async (wrapped: string, privateKey: KeyObject = x25519.privateKey): Promise<Uint8Array> =>
  (await compactDecrypt(wrapped, privateKey, { keyManagementAlgorithms: ['ECDH-ES+A256KW'] })).plaintext;

describe.each(databaseKinds())('An exportable elastic key on %s', (kind) => {
  it('gives the version that is asked for, the newest where none is, to its recipient alone', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await exportable(kms, 'A256GCM/A256KW');
    const plaintext = randomBytes(20);
    const old = await kms.crypto.encrypt(kms.caller, key.id, { plaintext });
    const { id } = await kms.materialKeys.rotate(kms.caller, key.id);
    const newest = await kms.transfer.export(kms.caller, key.name, { recipient });
    const first = await kms.transfer.export(kms.caller, key.id, { recipient, materialKeyId: old.materialKeyId });
    expect(newest).toMatchObject({ materialKeyId: id, version: 2, format: 'raw', wrapping: 'ECDH_ES_A256KW' });
    expect(first).toMatchObject({ materialKeyId: old.materialKeyId, version: 1 });
    const secret = createSecretKey(await opened(first.wrappedKey));
    expect(Buffer.from((await compactDecrypt(old.jwe, secret)).plaintext)).toEqual(plaintext);
    await expect(opened(newest.wrappedKey, generateKeyPairSync('x25519').privateKey)).rejects.toThrow('decryption operation failed');
  });

  it('goes to another elastic key, wrapped from end to end, and opens there what it protected here', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await exportable(kms, 'A256GCM/ECDH-ES+A256KW');
    const plaintext = randomBytes(20);
    const { jwe, materialKeyId } = await kms.crypto.encrypt(kms.caller, key.id, { plaintext });
    // A tenant has no two versions of one id; another tenant, as another KMS, may have the same.
    const there = await kms.elasticKeys.create(kms.otherCaller, {
      name: 'brought',
      algorithm: 'A256GCM/ECDH-ES+A256KW',
      origin: 'external',
    });
    for (const wrapping of ['RSA_AES_KEY_WRAP_SHA_256', 'ECDH_ES_A256KW'] as const) {
      const { transportKeyId, publicJwk } = await kms.transfer.importParameters(kms.otherCaller, there.id, { wrapping });
      const { wrappedKey, ...made } = await kms.transfer.export(kms.caller, key.id, { recipient: { ...publicJwk } });
      expect(made).toMatchObject({ wrapping, format: 'pkcs8' });
      const id = wrapping === 'ECDH_ES_A256KW' ? randomUUIDv7() : materialKeyId;
      const version = await kms.transfer.import(kms.otherCaller, there.id, { transportKeyId, wrappedKey, materialKeyId: id });
      expect(version.publicJwk).toMatchObject({ kty: 'EC', kid: id });
    }
    expect(Buffer.from(await kms.crypto.decrypt(kms.otherCaller, there.id, { jwe }))).toEqual(plaintext);
  });

  it('stays where it is unless it was made exportable, which no change makes it', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await kms.make('A256KW');
    const refused = { code: 'elastic-key-not-exportable', status: 409 };
    await expect(kms.transfer.export(kms.caller, key.id, { recipient })).rejects.toMatchObject(refused);
    const wished = { description: 'mine', exportable: true };
    await kms.elasticKeys.change(kms.caller, key.id, wished);
    await expect(kms.transfer.export(kms.caller, key.id, { recipient })).rejects.toMatchObject(refused);
    const { db } = await kms.database(kms.tenantId);
    await db.updateTable('elastic_keys').set({ exportable: 1 }).where('id', '=', key.id).execute();
    kms.clock.elapsed += 60_000;
    await expect(kms.transfer.export(kms.caller, key.id, { recipient })).rejects.toMatchObject({ code: 'row-damaged', status: 503 });
    const theirs = kms.transfer.export(kms.otherCaller, key.id, { recipient });
    await expect(theirs).rejects.toMatchObject({ code: 'elastic-key-not-found', status: 404 });
  });

  it('gives nothing while it is suspended, pending import or expired, and no version that is revoked, below its minimum or of another key', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await exportable(kms, 'ES256');
    const [first] = (await kms.materialKeys.list(kms.caller, key.id)).items;
    const second = await kms.materialKeys.rotate(kms.caller, key.id);
    const ask = (materialKeyId?: string) =>
      kms.transfer.export(kms.caller, key.id, { recipient, ...(materialKeyId !== undefined && { materialKeyId }) });
    await kms.elasticKeys.change(kms.caller, key.id, { minDecryptionVersion: 2 });
    await expect(ask(first?.id)).rejects.toMatchObject({ code: 'material-key-below-minimum', status: 409 });
    const [stranger] = (await kms.materialKeys.list(kms.caller, (await exportable(kms, 'ES256')).id)).items;
    await expect(ask(stranger?.id)).rejects.toMatchObject({ code: 'material-key-not-found', status: 404 });
    await kms.lifeCycle.revokeVersion(kms.caller, key.id, second.id, { reason: 'key-compromise' });
    await expect(ask()).rejects.toMatchObject({ code: 'no-version-protects', status: 409 });
    await expect(ask(second.id)).rejects.toMatchObject({ code: 'material-key-not-found' });
    await kms.elasticKeys.change(kms.caller, key.id, { state: 'suspended' });
    await expect(ask()).rejects.toMatchObject({ code: 'elastic-key-suspended', status: 409 });
    const expiring = await exportable(kms, 'ES256', { expiresAt: kms.clock.now + 1_000 });
    const askExpiring = () => kms.transfer.export(kms.caller, expiring.id, { recipient });
    expect(await askExpiring()).toMatchObject({ version: 1 });
    kms.clock.now += 1_000;
    await expect(askExpiring()).rejects.toMatchObject({ code: 'elastic-key-expired', status: 409 });
    const pending = await exportable(kms, 'ES256', { origin: 'external' });
    const refused = kms.transfer.export(kms.caller, pending.id, { recipient });
    await expect(refused).rejects.toMatchObject({ code: 'elastic-key-pending-import', status: 409 });
  });
});

/** Bytes of a PKCS#8 that holds the seed of ML-DSA and nothing else of it. @see RFC 9881 appendix C.1 */
const SEED_IN_PKCS8 = 54;

/** A key for jose of what was exported, and what that says of itself. */
const readBy = {
  pkcs8: async (bytes: Uint8Array) => ({ key: createPrivateKey({ key: viewOf(bytes), format: 'der', type: 'pkcs8' }), facts: {} }),
  raw: async (bytes: Uint8Array) => ({ key: createSecretKey(bytes), facts: {} }),
  jwk: async (bytes: Uint8Array) => {
    const { kid, alg, use, ...jwk } = JSON.parse(Buffer.from(bytes).toString()) as JWK;
    return { key: await importJWK({ ...jwk, alg } as JWK), facts: { kid, alg, use } };
  },
} as const satisfies Record<KeyFormat, unknown>;

describe('An exported key', () => {
  it.each<[string, AlgorithmName, KeyFormat]>([
    ['PKCS#8', 'ES384', 'pkcs8'],
    ['PKCS#8', 'EdDSA', 'pkcs8'],
    ['PKCS#8, which is its seed', 'ML-DSA-44', 'pkcs8'],
    ['JWK', 'ES256', 'jwk'],
    ['JWK', 'RS256:2048', 'jwk'],
    ['JWK', 'ML-DSA-65', 'jwk'],
    ['JWK', 'HS256', 'jwk'],
    ['raw bytes', 'HS384', 'raw'],
  ])('comes as %s of %s, with which jose signs what we verify', async (_, name, format) => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    const { key: type, base } = algorithmOf(name);
    const key = await exportable(kms, base, type.kind === 'pair' && type.size !== null ? { keySize: type.size } : {});
    const exported = await kms.transfer.export(kms.caller, key.id, { recipient, format });
    const { materialKeyId: kid } = exported;
    const bytes = await opened(exported.wrappedKey);
    const theirs = await readBy[format](bytes);
    expect(theirs.facts).toEqual(format === 'jwk' ? { kid, alg: base, use: 'sig' } : {});
    const payload = randomBytes(9);
    const jws = await new CompactSign(payload).setProtectedHeader({ alg: base, kid }).sign(theirs.key);
    expect(await kms.crypto.verify(kms.caller, key.id, { jws })).toMatchObject({ valid: true, materialKeyId: kid });
    expect([exported.format, bytes.length]).toEqual([format, name === 'ML-DSA-44' ? SEED_IN_PKCS8 : bytes.length]);
  });

  it('is wrapped by RSA-OAEP and AES-KWP for a recipient with a key of RSA', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    const key = await exportable(kms, 'A256GCM/dir');
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const made = await kms.transfer.export(kms.caller, key.id, { recipient: { ...jwkOf(publicKey), alg: 'RSA-OAEP-256' } });
    expect(made.wrapping).toBe('RSA_AES_KEY_WRAP_SHA_256');
    const bytes = Buffer.from(made.wrappedKey, 'base64url');
    const aesKey = privateDecrypt({ key: privateKey, oaepHash: 'sha256' }, bytes.subarray(0, 256));
    const secret = createSecretKey(unwrapPadded(aesKey, bytes.subarray(256)) ?? new Uint8Array(1));
    const jwe = await new CompactEncrypt(Buffer.from('theirs'))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: made.materialKeyId })
      .encrypt(secret);
    expect(String(Buffer.from(await kms.crypto.decrypt(kms.caller, key.id, { jwe })))).toBe('theirs');
    const jwk = await kms.transfer.export(kms.caller, key.id, { recipient, format: 'jwk' });
    expect(JSON.parse(Buffer.from(await opened(jwk.wrappedKey)).toString())).toMatchObject({ kty: 'oct', alg: 'A256GCM', use: 'enc' });
  });

  it('goes to no recipient whose key is weak, broken, private or for something else, and in no form that it has not', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    const [pair, symmetric] = [await exportable(kms, 'ES256'), await exportable(kms, 'A256KW')];
    const to = (jwk: Jwk) => kms.transfer.export(kms.caller, pair.id, { recipient: jwk });
    const small = jwkOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey);
    const field = { status: 400, fields: [{ field: '/recipient_jwk' }] };
    await expect(to(small)).rejects.toMatchObject({ code: 'key-weak', ...field });
    await expect(to(jwkOf(x25519.privateKey))).rejects.toMatchObject({ code: 'key-form-refused', ...field });
    await expect(to({ ...recipient, alg: 'ECDH-ES' })).rejects.toMatchObject({ code: 'key-of-another-kind', ...field });
    await expect(to({ ...recipient, x: 'A'.repeat(43) })).rejects.toMatchObject({ code: 'key-weak', ...field });
    const format = { code: 'format-not-of-key', status: 400, fields: [{ field: '/format' }] };
    await expect(kms.transfer.export(kms.caller, pair.id, { recipient, format: 'raw' })).rejects.toMatchObject(format);
    await expect(kms.transfer.export(kms.caller, symmetric.id, { recipient, format: 'pkcs8' })).rejects.toMatchObject(format);
  });
});
