import type { Insertable, Transaction } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import type { SigningKeyRow } from '#identity/database/signing-keys.table.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { SealedKey } from './seal.ts';
import type { KeyState } from './signing-keys.ts';

type Tx = Transaction<IdentityTables>;

/** Rows of signing keys. Every method is one query; those that take a transaction are as atomic as it is. */
export interface SigningKeyStore {
  /** Newest first. */
  all(tx?: Tx): Promise<readonly SigningKeyRow[]>;
  /** The one key of an algorithm in this state; it stays as it is until the transaction ends. */
  lockInState(tx: Tx, algorithm: string, state: 'published' | 'active'): Promise<SigningKeyRow | undefined>;
  /** Leaves the row of another replica where that one was first: its key is as good as ours. */
  insert(tx: Tx, row: Insertable<SigningKeyRow> & { readonly state: KeyState }): Promise<void>;
  activate(tx: Tx, kid: string, sealed: SealedKey, at: number): Promise<void>;
  retire(tx: Tx, kid: string, sealed: SealedKey, at: number): Promise<void>;
  /** Leaves a row whose state has changed meanwhile: whoever changed that sealed it, too. */
  reseal(tx: Tx, row: Pick<SigningKeyRow, 'kid' | 'state'>, sealed: SealedKey): Promise<void>;
  /** @returns whether it was there */
  delete(tx: Tx, kid: string): Promise<boolean>;
  /** @param moment epoch milliseconds, included */
  deleteRetiredUntil(tx: Tx, moment: number): Promise<void>;
}

const change = async (tx: Tx, kid: string, values: Partial<SigningKeyRow> & { readonly state: KeyState }): Promise<void> => {
  await tx.updateTable('signing_keys').set(values).where('kid', '=', kid).execute();
};

export const createSigningKeyStore = ({ db, kind }: Pick<Database<IdentityTables>, 'db' | 'kind'>): SigningKeyStore => ({
  all: (tx) => (tx ?? db).selectFrom('signing_keys').selectAll().orderBy('kid', 'desc').execute(),
  lockInState: (tx, algorithm, state) => {
    const query = tx.selectFrom('signing_keys').selectAll().where('alg', '=', algorithm).where('state', '=', state);
    // SQLite has one writer at a time and needs no lock.
    return (kind === 'postgres' ? query.forUpdate() : query).executeTakeFirst();
  },
  insert: async (tx, row) => {
    await tx
      .insertInto('signing_keys')
      .values(row)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  },
  activate: (tx, kid, sealed, at) => change(tx, kid, { ...sealed, state: 'active', activated_at: at }),
  retire: (tx, kid, sealed, at) => change(tx, kid, { ...sealed, state: 'retired', retired_at: at }),
  reseal: async (tx, { kid, state }, sealed) => {
    await tx.updateTable('signing_keys').set(sealed).where('kid', '=', kid).where('state', '=', state).execute();
  },
  delete: async (tx, kid) => {
    const { numDeletedRows } = await tx.deleteFrom('signing_keys').where('kid', '=', kid).executeTakeFirst();
    return numDeletedRows > 0n;
  },
  deleteRetiredUntil: async (tx, moment) => {
    await tx.deleteFrom('signing_keys').where('state', '=', 'retired').where('retired_at', '<=', moment).execute();
  },
});
