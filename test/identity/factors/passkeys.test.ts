import { describe, expect, it } from 'vitest';
import { createPasskeys } from '#identity/factors/passkeys.service.ts';
import { createPasskeyChallenges } from '#identity/pages/second-factor/passkey-challenges.ts';
import { createPayloadStore } from '#identity/provider/store/payloads.store.ts';
import { insertAccount } from '#test/identity/support/an-account-row.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { revocationLog } from '#test/identity/support/revocation-log.ts';
import { softPasskey } from '#test/identity/support/soft-passkey.ts';
import { databaseKinds } from '#test/support/database.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

const ISSUER = 'https://identity.passthru.test:8082';
const ELSEWHERE = 'https://identity.passthru.test.evil.test';

describe.each(databaseKinds())('a passkey on %s', (kind) => {
  const setup = async () => {
    const opened = await identityDatabase(kind);
    const { database } = opened;
    const clock = createManualClock('2030-01-01T00:00:00Z');
    const payloads = createPayloadStore({ database, revocations: revocationLog(), now: clock.wall });
    const passkeys = createPasskeys({
      database,
      issuer: ISSUER,
      challenges: createPasskeyChallenges({ payloads, now: clock.wall }),
      now: clock.wall,
    });
    const { id: accountId, username } = await insertAccount(database);
    const key = softPasskey(ISSUER);
    const add = async (with_ = key) =>
      passkeys.add({ accountId, credential: with_.create(await passkeys.creationOptions({ accountId, username })), name: 'key' });
    const verify = (credential: string, of = accountId) => passkeys.verify({ accountId: of, credential });
    return { ...opened, clock, passkeys, accountId, username, key, add, verify };
  };

  it('is added with recovery codes, asked for by its account, and proves a log-in', async () => {
    await using world = await setup();
    expect(await world.add()).toMatchObject({ method: 'hwk', recoveryCodes: { length: 10 } });
    expect(await world.add(softPasskey(ISSUER))).toMatchObject({ recoveryCodes: [] });
    const options = await world.passkeys.requestOptions(world.accountId);
    expect(JSON.parse(options)).toMatchObject({ rpId: 'identity.passthru.test', allowCredentials: [{ transports: ['usb'] }, {}] });
    expect(await world.verify(world.key.get(options))).toBe('hwk');
    expect((await world.passkeys.list(world.accountId))[0]).toMatchObject({ name: 'key', lastUsedAt: world.clock.wall() });
  });

  it('is made by an algorithm that other libraries verify, too', async () => {
    await using world = await setup();
    const { pubKeyCredParams } = JSON.parse(await world.passkeys.creationOptions(world)) as { pubKeyCredParams: { alg: number }[] };
    expect(pubKeyCredParams.map(({ alg }) => alg)).toEqual([-8, -7, -257]);
  });

  it('answers each challenge once, also of several at once, and none that is old', async () => {
    await using world = await setup();
    await world.add();
    const answer = world.key.get(await world.passkeys.requestOptions(world.accountId));
    const uses = await Promise.all(Array.from({ length: 10 }, () => world.verify(answer)));
    expect(uses.filter((method) => method !== null)).toEqual(['hwk']);
    const late = world.key.get(await world.passkeys.requestOptions(world.accountId));
    await world.clock.advance(6 * 60_000);
    expect(await world.verify(late)).toBeNull();
  });

  it.each([
    ['of another site', { at: ELSEWHERE }],
    ['whose count does not move on, as a copy of it', { counts: false }],
  ])('proves nothing by an answer %s', async (_, how) => {
    await using world = await setup();
    await world.add();
    await world.verify(world.key.get(await world.passkeys.requestOptions(world.accountId)));
    expect(await world.verify(world.key.get(await world.passkeys.requestOptions(world.accountId), how))).toBeNull();
  });

  it('proves nothing for another account, and for its own once it is removed', async () => {
    await using world = await setup();
    await world.add();
    const other = await insertAccount(world.database);
    const options = await world.passkeys.requestOptions(world.accountId);
    expect(await world.verify(world.key.get(options), other.id)).toBeNull();
    const [{ credentialId } = { credentialId: '' }] = await world.passkeys.list(world.accountId);
    await world.passkeys.remove(other.id, credentialId);
    expect(await world.passkeys.list(world.accountId)).toHaveLength(1);
    await world.passkeys.remove(world.accountId, credentialId);
    expect(await world.verify(world.key.get(options))).toBeNull();
    expect(await world.database.db.selectFrom('recovery_codes').selectAll().execute()).toEqual([]);
  });

  it('is not added by an answer to another site, for another account, of a log-in, twice, or that is none', async () => {
    await using world = await setup();
    const { passkeys, accountId, key } = world;
    const other = await insertAccount(world.database);
    const creation = () => passkeys.creationOptions(world);
    const credentials = [
      key.create(await creation(), ELSEWHERE),
      key.create(await passkeys.creationOptions({ accountId: other.id, username: other.username })),
      key.create(await passkeys.requestOptions(accountId)),
      'no JSON',
      '{}',
      'null',
    ];
    for (const credential of credentials)
      await expect(passkeys.add({ accountId, credential, name: 'key' })).rejects.toMatchObject({ code: 'passkey-refused', status: 400 });
    await world.add();
    await expect(world.add()).rejects.toMatchObject({ code: 'passkey-refused' });
  });
});
