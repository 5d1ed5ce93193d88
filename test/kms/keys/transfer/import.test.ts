import { createPrivateKey, createPublicKey, createSecretKey, randomBytes, randomUUIDv7 } from 'node:crypto';
import { CompactEncrypt, compactDecrypt, compactVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import { viewOf } from '#kms/jose/encoding/base64url.ts';
import type { Act } from '#kms/action.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { createKeys } from '#kms/keys/keys.ts';
import { insufficientScope } from '#test/support/kms-caller.ts';
import type { Wrapping } from '#kms/jose/transport/wrappings.ts';
import type { ElasticKey } from '#kms/keys/elastic-keys/elastic-key.ts';
import { forgetTransportKeys } from '#kms/keys/transfer/forget-transport-keys.ts';
import { secretFor } from '#test/kms/jose/secrets.ts';
import { newPrivateKey, pkcs8Of } from '#test/kms/jose/received/made-keys.ts';
import { wrapFor } from '#test/kms/support/wrapped-keys.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';

/** Much faster to make than one of RSA. */
const FAST: Wrapping = 'ECDH_ES_A256KW';
const DAY_MS = 86_400_000;

const external = (kms: TestKms, algorithm: string, more: object = {}): Promise<ElasticKey> =>
  kms.elasticKeys.create(kms.caller, { name: `key-${randomUUIDv7()}`, algorithm, origin: 'external', ...more });

/** Imports a key as a caller does. */
const bring = async (kms: TestKms, { id }: Pick<ElasticKey, 'id'>, content: Uint8Array, more: object = {}, wrapping = FAST) => {
  const parameters = await kms.transfer.importParameters(kms.caller, id, { wrapping });
  const { transportKeyId } = parameters;
  return kms.transfer.import(kms.caller, id, { transportKeyId, wrappedKey: await wrapFor(parameters, content), ...more });
};

describe.each(databaseKinds())('An elastic key of external origin on %s', (kind) => {
  it('has no version until one is imported, and does nothing until then', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await external(kms, 'ES256');
    expect(key).toMatchObject({ state: 'pending-import', origin: 'external', exportable: false, latestVersion: 0 });
    expect(await kms.elasticKeys.read(kms.caller, key.name)).toEqual(key);
    expect((await kms.materialKeys.list(kms.caller, key.id)).items).toEqual([]);
    expect(await kms.materialKeys.jwks(kms.caller, key.id)).toEqual({ keys: [] });
    const pending = { code: 'elastic-key-pending-import', status: 409 };
    await expect(kms.crypto.sign(kms.caller, key.name, { payload: randomBytes(8) })).rejects.toMatchObject(pending);
    await expect(kms.materialKeys.rotate(kms.caller, key.id)).rejects.toMatchObject(pending);
    await expect(kms.elasticKeys.change(kms.caller, key.id, { state: 'active' })).rejects.toMatchObject(pending);
    await expect(kms.elasticKeys.change(kms.caller, key.id, { minDecryptionVersion: 2 })).rejects.toMatchObject(pending);
    expect(await kms.elasticKeys.change(kms.caller, key.id, { minDecryptionVersion: 1 })).toMatchObject({ minDecryptionVersion: 1 });

    kms.clock.now += 1_000;
    const version = await bring(kms, key, pkcs8Of(newPrivateKey('P-256')));
    expect(version).toMatchObject({ version: 1, state: 'active', elasticKeyId: key.id, createdAt: kms.clock.now });
    expect(await kms.elasticKeys.read(kms.caller, key.id)).toMatchObject({ state: 'active', latestVersion: 1, updatedAt: kms.clock.now });
    expect(await kms.materialKeys.read(kms.caller, key.id, version.id)).toEqual(version);
  });

  it('protects with what was imported last, opens what it protected before, and is never rotated by the KMS', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await external(kms, 'A256GCM/A256KW');
    const plaintext = randomBytes(20);
    const first = await bring(kms, key, randomBytes(32));
    const old = await kms.crypto.encrypt(kms.caller, key.id, { plaintext });
    const second = await bring(kms, key, randomBytes(32));
    const fresh = await kms.crypto.encrypt(kms.caller, key.id, { plaintext });
    expect([old.materialKeyId, fresh.materialKeyId]).toEqual([first.id, second.id]);
    for (const { jwe } of [old, fresh]) expect(Buffer.from(await kms.crypto.decrypt(kms.caller, key.id, { jwe }))).toEqual(plaintext);
    const { items } = await kms.materialKeys.list(kms.caller, key.id);
    expect(items.map(({ version, state }) => [version, state])).toEqual([
      [2, 'active'],
      [1, 'deactivated'],
    ]);
    await expect(kms.materialKeys.rotate(kms.caller, key.id)).rejects.toMatchObject({ code: 'elastic-key-external', status: 409 });
  });

  it('takes no import while it is suspended or once it has expired, and one of the KMS takes none at all', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const own = await kms.make('A256KW');
    const refused = { code: 'elastic-key-not-external', status: 409 };
    await expect(kms.transfer.importParameters(kms.caller, own.id)).rejects.toMatchObject(refused);
    const input = { transportKeyId: randomUUIDv7(), wrappedKey: 'AAAA' };
    await expect(kms.transfer.import(kms.caller, own.id, input)).rejects.toMatchObject(refused);

    const key = await external(kms, 'A256KW');
    await bring(kms, key, randomBytes(32));
    const parameters = await kms.transfer.importParameters(kms.caller, key.id, { wrapping: FAST });
    const again = { transportKeyId: parameters.transportKeyId, wrappedKey: await wrapFor(parameters, randomBytes(32)) };
    await kms.elasticKeys.change(kms.caller, key.id, { state: 'suspended' });
    await expect(kms.transfer.import(kms.caller, key.id, again)).rejects.toMatchObject({ code: 'elastic-key-suspended' });
    await kms.elasticKeys.change(kms.caller, key.id, { state: 'active', expiresAt: kms.clock.now + 10 });
    kms.clock.now += 10;
    await expect(kms.transfer.import(kms.caller, key.id, again)).rejects.toMatchObject({ code: 'elastic-key-expired' });
  });

  it('gives a version the id that it had elsewhere, so that what it protected there opens here', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [secret, kid] = [randomBytes(32), randomUUIDv7()];
    const jwe = await new CompactEncrypt(Buffer.from('from elsewhere'))
      .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid })
      .encrypt(createSecretKey(secret));
    const [key, other] = [await external(kms, 'A256GCM/A256KW'), await external(kms, 'A256GCM/A256KW')];
    expect(await bring(kms, key, secret, { materialKeyId: kid })).toMatchObject({ id: kid });
    expect(String(Buffer.from(await kms.crypto.decrypt(kms.caller, key.id, { jwe })))).toBe('from elsewhere');
    const taken = { code: 'material-key-id-taken', status: 409 };
    for (const each of [key, other]) await expect(bring(kms, each, secret, { materialKeyId: kid })).rejects.toMatchObject(taken);
    expect(await kms.elasticKeys.read(kms.caller, other.id)).toMatchObject({ state: 'pending-import', latestVersion: 0 });
  });

  it.each(['demo@example.org key 1', 'k'.repeat(128), '../schlüssel/①', randomUUIDv7().toUpperCase()])(
    'opens what it protected elsewhere under the kid %s, here and in a replica, until the version is revoked',
    async (kid) => {
      await using databases = await withDatabases(kind);
      const kms = await testKms(databases);
      const [secret, key] = [randomBytes(32), await external(kms, 'A256GCM/A256KW')];
      const jwe = await new CompactEncrypt(Buffer.from('from elsewhere'))
        .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid })
        .encrypt(createSecretKey(secret));
      const { id, importedKid } = await bring(kms, key, secret, { kid });
      expect(importedKid).toBe(kid);
      const replica = await kms.replica();
      const [here, there] = [
        () => kms.crypto.decrypt(kms.caller, key.id, { jwe }),
        () => replica.crypto.decrypt(replica.caller, key.id, { jwe }),
      ];
      for (const open of [here, here, there, there]) expect(String(Buffer.from(await open()))).toBe('from elsewhere');
      await bring(kms, key, randomBytes(32));
      expect(String(Buffer.from(await here()))).toBe('from elsewhere');
      await kms.lifeCycle.revokeVersion(kms.caller, key.id, id, { reason: 'key-compromise' });
      await expect(here()).rejects.toMatchObject({ code: 'decryption-failed' });
    },
  );

  it('takes one kid for one version of an elastic key, and for one of another', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [key, other] = [await external(kms, 'A256GCM/A256KW'), await external(kms, 'A256GCM/A256KW')];
    await bring(kms, key, randomBytes(32), { kid: 'one' });
    await expect(bring(kms, key, randomBytes(32), { kid: 'one' })).rejects.toMatchObject({ code: 'imported-kid-taken', status: 409 });
    await bring(kms, key, randomBytes(32), { kid: 'two' });
    await bring(kms, other, randomBytes(32), { kid: 'one' });
    expect((await kms.materialKeys.list(kms.caller, key.id)).items.map(({ importedKid }) => importedKid)).toEqual(['two', 'one']);
  });
});

describe.each(databaseKinds())('A transport key on %s', (kind) => {
  it('opens one key: a second import with it is refused, and so is the slower of two at once', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await external(kms, 'A256KW');
    const unknown = { code: 'transport-key-unknown', status: 409, fields: [{ field: '/transport_key_id' }] };
    const parameters = await kms.transfer.importParameters(kms.caller, key.id, { wrapping: FAST });
    const input = { transportKeyId: parameters.transportKeyId, wrappedKey: await wrapFor(parameters, randomBytes(32)) };
    const both = await Promise.allSettled([1, 2].map(() => kms.transfer.import(kms.caller, key.id, input)));
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({ reason: unknown });
    await expect(kms.transfer.import(kms.caller, key.id, input)).rejects.toMatchObject(unknown);
    expect((await kms.materialKeys.list(kms.caller, key.id)).items).toHaveLength(1);
  });

  it('is of one elastic key of one tenant, for a day', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [key, other] = [await external(kms, 'A256KW'), await external(kms, 'A256KW')];
    const parameters = await kms.transfer.importParameters(kms.caller, key.id, { wrapping: FAST });
    expect(parameters.expiresAt).toBe(kms.clock.now + DAY_MS);
    const input = { transportKeyId: parameters.transportKeyId, wrappedKey: await wrapFor(parameters, randomBytes(32)) };
    const unknown = { code: 'transport-key-unknown' };
    await expect(kms.transfer.import(kms.caller, other.id, input)).rejects.toMatchObject(unknown);
    const theirs = await kms.elasticKeys.create(kms.otherCaller, { name: key.name, algorithm: 'A256KW', origin: 'external' });
    await expect(kms.transfer.import(kms.otherCaller, theirs.id, input)).rejects.toMatchObject(unknown);
    await expect(kms.transfer.import(kms.otherCaller, key.id, input)).rejects.toMatchObject({ code: 'elastic-key-not-found', status: 404 });
    kms.clock.now += DAY_MS;
    await expect(kms.transfer.import(kms.caller, key.id, input)).rejects.toMatchObject(unknown);
    kms.clock.now -= 1;
    expect(await kms.transfer.import(kms.caller, key.id, input)).toMatchObject({ version: 1 });
  });

  it('opens nothing that was wrapped to another one, and lets its caller try again', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const key = await external(kms, 'A256KW');
    for (const wrapping of ['RSA_AES_KEY_WRAP_SHA_256', 'ECDH_ES_A256KW'] as const) {
      const own = await kms.transfer.importParameters(kms.caller, key.id, { wrapping });
      const stale = await kms.transfer.importParameters(kms.caller, key.id, { wrapping: FAST });
      const { transportKeyId } = own;
      const wrappedKey = await wrapFor(own, randomBytes(32));
      const unopened = { code: 'wrapped-key-unopened', status: 400, fields: [{ field: '/wrapped_key' }] };
      for (const text of [await wrapFor(stale, randomBytes(32)), wrappedKey.slice(1), `A${wrappedKey}`, 'AAAA'])
        await expect(kms.transfer.import(kms.caller, key.id, { transportKeyId, wrappedKey: text })).rejects.toMatchObject(unopened);
      const short = await wrapFor(own, randomBytes(16));
      await expect(kms.transfer.import(kms.caller, key.id, { transportKeyId, wrappedKey: short })).rejects.toMatchObject({
        code: 'key-of-another-kind',
        status: 400,
        fields: [{ field: '/wrapped_key', message: expect.stringContaining('16 bytes') }],
      });
      expect(await kms.transfer.import(kms.caller, key.id, { transportKeyId, wrappedKey })).toMatchObject({ state: 'active' });
    }
  });

  it('is gone from the database with its use or its day, and of more than sixteen the oldest goes', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const [key, other] = [await external(kms, 'A256KW'), await external(kms, 'A256KW')];
    const ids = async () => {
      const { db } = await kms.database(kms.tenantId);
      return (await db.selectFrom('transport_keys').select('id').orderBy('id').execute()).map(({ id }) => id);
    };
    await bring(kms, key, randomBytes(32));
    expect(await ids()).toEqual([]);
    const made: string[] = [];
    for (let count = 0; count < 17; count += 1) {
      kms.clock.now += 1;
      made.push((await kms.transfer.importParameters(kms.caller, key.id, { wrapping: FAST })).transportKeyId);
    }
    const { transportKeyId } = await kms.transfer.importParameters(kms.caller, other.id, { wrapping: FAST });
    expect(await ids()).toEqual([...made.slice(1), transportKeyId]);
    kms.clock.now += DAY_MS;
    const last = await kms.transfer.importParameters(kms.caller, other.id, { wrapping: FAST });
    expect(await ids()).toEqual([last.transportKeyId]);
    const tenants = { kept: async () => [kms.caller.tenant] as never };
    const job = forgetTransportKeys({ locks: databases.databases, tenants, rows: kms.rows, now: () => kms.clock.now });
    await job.run(new AbortController().signal);
    expect(await ids()).toEqual([last.transportKeyId]);
    kms.clock.now += DAY_MS;
    await job.run(new AbortController().signal);
    expect(await ids()).toEqual([]);
  });

  it('is refused where its row was put back after its use, moved to another elastic key or made to last', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { db } = await kms.database(kms.tenantId);
    const [key, other] = [await external(kms, 'A256KW'), await external(kms, 'A256KW')];
    const parameters = await kms.transfer.importParameters(kms.caller, key.id, { wrapping: FAST });
    const { transportKeyId } = parameters;
    const input = { transportKeyId, wrappedKey: await wrapFor(parameters, randomBytes(32)) };
    const damaged = { code: 'row-damaged', status: 503 };
    const row = await db.selectFrom('transport_keys').selectAll().executeTakeFirstOrThrow();
    for (const [changed, id] of [
      [{ expires_at: row.expires_at + DAY_MS }, key.id],
      [{ elastic_key_id: other.id }, other.id],
    ] as const) {
      await db.updateTable('transport_keys').set(changed).execute();
      await expect(kms.transfer.import(kms.caller, id, input)).rejects.toMatchObject(damaged);
      await db.updateTable('transport_keys').set(row).execute();
    }
    await kms.transfer.import(kms.caller, key.id, input);
    await db.insertInto('transport_keys').values(row).execute();
    await expect(kms.transfer.import(kms.caller, key.id, input)).rejects.toMatchObject(damaged);
  });
});

/** Of each family one algorithm; what RSA takes is as slow for all of its own. */
const EACH: readonly AlgorithmName[] = [
  'A256GCM/dir',
  'A128CBC-HS256/A192KW',
  'A192GCM/A256GCMKW',
  'A256GCM/RSA-OAEP-256:2048',
  'A256GCM/ECDH-ES:P-384',
  'A256GCM/ECDH-ES+A256KW:X25519',
  'A256KW',
  'HS512',
  'RS256:2048',
  'PS256:2048',
  'ES256',
  'ES512',
  'Ed25519',
  'ML-DSA-44',
  'ML-DSA-87',
];

/** A key for our service and, from the same secret, for jose. */
const brought = async (kms: TestKms, name: AlgorithmName) => {
  const algorithm = algorithmOf(name);
  const secret = await secretFor(algorithm);
  const { key: type, base } = algorithm;
  const isPair = type.kind === 'pair';
  const facts = isPair ? { ...(type.size && { keySize: type.size }), ...(type.curve && { curve: type.curve }) } : {};
  const key = await external(kms, base, facts);
  const version = await bring(kms, key, secret);
  const privateKey = isPair ? createPrivateKey({ key: viewOf(secret), format: 'der', type: 'pkcs8' }) : createSecretKey(secret);
  const publicKey = isPair ? createPublicKey(privateKey) : privateKey;
  return { key, version, algorithm, privateKey, publicKey };
};

describe('An imported key works as the one that was brought, which jose has, too,', () => {
  const text = randomBytes(40);
  const each = (use: string) => EACH.filter((name) => algorithmOf(name).use === use);

  it('when it signs', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    for (const name of each('sign')) {
      const { key, publicKey } = await brought(kms, name);
      const { jws } = await kms.crypto.sign(kms.caller, key.id, { payload: text });
      expect(Buffer.from((await compactVerify(jws, publicKey)).payload), name).toEqual(text);
    }
  });

  it('when it encrypts and decrypts, or wraps and unwraps', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    for (const name of [...each('encrypt'), ...each('wrap')]) {
      const { key, version, algorithm, privateKey, publicKey } = await brought(kms, name);
      const { header } = algorithm.jose as { header: { alg: string; enc: string } };
      const { crypto, caller } = kms;
      const theirs = await new CompactEncrypt(text).setProtectedHeader({ ...header, kid: version.id }).encrypt(publicKey);
      const [seal, open] = algorithm.use === 'wrap' ? [crypto.wrap, crypto.unwrap] : [crypto.encrypt, crypto.decrypt];
      expect(Buffer.from(await open(caller, key.id, { jwe: theirs })), name).toEqual(text);
      const { jwe } = await seal(caller, key.id, { plaintext: text, key: text });
      expect(Buffer.from((await compactDecrypt(jwe, privateKey)).plaintext), name).toEqual(text);
    }
  });

  it('in its public part', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    for (const name of ['PS256:2048', 'ES512', 'Ed25519', 'ML-DSA-65'] as const) {
      const { version, publicKey } = await brought(kms, name);
      expect(version.publicJwk, name).toMatchObject({ ...publicKey.export({ format: 'jwk' }), kid: version.id });
    }
  });
});

describe('Key material in the clear', () => {
  it('is zeroed once it is behind the barrier, and so is what opened it; where it is refused, too', async () => {
    await using databases = await withDatabases('sqlite');
    const kms = await testKms(databases);
    const { barrier, rows, clock, caller } = kms;
    const seen: Uint8Array[] = [];
    const watched: Barrier = {
      ...barrier,
      wrap: (of, secret) => {
        seen.push(secret);
        return barrier.wrap(of, secret);
      },
      unwrap: async (...of) => {
        const secret = await barrier.unwrap(...of);
        seen.push(secret);
        return secret;
      },
    };
    const keys = createKeys({ barrier: watched, rows, insufficientScope, now: () => clock.now });
    const key = await external(kms, 'A256KW');
    const parameters = await keys.transfer.importParameters(caller, key.id, { wrapping: FAST });
    const { transportKeyId } = parameters;
    for (const length of [16, 32]) {
      const wrappedKey = await wrapFor(parameters, randomBytes(length));
      await keys.transfer.import(caller, key.id, { transportKeyId, wrappedKey }).catch(() => null);
    }
    // The transport key as it was made and twice as it was opened, and the one key that was taken.
    expect(seen.map((secret) => secret.some((byte) => byte !== 0))).toEqual([false, false, false, false]);
    expect(await kms.elasticKeys.read(caller, key.id)).toMatchObject({ state: 'active', latestVersion: 1 });
  });

  it('is in no act: each import and export tells of the keys, and how it ended', async () => {
    await using databases = await withDatabases('sqlite');
    const { barrier, rows, clock, caller, elasticKeys } = await testKms(databases);
    const acts: Act[] = [];
    const keys = createKeys({ barrier, rows, insufficientScope, now: () => clock.now, emit: (act) => void acts.push(act) });
    const input = { name: `key-${randomUUIDv7()}`, algorithm: 'A256KW', origin: 'external', exportable: true } as const;
    const { id } = await elasticKeys.create(caller, input);
    const parameters = await keys.transfer.importParameters(caller, id, { wrapping: FAST });
    const [secret, { transportKeyId }] = [randomBytes(32), parameters];
    const wrappedKey = await wrapFor(parameters, secret);
    const version = await keys.transfer.import(caller, id, { transportKeyId, wrappedKey });
    const again = keys.transfer.import(caller, id, { transportKeyId, wrappedKey });
    await expect(again).rejects.toMatchObject({ code: 'transport-key-unknown' });
    const recipient = { ...newPrivateKey('x25519').export({ format: 'jwk' }), d: undefined };
    const exported = await keys.transfer.export(caller, id, { recipient });
    expect(
      acts.map(({ action, outcome, materialKeyId, target }) => [action.name, outcome, materialKeyId ?? target?.materialKeyId]),
    ).toEqual([
      ['elastic-key.import-parameters', 'done', undefined],
      ['material-key.import', 'done', version.id],
      ['material-key.import', 'refused', expect.any(String)],
      ['material-key.export', 'done', version.id],
    ]);
    const told = JSON.stringify(acts.map(({ action, target, outcome, materialKeyId }) => [action, target, outcome, materialKeyId]));
    for (const text of [wrappedKey, exported.wrappedKey, secret.toString('base64url'), secret.toString('hex')])
      expect(told).not.toContain(text);
  });
});
