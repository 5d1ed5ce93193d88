import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Caller } from '#kms/caller.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { hastyKms } from '#test/kms/support/hasty-kms.ts';
import { testKms } from '#test/support/kms-keys.ts';

const withKid = (text: string, kid: string): string => {
  const [header = '', ...rest] = text.split('.');
  const claims = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as Record<string, unknown>;
  return [encodeBase64url(JSON.stringify({ ...claims, kid })), ...rest].join('.');
};

/** The same text with other random bytes in its last segment: the tag of a JWE, the signature of a JWS. */
const withOtherEnd = (text: string): string => {
  const segments = text.split('.');
  const end = segments.pop() ?? '';
  return [...segments, encodeBase64url(randomBytes(Buffer.from(end, 'base64url').length))].join('.');
};

const REASONS: readonly (readonly [string, (text: string) => string])[] = [
  ['a wrong end', withOtherEnd],
  ['an unknown kid', (text) => withKid(text, randomUUIDv7())],
  ['a kid that no version can have', (text) => withKid(text, 'x'.repeat(36))],
  ['no form', (text) => `!${text}`],
];

describe.each(databaseKinds())('A refusal on %s', (kind) => {
  it.each(REASONS)('because of %s asks the database once', async (_reason, change) => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    let looks = 0;
    const { tenant } = kms.caller;
    const database = () => {
      looks += 1;
      return tenant.database();
    };
    const caller: Caller = { ...kms.caller, tenant: { ...tenant, database } };
    const [aes, es256] = [(await kms.make('A256GCM/A256KW')).id, (await kms.make('ES256')).id];
    const { jwe } = await kms.crypto.encrypt(caller, aes, { plaintext: randomBytes(32) });
    const { jws } = await kms.crypto.sign(caller, es256, { payload: randomBytes(32) });

    looks = 0;
    for (let n = 0; n < 3; n += 1)
      await expect(kms.crypto.decrypt(caller, aes, { jwe: change(jwe) })).rejects.toMatchObject({ code: 'decryption-failed' });
    expect(looks).toBe(3);
    looks = 0;
    for (let n = 0; n < 3; n += 1) expect(await kms.crypto.verify(caller, es256, { jws: change(jws) })).toEqual({ valid: false });
    expect(looks).toBe(3);
  });

  it('leaves what is right as it is: it asks nothing', async () => {
    await using test = await withDatabases(kind);
    const kms = await testKms(test);
    let looks = 0;
    const { tenant } = kms.caller;
    const caller: Caller = { ...kms.caller, tenant: { ...tenant, database: () => ((looks += 1), tenant.database()) } };
    const { id } = await kms.make('A256GCM/A256KW');
    const { jwe } = await kms.crypto.encrypt(caller, id, { plaintext: randomBytes(32) });
    looks = 0;
    await kms.crypto.decrypt(caller, id, { jwe });
    expect(looks).toBe(0);
  });

  it('because its version was revoked, is to be deleted or is destroyed asks the database once, and has the same words', async () => {
    await using test = await withDatabases(kind);
    const kms = await hastyKms(test);
    const { crypto, lifeCycle, materialKeys, clock } = kms;
    let looks = 0;
    const { tenant } = kms.caller;
    const caller: Caller = { ...kms.caller, tenant: { ...tenant, database: () => ((looks += 1), tenant.database()) } };
    const { id } = await kms.make('A256GCM/A256KW');
    const made: { readonly jwe: string; readonly kid: string }[] = [];
    for (let version = 1; version <= 4; version += 1) {
      const { jwe, materialKeyId: kid } = await crypto.encrypt(caller, id, { plaintext: randomBytes(32) });
      made.push({ jwe, kid });
      if (version < 4) await materialKeys.rotate(caller, id);
    }
    const [revoked, deleted, destroyed, good] = made as [(typeof made)[0], (typeof made)[0], (typeof made)[0], (typeof made)[0]];
    await lifeCycle.revokeVersion(caller, id, revoked.kid, { reason: 'unspecified' });
    await lifeCycle.scheduleDeletionOfVersion(caller, id, destroyed.kid, { waitDays: 1 });
    clock.now += 86_400_000;
    await kms.destruction.materialKey(tenant, id, destroyed.kid);
    await lifeCycle.scheduleDeletionOfVersion(caller, id, deleted.kid);
    const refusal = async (jwe: string): Promise<unknown> => {
      const refused: unknown = await crypto.decrypt(caller, id, { jwe }).catch((error: unknown) => error);
      return refused instanceof AppError
        ? { code: refused.code, status: refused.status, message: refused.message, fix: refused.fix }
        : refused;
    };
    const usual = await refusal(withOtherEnd(good.jwe));
    expect(usual).toMatchObject({ code: 'decryption-failed', status: 400 });
    for (const { jwe } of [revoked, deleted, destroyed]) {
      // For the first time, and when it is known that there is nothing.
      for (let time = 1; time <= 2; time += 1) {
        looks = 0;
        expect([await refusal(jwe), looks]).toEqual([usual, 1]);
      }
    }
  });
});
