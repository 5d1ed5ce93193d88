/**
 * A second replica of a provider, which is killed by itself, as `kill -9` would, right after a transaction:
 * `node provider-process.ts <ReplicaOfTest as JSON>`. It says its address by IPC, and counts transactions from the first message on.
 */
import { flushCompileCache } from 'node:module';
import type { DatabaseConfig } from '#infra/database/config.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import type { AccountClaims } from '#identity/accounts/account.ts';
import type { ClientRecord } from '#identity/clients/client.ts';
import { identityMigrations } from '#identity/database/migrations.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { encryptionKeyOf } from '#identity/keys/encryption-keys.ts';
import { startProvider } from '#test/identity/support/identity-provider.ts';

/** What two replicas have in common. */
export interface ReplicaOfTest {
  readonly database: DatabaseConfig;
  readonly cookieKey: string;
  /** base64url. */
  readonly encryptionKey: string;
  readonly account: AccountClaims;
  readonly client: ClientRecord;
  /** After so many transactions it dies. */
  readonly killAfter: number;
}

const given = JSON.parse(process.argv[2] ?? '') as ReplicaOfTest;
const databases = await openDatabases(given.database);
const database = await databases.open<IdentityTables>('identity', identityMigrations);
let left = Number.POSITIVE_INFINITY;
process.once('message', () => (left = given.killAfter));
const provider = await startProvider(
  {
    ...database,
    transaction: async (work) => {
      const result = await database.transaction(work);
      left -= 1;
      if (left === 0) process.kill(process.pid, 'SIGKILL');
      return result;
    },
  },
  { cookieKeys: [given.cookieKey], encryptionKeys: [encryptionKeyOf(Buffer.from(given.encryptionKey, 'base64url'))] },
);
provider.register(given.account, given.client);
// A killed process writes no cache at its end, and the next one would compile everything again.
flushCompileCache();
process.send?.({ ca: provider.ca, port: provider.port });
