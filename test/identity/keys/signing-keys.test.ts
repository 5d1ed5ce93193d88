import { decodeJwt, decodeProtectedHeader, importJWK, SignJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { createJobs } from '#infra/jobs/create-jobs.ts';
import { createSigningKeys } from '#identity/keys/signing-keys.service.ts';
import { databaseKinds } from '#test/support/database.ts';
import { createManualClock } from '#test/support/manual-clock.ts';
import { identityDatabase, providerOn } from '#test/identity/support/identity-database.ts';
import { newKeys } from '#test/identity/support/encryption-keys.ts';
import { aServiceClient, ISSUER, startProvider, type TestProvider } from '#test/identity/support/identity-provider.ts';

const HOUR = 3_600_000;

const published = async (provider: TestProvider): Promise<readonly string[]> =>
  (await provider.send({ url: `${ISSUER}/.well-known/jwks.json` })).json<{ keys: { kid: string }[] }>().keys.map(({ kid }) => kid);

const clientToken = async (provider: TestProvider, client: ReturnType<typeof aServiceClient>): Promise<string> =>
  (await provider.post('/oauth2/token', { grant_type: 'client_credentials' }, client)).json<{ access_token: string }>().access_token;

describe.each(databaseKinds())('signing keys on %s', (kind) => {
  test('the first start makes a key that signs and a next one; later starts and other replicas have the same', async () => {
    await using on = await identityDatabase(kind);
    const encryptionKeys = newKeys();

    const stores = await Promise.all([
      createSigningKeys({ database: on.database, encryptionKeys }),
      createSigningKeys({ database: await on.reopen(), encryptionKeys }),
      createSigningKeys({ database: on.database, encryptionKeys }),
    ]);
    const sets = await Promise.all(stores.map((store) => store.current()));

    expect(sets[0]?.keys).toHaveLength(2);
    expect(sets[0]?.keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig', d: expect.any(String) });
    expect(sets[1]).toEqual(sets[0]);
    expect(sets[2]).toEqual(sets[0]);
  });

  test('another encryption key is refused at the start, with what to do', async () => {
    await using on = await identityDatabase(kind);
    await createSigningKeys({ database: on.database, encryptionKeys: newKeys() });

    await expect(createSigningKeys({ database: on.database, encryptionKeys: newKeys() })).rejects.toMatchObject({
      code: 'signing-key-unreadable',
      fix: expect.stringContaining('signing_key_encryption_file'),
    });
  });

  test('sealed keys cannot be exchanged between rows', async () => {
    await using on = await identityDatabase(kind);
    const encryptionKeys = newKeys();
    await createSigningKeys({ database: on.database, encryptionKeys });
    const [first, second] = await on.database.db.selectFrom('signing_keys').selectAll().orderBy('kid').execute();

    await on.database.db
      .updateTable('signing_keys')
      .set({ sealed_key: second?.sealed_key })
      .where('kid', '=', first?.kid ?? '')
      .execute();

    await expect(createSigningKeys({ database: on.database, encryptionKeys })).rejects.toMatchObject({ code: 'signing-key-unreadable' });
  });

  test('a rotation waits until verifiers have seen the next key', async () => {
    await using on = await identityDatabase(kind);
    let time = Date.UTC(2026, 0, 1);
    const keys = await createSigningKeys({ database: on.database, encryptionKeys: newKeys(), minPublishedMs: HOUR, now: () => time });
    const [active, next] = (await keys.current()).keys;

    time += HOUR - 1000;
    await expect(keys.rotate()).rejects.toMatchObject({ code: 'signing-key-too-new', status: 409, headers: { 'retry-after': '1' } });
    expect((await keys.current()).keys.map(({ kid }) => kid)).toEqual([active.kid, next?.kid]);
    time += 1000;
    const rotated = await keys.rotate();

    expect(rotated).toEqual({ active: next?.kid, retired: active.kid, published: expect.any(String) });
    expect((await keys.current()).keys.map(({ kid, signs_until }) => [kid, signs_until])).toEqual([
      [next?.kid, undefined],
      [rotated.published, undefined],
      [active.kid, (time + 60_000) / 1000],
    ]);
  });

  test('the JWKS says until when a retired key signed, and a token that it signs later is good for nothing', async () => {
    await using provider = await providerOn(kind, { minPublishedMs: 0 });
    const client = aServiceClient();
    provider.register(client);
    const before = await clientToken(provider, client);
    const { retired } = await provider.keys.rotate();
    await provider.openid.reloadKeys();
    const stolen = (await provider.keys.current()).keys.find(({ kid }) => kid === retired);
    const until = Number(stolen?.signs_until);
    const forged = async (issuedAt: number) =>
      new SignJWT({ ...decodeJwt(before), iat: issuedAt, exp: issuedAt + 300 })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: retired })
        .sign(await importJWK(stolen ?? {}, 'ES256'));
    const introspected = async (token: string) =>
      (await provider.post('/oauth2/introspect', { token }, client)).json<{ active: boolean }>().active;

    const jwks = (await provider.send({ url: `${ISSUER}/.well-known/jwks.json` })).json<{ keys: Record<string, unknown>[] }>();
    expect(jwks.keys.find(({ kid }) => kid === retired)).toEqual({
      kty: 'EC',
      crv: 'P-256',
      x: stolen?.x,
      y: stolen?.y,
      kid: retired,
      alg: 'ES256',
      use: 'sig',
      signs_until: until,
    });
    expect(await introspected(before)).toBe(true);
    expect(await introspected(await forged(until))).toBe(true);
    expect(await introspected(await forged(until + 1))).toBe(false);
  });

  test('a key that leaked is withdrawn from whichever state, at once, and there is always one that signs and a next one', async () => {
    await using on = await identityDatabase(kind);
    const keys = await createSigningKeys({ database: on.database, encryptionKeys: newKeys(), minPublishedMs: 0 });
    const { active, retired, published: next } = await keys.rotate();
    const kids = async () => (await keys.current()).keys.map(({ kid }) => kid);
    expect(await kids()).toEqual([active, next, retired]);

    expect(await keys.withdraw(retired)).toEqual({ withdrawn: retired, active, published: next });
    expect(await kids()).toEqual([active, next]);
    const first = await keys.withdraw(active);
    expect(first).toEqual({ withdrawn: active, active: expect.any(String), published: next });
    expect([active, next, retired]).not.toContain(first.active);
    expect(await kids()).toEqual([first.active, next]);
    const second = await keys.withdraw(next);
    expect(second).toEqual({ withdrawn: next, active: first.active, published: expect.any(String) });
    expect(await keys.list()).toEqual([
      { kid: first.active, algorithm: 'ES256', state: 'active' },
      { kid: second.published, algorithm: 'ES256', state: 'published' },
    ]);
    await expect(keys.withdraw(active)).rejects.toMatchObject({ code: 'signing-key-unknown', status: 404 });
  });

  test('a token of a withdrawn key is good for nothing: its key is published nowhere, and introspection says so', async () => {
    await using provider = await providerOn(kind, { minPublishedMs: 0 });
    const client = aServiceClient();
    provider.register(client);
    const token = await clientToken(provider, client);
    const [active = ''] = await published(provider);
    const introspected = async (text: string) =>
      (await provider.post('/oauth2/introspect', { token: text }, client)).json<{ active: boolean }>();
    expect(await introspected(token)).toMatchObject({ active: true });

    const { active: successor } = await provider.keys.withdraw(active);
    await provider.openid.reloadKeys();

    expect(await published(provider)).not.toContain(active);
    expect(await introspected(token)).toEqual({ active: false });
    const after = await clientToken(provider, client);
    expect(decodeProtectedHeader(after).kid).toBe(successor);
    expect(await introspected(after)).toMatchObject({ active: true });
  });

  test('a reload that began before a withdrawal and ends after it does not bring the key back', async () => {
    await using on = await identityDatabase(kind);
    const encryptionKeys = newKeys();
    const keys = await createSigningKeys({ database: on.database, encryptionKeys, minPublishedMs: 0 });
    const held = Promise.withResolvers<void>();
    let reads = 0;
    const signingKeys = {
      current: async () => {
        reads += 1;
        const set = await keys.current();
        if (reads === 2) await held.promise;
        return set;
      },
    };
    await using provider = await startProvider(on.database, { encryptionKeys, signingKeys });
    const [active = ''] = await published(provider);
    const early = provider.openid.reloadKeys();
    await expect.poll(() => reads).toBe(2);
    await keys.withdraw(active);
    const late = provider.openid.reloadKeys();
    expect(reads, 'it waits for the early one, and reads anew after it').toBe(2);
    held.resolve();
    await Promise.all([early, late]);
    expect(await published(provider)).not.toContain(active);
  });

  test('a retired key is published until its last token has ended', async () => {
    await using on = await identityDatabase(kind);
    let time = Date.UTC(2026, 0, 1);
    const options = { database: on.database, encryptionKeys: newKeys(), minPublishedMs: 0, maxTokenLifetimeMs: HOUR, now: () => time };
    const keys = await createSigningKeys(options);
    const { retired } = await keys.rotate();

    time += HOUR - 1;
    const second = await keys.rotate();
    const during = (await keys.current()).keys.map(({ kid }) => kid);
    time += 1;
    await keys.rotate();
    const after = (await keys.current()).keys.map(({ kid }) => kid);

    expect(during).toContain(retired);
    expect(after).not.toContain(retired);
    expect(after).toContain(second.retired);
  });

  test('of two rotations at once neither leaves two keys that sign, or none', async () => {
    await using on = await identityDatabase(kind);
    const options = { encryptionKeys: newKeys(), minPublishedMs: 0 };
    const [one, two] = [
      await createSigningKeys({ database: on.database, ...options }),
      await createSigningKeys({ database: await on.reopen(), ...options }),
    ];

    const results = await Promise.allSettled([one.rotate(), two.rotate(), one.rotate(), two.rotate()]);

    const rows = await on.database.db.selectFrom('signing_keys').select(['kid', 'state']).execute();
    const rotated = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as { code: string }] : []));
    expect(rows).toHaveLength(2 + rotated.length);
    expect(rows.map(({ kid }) => kid)).toEqual(expect.arrayContaining(rotated.flatMap((keys) => Object.values(keys))));
    expect(refused.filter(({ code }) => code !== 'signing-key-conflict')).toEqual([]);
    expect(rows.filter(({ state }) => state === 'active')).toHaveLength(1);
    expect(rows.filter(({ state }) => state === 'published')).toHaveLength(1);
  });

  test('the provider takes a rotation up without a restart: next key signs, old tokens stay good, new one is published', async () => {
    await using provider = await providerOn(kind, { minPublishedMs: 0 });
    const client = aServiceClient();
    provider.register(client);
    const before = await clientToken(provider, client);
    const [active, next] = await published(provider);

    const rotated = await provider.keys.rotate();
    await provider.openid.reloadKeys();
    const after = await clientToken(provider, client);

    expect([decodeProtectedHeader(before).kid, decodeProtectedHeader(after).kid]).toEqual([active, next]);
    expect(await published(provider)).toEqual([next, rotated.published, active]);
    for (const token of [before, after]) {
      expect((await provider.post('/oauth2/introspect', { token }, client)).json()).toMatchObject({ active: true });
    }
  });

  test('a replica sees the rotation of another within seconds, and keeps its keys while the database does not answer', async () => {
    await using on = await identityDatabase(kind);
    const clock = createManualClock('2026-01-01T00:00:00Z');
    const logged: string[] = [];
    let broken = false;
    const encryptionKeys = newKeys();
    const keys = await createSigningKeys({ database: on.database, encryptionKeys, minPublishedMs: 0 });
    const signingKeys = { current: () => (broken ? Promise.reject(new Error('no database')) : keys.current()) };
    await using replica = await startProvider(on.database, { encryptionKeys, signingKeys });
    await using jobs = createJobs({ clock, log: { info: () => {}, error: (message) => void logged.push(message) } });
    for (const job of replica.openid.jobs) if (job.name === 'reload-signing-keys') jobs.start(job);
    const before = await published(replica);
    await keys.rotate();

    broken = true;
    await clock.advance(5000);
    await expect.poll(() => logged).toEqual([expect.stringMatching(/^job reload-signing-keys failed: .*no database/)]);
    const during = await published(replica);
    broken = false;
    await clock.advance(5000);

    expect(during).toEqual(before);
    await expect.poll(async () => (await published(replica))[0]).toBe(before[1]);
  });
});
