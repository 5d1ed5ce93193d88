import type { Database } from '#infra/database/databases.ts';
import type { ServiceTables } from '#kms/database/service-tables.ts';
import { barrierDamaged } from './hierarchy-errors.ts';
import { rewrapKey, wrappedBy } from './barrier-jwe.ts';
import { barrierKeysStore, type ContentKey } from './barrier-keys.store.ts';
import { readHierarchy } from './hierarchy.ts';
import type { LiveHierarchy } from './live-hierarchy.ts';

/**
 * Milliseconds between a rotation and the removal of an older key: longer than any request lives. A request asks which key is the newest,
 * wraps with it, and writes later; until then nobody sees that the key is needed.
 */
export const GRACE_MS = 60 * 60_000;

const PAGE = 500;

/** Goes through all content keys that are not wrapped by the newest intermediate. */
async function* belowOlder(service: Database<ServiceTables>, newestId: string): AsyncGenerator<ContentKey> {
  const store = barrierKeysStore(service.db);
  let after = '';
  for (;;) {
    const page = await store.contentKeysAfter(after, PAGE);
    for (const key of page) if (wrappedBy(key.wrapped) !== newestId) yield key;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.id;
  }
}

/**
 * Wraps the content keys that older intermediates wrap under the newest one, each by a statement of its own, and removes the older
 * intermediates once none is left and the time of grace is over.
 *
 * @returns content keys that were wrapped anew
 * @throws AppError `barrier-damaged` 500 for one that its intermediate does not open; the others are wrapped first
 */
export const retireIntermediates = async (options: {
  readonly service: Database<ServiceTables>;
  readonly hierarchy: LiveHierarchy;
  readonly now: () => number;
  readonly signal: AbortSignal;
}): Promise<number> => {
  const { service, hierarchy, now, signal } = options;
  const stored = await readHierarchy(service.db);
  if (stored === null || stored.intermediates.length < 2) return 0;
  const newest = await hierarchy.newest(service.db);
  const store = barrierKeysStore(service.db);
  let rewrapped = 0;
  const damaged: string[] = [];
  for await (const key of belowOlder(service, newest.id)) {
    signal.throwIfAborted();
    const from = await hierarchy.named(service.db, wrappedBy(key.wrapped));
    const wrapped = from && (await rewrapKey(from, newest, key.wrapped));
    if (!wrapped) damaged.push(key.tenantId);
    // One that was removed, or wrapped anew by another, meanwhile is nothing to do for this run.
    else if (await store.replace(key, wrapped)) rewrapped += 1;
  }
  if (damaged.length > 0) throw barrierDamaged(`the content key of tenant ${damaged.join(', ')}`);
  const [current, ...older] = stored.intermediates;
  if (current.id !== newest.id || rewrapped > 0 || current.createdAt + GRACE_MS > now()) return rewrapped;
  for (const key of older) await store.remove(key);
  await hierarchy.refresh(service.db);
  return rewrapped;
};
