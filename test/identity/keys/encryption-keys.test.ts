import { createCipheriv, randomBytes } from 'node:crypto';
import type { JWK } from 'jose';
import { describe, expect, test } from 'vitest';
import type { SigningKeyRow } from '#identity/database/signing-keys.table.ts';
import { type EncryptionKeys, newEncryptionKey, parseEncryptionKeys } from '#identity/keys/encryption-keys.ts';
import { openKey, sealKey } from '#identity/keys/seal.ts';
import { createSigningKeys } from '#identity/keys/signing-keys.service.ts';
import { databaseKinds } from '#test/support/database.ts';
import { newKeys } from '#test/identity/support/encryption-keys.ts';
import { type IdentityDatabase, identityDatabase } from '#test/identity/support/identity-database.ts';

const HOUR = 3_600_000;
const UNREADABLE = { code: 'signing-key-unreadable', status: 500 };

const rowsOf = ({ database }: IdentityDatabase): Promise<readonly SigningKeyRow[]> =>
  database.db.selectFrom('signing_keys').selectAll().orderBy('kid').execute();

/** Identity started on the database: its keys, and how many it sealed anew. */
const start = async ({ database }: IdentityDatabase, encryptionKeys: EncryptionKeys) => {
  let resealed = 0;
  const keys = await createSigningKeys({
    database,
    encryptionKeys,
    onResealed: (count) => void (resealed = count),
    minPublishedMs: 0,
    maxTokenLifetimeMs: HOUR,
  });
  return { keys, set: await keys.current(), resealed };
};

/** A key as a version before 0007 sealed it. */
const sealedBefore = (jwk: JWK, { kid, alg }: SigningKeyRow, [{ bytes }]: EncryptionKeys): Uint8Array => {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', bytes, iv).setAAD(Buffer.from(JSON.stringify(['passthru-identity-signing-key', kid, alg])));
  return Buffer.concat([iv, cipher.update(JSON.stringify(jwk)), cipher.final(), cipher.getAuthTag()]);
};

/** Writes the keys of a database as an older version had them. */
const putBack = async (on: IdentityDatabase, encryptionKeys: EncryptionKeys): Promise<void> => {
  for (const row of await rowsOf(on)) {
    const sealed_key = sealedBefore(openKey(row, encryptionKeys), row, encryptionKeys);
    await on.database.db.updateTable('signing_keys').set({ sealed_key, sealed_by: null }).where('kid', '=', row.kid).execute();
  }
};

describe.each(databaseKinds())('the encryption of signing keys on %s', (kind) => {
  test('is moved to a new key by a start that has both, and from then on the old one is not needed', async () => {
    await using on = await identityDatabase(kind);
    const old = newKeys();
    const first = await start(on, old);
    await first.keys.rotate();
    const before = await first.keys.current();
    const both = newKeys(old);

    const moved = await start(on, both);
    const after = await start(on, [both[0]]);

    expect([moved.resealed, after.resealed]).toEqual([3, 0]);
    expect([moved.set, after.set]).toEqual([before, before]);
    expect(new Set((await rowsOf(on)).map(({ sealed_by }) => sealed_by))).toEqual(new Set([both[0].id]));
    await expect(start(on, old)).rejects.toMatchObject(UNREADABLE);
  });

  test('names the key that a row lacks, so that somebody can find it', async () => {
    await using on = await identityDatabase(kind);
    const old = newKeys();
    await start(on, old);

    await expect(start(on, newKeys())).rejects.toMatchObject({ ...UNREADABLE, message: expect.stringContaining(old[0].id) });
  });

  test('takes the rows of an older version once, whichever key sealed them, and loses none', async () => {
    await using on = await identityDatabase(kind);
    const old = newKeys();
    const before = (await start(on, old)).set;
    await putBack(on, old);

    const updated = await start(on, newKeys(old));

    expect([updated.resealed, updated.set]).toEqual([2, before]);
    expect((await rowsOf(on)).every(({ sealed_by }) => sealed_by !== null)).toBe(true);
  });

  test('takes no row of an older version while it runs', async () => {
    await using on = await identityDatabase(kind);
    const encryptionKeys = newKeys();
    const { keys } = await start(on, encryptionKeys);
    await putBack(on, encryptionKeys);

    await expect(keys.current()).rejects.toMatchObject(UNREADABLE);
  });

  test('holds a key to its state: a retired one that the database calls published is refused, at once and by the next start', async () => {
    await using on = await identityDatabase(kind);
    const encryptionKeys = newKeys();
    const { keys } = await start(on, encryptionKeys);
    const { retired, published } = await keys.rotate();
    await keys.current();

    await on.database.db.deleteFrom('signing_keys').where('kid', '=', published).execute();
    await on.database.db.updateTable('signing_keys').set({ state: 'published' }).where('kid', '=', retired).execute();

    await expect(keys.current()).rejects.toMatchObject(UNREADABLE);
    await expect(start(on, encryptionKeys)).rejects.toMatchObject(UNREADABLE);
  });
});

test('encryption keys are lines of 32 bytes, canonical base64url, newest first; each has an id of its own', () => {
  const [newest, older] = [newEncryptionKey(), newEncryptionKey()];
  const keys = parseEncryptionKeys(`${newest}\r\n\n${older}\n`);
  expect(keys.map(({ bytes }) => Buffer.from(bytes).toString('base64url'))).toEqual([newest, older]);
  expect(new Set(keys.map(({ id }) => id)).size).toBe(2);
  expect(parseEncryptionKeys(newest)[0].id).toBe(keys[0].id);
  for (const text of [
    '',
    'short',
    `${newest}=`,
    `${newest} `,
    randomBytes(33).toString('base64url'),
    'A'.repeat(42) + 'B',
    `${newest}\nshort`,
  ]) {
    expect(() => parseEncryptionKeys(text)).toThrow(expect.objectContaining({ code: 'signing-key-encryption-invalid' }));
  }
});

test('a sealed key opens under its own name, state and key id only, and not when a bit has changed', () => {
  const [keys, name, jwk] = [newKeys(), { kid: 'k-1', alg: 'ES256', state: 'active' }, { kty: 'EC', d: 'secret' }];
  const row = { ...name, ...sealKey(jwk, name, keys) };
  const refusal = expect.objectContaining(UNREADABLE) as Error;

  expect(openKey(row, keys)).toEqual(jwk);
  expect(Buffer.from(row.sealed_key).includes('secret')).toBe(false);
  expect(Buffer.from(sealKey(jwk, name, keys).sealed_key)).not.toEqual(Buffer.from(row.sealed_key));
  for (let index = 0; index < row.sealed_key.length; index += 1) {
    const sealed_key = Uint8Array.from(row.sealed_key, (byte, at) => (at === index ? byte ^ 1 : byte));
    expect(() => openKey({ ...row, sealed_key }, keys)).toThrow(refusal);
  }
  const renamed = [keys[0], { ...keys[0], id: 'another' }] as const;
  for (const change of [
    { kid: 'k-2' },
    { alg: 'ES384' },
    { state: 'retired' },
    { sealed_by: 'another' },
    { sealed_by: null },
    { sealed_key: new Uint8Array(4) },
  ]) {
    expect(() => openKey({ ...row, ...change }, renamed)).toThrow(refusal);
  }
});
