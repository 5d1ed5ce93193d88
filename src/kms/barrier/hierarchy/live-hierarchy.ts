import type { Kysely } from 'kysely';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { barrierDamaged } from './hierarchy-errors.ts';
import type { WrappingKey } from './barrier-jwe.ts';
import { barrierKeysStore } from './barrier-keys.store.ts';
import { type OpenedHierarchy, openBelow, openRoot, readHierarchy, type StoredHierarchy } from './hierarchy.ts';

/** The hierarchy above the tenants in memory; it follows what other replicas rotate. Lives from one unsealing to the next seal. */
export interface LiveHierarchy {
  /** As it was read last. */
  opened(): OpenedHierarchy;
  /** The key that wraps the root: that of the shares which opened it. */
  unsealing(): WrappingKey;
  /** After a re-sharing: that of the new shares. */
  unsealBy(key: WrappingKey): void;
  /**
   * Reads it anew.
   *
   * @param db the service database, or the transaction in which this is called
   * @throws AppError `unseal-failed` 503 where another replica made a new root under an unseal key that this one does not have
   */
  refresh(db: Kysely<ServiceTables>): Promise<{ readonly stored: StoredHierarchy; readonly opened: OpenedHierarchy }>;
  /** The intermediate that wraps, looked up in the database: another replica may have made a new one. */
  newest(db: Kysely<ServiceTables>): Promise<WrappingKey>;
  /** The intermediate that a content key names; null where there is none such. */
  named(db: Kysely<ServiceTables>, id: string | null): Promise<WrappingKey | null>;
}

export const createLiveHierarchy = (start: { readonly unsealing: WrappingKey; readonly opened: OpenedHierarchy }): LiveHierarchy => {
  let { unsealing, opened } = start;

  const refresh: LiveHierarchy['refresh'] = async (db) => {
    const stored = await readHierarchy(db);
    if (stored === null) throw barrierDamaged('the root key');
    opened = await openBelow(await openRoot(unsealing, stored.root, opened.root), stored);
    return { stored, opened };
  };

  const find = (id: string | null): WrappingKey | null => opened.intermediates.find((key) => key.id === id) ?? null;

  return {
    opened: () => opened,
    unsealing: () => unsealing,
    unsealBy: (key) => void (unsealing = key),
    refresh,
    newest: async (db) => {
      const stored = await barrierKeysStore(db).newestIntermediate();
      return stored?.id === opened.intermediates[0].id ? opened.intermediates[0] : (await refresh(db)).opened.intermediates[0];
    },
    named: async (db, id) => {
      const known = find(id);
      if (known !== null) return known;
      await refresh(db);
      return find(id);
    },
  };
};
