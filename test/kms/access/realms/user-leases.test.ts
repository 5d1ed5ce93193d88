import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import type { RealmUser } from '#kms/access/realms/realm-users.store.ts';
import { createUserLeases } from '#kms/access/realms/user-leases.ts';
import { LEASE_MS } from '#kms/tenants/leases.ts';

const aUser = (username: string): RealmUser => ({
  subject: randomUUIDv7(),
  username,
  passwordVersion: 'first',
  stored: 'hash',
  tenant: { by: 'id', value: randomUUID() },
  isEnabled: true,
  roles: [],
  scopes: new Set(),
});

const setup = () => {
  const name = `user-${randomUUIDv7()}`;
  const world = { elapsed: 0, looks: 0, find: async (): Promise<RealmUser | undefined> => aUser(name) };
  const leases = createUserLeases({ elapsed: () => world.elapsed });
  const realm = leases.leased({
    find: () => {
      world.looks += 1;
      return world.find();
    },
  });
  return { world, leases, find: () => realm.find(name) };
};

it('A user is looked up once in a lease, however many ask, and again when it has ended', async () => {
  const { world, find } = setup();
  const found = await Promise.all(Array.from({ length: 20 }, find));
  world.elapsed += LEASE_MS - 1;
  expect(new Set([...found, await find()]).size).toBe(1);
  expect(world.looks).toBe(1);
  world.elapsed += 1;
  await find();
  expect(world.looks).toBe(2);
});

it('A name that nobody has costs as many looks as one that somebody has', async () => {
  const { world, find } = setup();
  world.find = async () => undefined;
  for (let n = 0; n < 5; n += 1) expect(await find()).toBeUndefined();
  expect(world.looks).toBe(1);
});

it('A change of users is seen as soon as it was said to be committed, and a look that failed is not remembered', async () => {
  const { world, leases, find } = setup();
  const before = await find();
  leases.forget();
  expect(await find()).not.toBe(before);
  leases.forget();
  world.find = () => Promise.reject(new Error('no database'));
  await expect(find()).rejects.toThrow('no database');
  await expect(find()).rejects.toThrow('no database');
  expect(world.looks).toBe(4);
});
