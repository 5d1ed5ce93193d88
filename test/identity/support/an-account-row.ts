import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { createPasswords } from '#infra/secrets/passwords.ts';
import type { Database } from '#infra/database/databases.ts';
import type { IdentityTables } from '#identity/database/tables.ts';

/** Hashes that cost little. */
export const testPasswords = createPasswords({ iterations: 1000 });

/** An account in the database with its password. */
export const insertAccount = async ({ db }: Pick<Database<IdentityTables>, 'db'>, change: object = {}) => {
  const id = randomUUIDv7();
  const username = `user-${id}`;
  const password = `password-${id}`;
  const row = {
    id,
    username,
    password_hash: await testPasswords.hash(password),
    name: `Name ${id}`,
    email: `${username}@test`,
    tenant_id: randomUUID(),
    roles: JSON.stringify(['user']),
    permissions: JSON.stringify(['kms:elastic-keys:create']),
    created_at: 1,
    retired_at: null,
    retired_by: null,
    reset_id: null,
  };
  await db
    .insertInto('accounts')
    .values({ ...row, ...change })
    .execute();
  return { ...row, password };
};
