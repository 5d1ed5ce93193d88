import type { Database, Databases } from '#infra/database/databases.ts';
import type { Demo } from '#infra/demo-data/demo.ts';
import { createDemoLocks } from '#infra/demo-data/resets/create-demo-locks.ts';
import { totalOf } from '#infra/demo-data/holdings.ts';
import { createResets } from '#infra/demo-data/resets/create-resets.ts';
import type { PublicAccount } from '#infra/html/landing-page.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import type { RevocationLog } from '#identity/revocations/revocations.ts';
import type { EncryptionKeys } from '#identity/keys/encryption-keys.ts';
import type { Emit } from '../events.ts';
import { createDemo } from './create-demo.ts';
import { createDemoStore } from './demo.store.ts';
import { holdingsOf } from './holdings.ts';
import { loadSeed, type Seed, seedClient } from './seed-file.ts';

/** The demo data of a process; disposal gives its locks back. */
export interface DemoData extends AsyncDisposable {
  /** At a start, before anything is served: settles what an interrupted run left. */
  sweep(): Promise<void>;
  /** At a start without the demo: tells how many rows of it there are, if any. */
  tellOfSleep(): Promise<void>;
  /** @throws AppError `config-unreadable` or `config-invalid` for the seed, `client-refused` for a client that could never work */
  load(seedFile: string): Promise<{ readonly demo: Demo; readonly publicAccounts: readonly PublicAccount[] }>;
}

/** The accounts whose passwords the seed states. */
const publicAccountsOf = ({ accounts }: Seed): readonly PublicAccount[] =>
  accounts.flatMap(({ username, public_password: password, name, roles, tenant }) =>
    password === undefined ? [] : [{ username, password, about: `${name}: ${roles.join(' and ') || 'no role'} in the tenant ${tenant}` }],
  );

/** @param options.now epoch milliseconds */
export const openDemoData = (options: {
  readonly databases: Databases;
  readonly database: Database<IdentityTables>;
  readonly provider: OpenIdProvider;
  readonly revocations: Pick<RevocationLog, 'record'>;
  readonly isKnownScope: (scope: string) => boolean;
  readonly encryptionKeys: EncryptionKeys;
  readonly emit: Emit;
  readonly now: () => number;
}): DemoData => {
  const { databases, database, provider, revocations, isKnownScope, encryptionKeys, emit, now } = options;
  const locks = createDemoLocks(databases, 'identity');
  const store = createDemoStore(provider, revocations);
  const resets = createResets({ database, store, locks, emit, now });
  return {
    sweep: resets.sweep,
    tellOfSleep: async () => {
      const { demo: rows } = await holdingsOf(database.db);
      if (totalOf(rows) > 0) emit({ type: 'demo-sleeps', rows });
    },
    load: async (seedFile) => {
      const seed = await loadSeed(seedFile, isKnownScope);
      for (const client of seed.clients) await provider.checkClient(seedClient(client, null));
      const excepted = seed.clients.filter(({ require_pkce: required }) => !required).map(({ client_id: id }) => id);
      if (excepted.length > 0) emit({ type: 'pkce-exceptions', clientIds: excepted });
      return {
        demo: createDemo({ database, seed, store, resets, locks, encryptionKeys, emit, now }),
        publicAccounts: publicAccountsOf(seed),
      };
    },
    [Symbol.asyncDispose]: () => locks[Symbol.asyncDispose](),
  };
};
