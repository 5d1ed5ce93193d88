import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Database } from '#infra/database/databases.ts';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { createClients } from '#identity/clients/clients.service.ts';
import { loadServiceClients } from '#identity/clients/service-clients.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { databaseKinds } from '#test/support/database.ts';
import { createManualClock } from '#test/support/manual-clock.ts';
import { identityDatabase } from '#test/identity/support/identity-database.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const passwords = createPasswords({ iterations: 1000 });
const ADDRESS = '192.0.2.1';

const counting = () => {
  const stored: (string | undefined)[] = [];
  return {
    stored,
    verify: (password: string, hash: string | undefined) => {
      stored.push(hash);
      return passwords.verify(password, hash);
    },
  };
};

const insert = async ({ db }: Database<IdentityTables>, change: Record<string, unknown> = {}) => {
  const pk = randomUUIDv7();
  const [clientId, secret] = [`client-${pk}`, `secret-${pk}`];
  await db
    .insertInto('clients')
    .values({
      pk,
      client_id: clientId,
      name: `Client ${pk}`,
      secret_hash: await passwords.hash(secret),
      application_type: 'web',
      token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: JSON.stringify(['https://client.test/callback']),
      post_logout_redirect_uris: '[]',
      grant_types: JSON.stringify(['client_credentials']),
      scopes: JSON.stringify(['kms:read']),
      tenant_id: randomUUID(),
      roles: JSON.stringify(['user']),
      access_token_ttl: 1,
      created_at: 1,
      retired_at: null,
      retired_by: null,
      reset_id: null,
      ...change,
    })
    .execute();
  return { pk, clientId, secret };
};

describe.each(databaseKinds())('clients on %s', (kind) => {
  it('are found with everything that the provider asks for, and without their secret', async () => {
    await using test = await identityDatabase(kind);
    const { clientId } = await insert(test.database);
    const found = await createClients({ database: test.database, passwords, serviceClients: new Map() }).find(clientId);
    expect(found).toMatchObject({
      clientId,
      authMethod: 'client_secret_basic',
      grantTypes: ['client_credentials'],
      redirectUris: ['https://client.test/callback'],
      scopes: ['kms:read'],
      accessTokenTtlSeconds: 1,
      mayIntrospect: [],
    });
    expect(JSON.stringify(found)).not.toContain('pbkdf2');
  });

  it('prove themselves by their secret; PBKDF2 is paid once a minute, and always for a wrong one', async () => {
    await using test = await identityDatabase(kind);
    const { clientId, secret } = await insert(test.database);
    const counted = counting();
    const clients = createClients({ database: test.database, passwords: counted, serviceClients: new Map() });
    expect([await clients.verifySecret(clientId, secret, ADDRESS), await clients.verifySecret(clientId, secret, ADDRESS)]).toEqual([
      true,
      true,
    ]);
    expect(counted.stored).toHaveLength(1);
    expect([await clients.verifySecret(clientId, `${secret}x`, ADDRESS), await clients.verifySecret(clientId, 'x', ADDRESS)]).toEqual([
      false,
      false,
    ]);
    expect(counted.stored).toHaveLength(3);
  });

  it('are slowed down when their secret is guessed, per client and address, and let in all the same from elsewhere', async () => {
    await using test = await identityDatabase(kind);
    const { clientId, secret } = await insert(test.database);
    const clock = createManualClock('2030-01-01T00:00:00Z');
    const limits = createAttemptLimits({ clock });
    const clients = createClients({ database: test.database, passwords, serviceClients: new Map(), limits });
    const guesses = Promise.allSettled(Array.from({ length: 60 }, (_, index) => clients.verifySecret(clientId, `wrong-${index}`, ADDRESS)));
    expect(await clients.verifySecret(clientId, secret, '198.51.100.7')).toBe(true);
    const refused = (await clock.until(guesses)).filter((guess) => guess.status === 'rejected');
    // Those for whom there is no place to wait, at the least.
    expect(refused.length).toBeGreaterThanOrEqual(20);
    expect(refused[0]?.reason).toMatchObject({ code: 'too-many-attempts', status: 429, headers: { 'retry-after': expect.any(String) } });
    expect(await clock.until(clients.verifySecret(clientId, secret, ADDRESS))).toBe(true);
  });

  it('of the demo sleep where it does not run, at the cost of a client that never was', async () => {
    await using test = await identityDatabase(kind);
    const { clientId, secret } = await insert(test.database, { demo: 1 });
    const counted = counting();
    const asleep = createClients({ database: test.database, passwords: counted, serviceClients: new Map() });
    expect([await asleep.verifySecret(clientId, secret, ADDRESS), await asleep.find(clientId)]).toEqual([false, undefined]);
    expect(counted.stored).toEqual([undefined]);
    const awake = createClients({ database: test.database, demo: true, passwords, serviceClients: new Map() });
    expect(await awake.verifySecret(clientId, secret, ADDRESS)).toBe(true);
  });

  it('may come many at once: equal guesses are checked once and count once', async () => {
    await using test = await identityDatabase(kind);
    const { clientId, secret } = await insert(test.database);
    const counted = counting();
    const clients = createClients({ database: test.database, passwords: counted, serviceClients: new Map() });
    const answers = await Promise.all(Array.from({ length: 100 }, () => clients.verifySecret(clientId, secret, ADDRESS)));
    expect(new Set(answers)).toEqual(new Set([true]));
    expect(counted.stored.length).toBeLessThan(5);
  });

  it('lose a remembered secret as soon as it is changed', async () => {
    await using test = await identityDatabase(kind);
    const { clientId, secret } = await insert(test.database);
    const clients = createClients({ database: test.database, passwords, serviceClients: new Map() });
    expect(await clients.verifySecret(clientId, secret, ADDRESS)).toBe(true);
    await test.database.db
      .updateTable('clients')
      .set({ secret_hash: await passwords.hash(`new-${secret}`) })
      .where('client_id', '=', clientId)
      .execute();
    expect([await clients.verifySecret(clientId, secret, ADDRESS), await clients.verifySecret(clientId, `new-${secret}`, ADDRESS)]).toEqual(
      [false, true],
    );
  });

  it('cost the same when they are unknown or have no secret, and are never let in', async () => {
    await using test = await identityDatabase(kind);
    const { clientId } = await insert(test.database, { secret_hash: null, token_endpoint_auth_method: 'none' });
    const counted = counting();
    const clients = createClients({ database: test.database, passwords: counted, serviceClients: new Map() });
    expect(await clients.verifySecret(clientId, 'undefined', ADDRESS)).toBe(false);
    expect(await clients.verifySecret(`nobody-${randomUUIDv7()}`, 'x', ADDRESS)).toBe(false);
    expect(counted.stored).toEqual([undefined, undefined]);
  });

  it('are not even looked up by a name or a secret that nobody has', async () => {
    await using test = await identityDatabase(kind);
    const { clientId, secret } = await insert(test.database, { client_id: 'c'.repeat(1_025) });
    const counted = counting();
    const clients = createClients({ database: test.database, passwords: counted, serviceClients: new Map() });
    expect(await clients.find('c'.repeat(1_025))).toBeUndefined();
    for (const [name, wrong] of [
      ['c'.repeat(1_025), secret],
      [clientId, ''],
      [clientId, 's'.repeat(1_025)],
      ['', secret],
    ] as const)
      expect(await clients.verifySecret(name, wrong, ADDRESS)).toBe(false);
    expect(counted.stored).toEqual([]);
  });

  for (const [what, change] of [
    ['disabled', { disabled: 1 }],
    ['retired', { retired_at: 2, retired_by: randomUUIDv7() }],
  ] as const) {
    it(`are neither found nor let in when ${what}, even with a secret that was just verified`, async () => {
      await using test = await identityDatabase(kind);
      const { clientId, secret } = await insert(test.database);
      const clients = createClients({ database: test.database, passwords, serviceClients: new Map() });
      expect(await clients.verifySecret(clientId, secret, ADDRESS)).toBe(true);
      await test.database.db.updateTable('clients').set(change).where('client_id', '=', clientId).execute();
      expect(await clients.find(clientId)).toBeUndefined();
      expect(await clients.verifySecret(clientId, secret, ADDRESS)).toBe(false);
    });
  }

  it('are not known by a name with a control character, which a database may not even take', async () => {
    await using test = await identityDatabase(kind);
    const { clientId, secret } = await insert(test.database);
    const clients = createClients({ database: test.database, passwords, serviceClients: new Map() });
    for (const odd of ['\u0000', `${clientId}\u0000`]) {
      expect(await clients.find(odd)).toBeUndefined();
      expect(await clients.verifySecret(odd, secret, ADDRESS)).toBe(false);
    }
  });

  it('of the configuration come first, have no grant, and may introspect what is configured', async () => {
    await using test = await identityDatabase(kind);
    await using folder = await temporaryDirectory();
    const [clientId, secret] = [`service-${randomUUIDv7()}`, randomUUIDv7()];
    const file = join(folder.path, 'secret');
    await writeFile(file, `${secret}\n`, { mode: 0o600 });
    await insert(test.database, { client_id: clientId });
    const serviceClients = await loadServiceClients([{ client_id: clientId, secret_file: file, may_introspect: ['urn:passthru:kms'] }]);
    const clients = createClients({ database: test.database, passwords, serviceClients });
    expect(await clients.find(clientId)).toMatchObject({ grantTypes: [], scopes: [], mayIntrospect: ['urn:passthru:kms'] });
    expect([await clients.verifySecret(clientId, secret, ADDRESS), await clients.verifySecret(clientId, `${secret}x`, ADDRESS)]).toEqual([
      true,
      false,
    ]);
  });

  it('of the configuration keep the server from starting when their secret cannot be read', async () => {
    await using folder = await temporaryDirectory();
    const missing = { client_id: `service-${randomUUIDv7()}`, secret_file: join(folder.path, 'missing'), may_introspect: [] };
    await expect(loadServiceClients([missing])).rejects.toMatchObject({ code: 'secret-unreadable' });
  });
});
