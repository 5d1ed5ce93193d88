import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPasswords } from '#infra/secrets/passwords.ts';
import { createClientAdministration } from '#identity/clients/administration/create-client-administration.ts';
import { createClients } from '#identity/clients/clients.service.ts';
import { createNewClients } from '#identity/clients/new-clients.ts';
import { databaseKinds } from '#test/support/database.ts';
import { unique } from '#test/support/identity.ts';
import { type IdentityDatabase, identityDatabase } from '#test/identity/support/identity-database.ts';
import { aClient, aServiceClient } from '#test/identity/support/identity-provider.ts';

const HOUR_MS = 3_600_000;
const passwords = {
  hash: async (text: string) => `hash of ${text}`,
  verify: async (text: string, stored?: string) => stored === `hash of ${text}`,
};

describe.each(databaseKinds())('The administration of clients on %s', (kind) => {
  let opened: IdentityDatabase;
  let at = Date.parse('2026-01-01T00:00:00Z');
  const now = () => at;
  beforeAll(async () => {
    opened = await identityDatabase(kind);
  });
  afterAll(() => opened[Symbol.asyncDispose]());

  const setup = (configured: readonly ReturnType<typeof aClient>[] = []) => {
    const { database } = opened;
    const options = { database, passwords, now };
    return {
      made: createNewClients({ ...options, isOfConfiguration: () => false }),
      administration: createClientAdministration({ ...options, demo: false, configured }),
      clients: createClients({ ...options, serviceClients: new Map() }),
    };
  };
  const isRight = (world: ReturnType<typeof setup>, id: string, secret: string) => world.clients.verifySecret(id, secret, '127.0.0.1');

  it('takes the old secret until the end of the overlap, and the new one from then on alone', async () => {
    const world = setup();
    const client = aServiceClient();
    await world.made.create(client, 'the first secret');
    const { secret, client: shown } = await world.administration.rotateSecret(client.clientId, { overlapMs: HOUR_MS });
    expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(shown.secret).toEqual({ madeAt: at, previousEndsAt: at + HOUR_MS });
    expect([await isRight(world, client.clientId, secret), await isRight(world, client.clientId, 'the first secret')]).toEqual([
      true,
      true,
    ]);
    expect(await isRight(world, client.clientId, 'another secret')).toBe(false);
    at += HOUR_MS;
    expect([await isRight(world, client.clientId, secret), await isRight(world, client.clientId, 'the first secret')]).toEqual([
      true,
      false,
    ]);
    expect((await world.administration.read(client.clientId)).secret?.previousEndsAt).toBeNull();
  });

  it('ends the old secret at once where that is wanted, at the rotation or later', async () => {
    const world = setup();
    const client = aServiceClient();
    await world.made.create(client, 'the first secret');
    const first = await world.administration.rotateSecret(client.clientId, { overlapMs: 0 });
    expect(await isRight(world, client.clientId, 'the first secret')).toBe(false);
    const second = await world.administration.rotateSecret(client.clientId, { overlapMs: HOUR_MS });
    await world.administration.endPreviousSecret(client.clientId);
    expect([await isRight(world, client.clientId, first.secret), await isRight(world, client.clientId, second.secret)]).toEqual([
      false,
      true,
    ]);
  });

  it('ends no secret that is in use by a rotation that comes twice: the newest is replaced where that is said', async () => {
    const world = setup();
    const client = aServiceClient();
    await world.made.create(client, 'in use');
    const lost = await world.administration.rotateSecret(client.clientId, { overlapMs: HOUR_MS });
    const again = world.administration.rotateSecret(client.clientId, { overlapMs: HOUR_MS });
    await expect(again).rejects.toMatchObject({ code: 'client-secret-overlap', status: 409 });
    const got = await world.administration.rotateSecret(client.clientId, { overlapMs: HOUR_MS, replaceNewest: true });
    const right = await Promise.all(['in use', lost.secret, got.secret].map((secret) => isRight(world, client.clientId, secret)));
    expect(right).toEqual([true, false, true]);
  });

  it('keeps both changes of two operators, and holds a change against what its reader knows', async () => {
    const { made, administration } = setup();
    const client = aServiceClient();
    await made.create(client, 'a secret');
    const { clientId } = client;
    await Promise.all([
      administration.change(clientId, async (before) => ({ ...before, name: 'Renamed' })),
      administration.change(clientId, async (before) => ({ ...before, scopes: ['kms:crypto'] })),
    ]);
    expect((await administration.read(clientId)).client).toEqual({ ...client, name: 'Renamed', scopes: ['kms:crypto'] });
    const refused = new Error('it is another by now');
    const change = administration.change(
      clientId,
      async (before) => ({ ...before, name: 'Again' }),
      () => {
        throw refused;
      },
    );
    await expect(change).rejects.toBe(refused);
    expect((await administration.read(clientId)).client.name).toBe('Renamed');
  });

  it('pages through all clients, those of the configuration first', async () => {
    await opened.database.db.deleteFrom('clients').execute();
    const configured = [aClient({ clientId: 'zeta' }), aClient({ clientId: 'passthru-kms' })];
    const { made, administration } = setup(configured);
    const own = ['alpha', 'beta', 'gamma'];
    for (const clientId of own) await made.create(aClient({ clientId }), undefined);
    const seen: string[][] = [];
    let cursor: string | null | undefined;
    do {
      const page = await administration.list({ limit: 2, ...(cursor ? { cursor } : {}) });
      seen.push(page.items.map(({ client, source }) => `${client.clientId} of ${source}`));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual([
      ['passthru-kms of configuration', 'zeta of configuration'],
      ['alpha of operator', 'beta of operator'],
      ['gamma of operator'],
    ]);
  });

  it('changes no client of the configuration or of the demo, and none that is not there', async () => {
    const { made, administration } = setup([aClient({ clientId: 'passthru-kms' })]);
    const publicClient = aClient();
    await made.create(publicClient, undefined);
    const rotate = (clientId: string) => administration.rotateSecret(clientId, { overlapMs: 0 });
    await expect(rotate('passthru-kms')).rejects.toMatchObject({ code: 'client-of-configuration', status: 409 });
    await expect(rotate(unique('nobody'))).rejects.toMatchObject({ code: 'client-unknown', status: 404 });
    await expect(rotate(publicClient.clientId)).rejects.toMatchObject({ code: 'client-without-secret', status: 409 });
    await opened.database.db.updateTable('clients').set({ retired_at: 1 }).where('client_id', '=', publicClient.clientId).execute();
    await expect(administration.read(publicClient.clientId)).rejects.toMatchObject({ code: 'client-unknown' });
  });

  it('stores no secret that could be used', async () => {
    const { made } = setup();
    const { database } = opened;
    const real = createPasswords();
    const client = aServiceClient({ tenantId: randomUUID() });
    await made.create(client, 'a secret');
    const administration = createClientAdministration({ database, demo: false, configured: [], passwords: real, now });
    const secrets = [
      (await administration.rotateSecret(client.clientId, { overlapMs: HOUR_MS })).secret,
      (await administration.rotateSecret(client.clientId, { overlapMs: HOUR_MS, replaceNewest: true })).secret,
    ];
    const dump = await opened.dump();
    expect(secrets.filter((secret) => dump.includes(secret))).toEqual([]);
  });
});
