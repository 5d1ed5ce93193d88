import { sql } from 'kysely';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { Database } from '#infra/database/databases.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import type { AuditTables } from '#kms/database/audit.table.ts';
import { auditMigrations } from '#kms/database/migrations.ts';
import type { AuditLog, AuditLogOptions } from './audit-log.ts';
import { createAuditKeys } from './chain/audit-keys.ts';
import { auditStore } from './chain/audit.store.ts';
import { ABANDONED_MS, createChainWriter } from './chain/chain-writer.ts';
import { entryOfAct } from './chain/recorded-act.ts';
import { headIn } from './chain/stored-heads.ts';
import { closeChains } from './close-chains.ts';
import { createExport } from './export.ts';
import { createAuditEntries } from './reading/create-audit-entries.ts';
import { createRefusedRequests, SUM_EVERY_MS } from './refused-requests.ts';

/** Milliseconds between two heads of a chain in which something happens. */
const HEAD_EVERY_MS = 1_000;
/** Damaged chains that have been told of; one is told of once. */
const MAX_TOLD = 1_000;

/** The commit of a file with write-ahead log reaches the system at once, and the disk with `full` before it is answered. @see https://www.sqlite.org/pragma.html#pragma_synchronous */
const setDurability = async ({ db, kind }: Database<AuditTables>, durability: AuditLogOptions['durability']): Promise<void> => {
  if (kind === 'sqlite') await sql.raw(`pragma synchronous = ${durability === 'disk' ? 'full' : 'normal'}`).execute(db);
};

/**
 * Opens the database of the audit, and closes the chains that processes before this one left open. Disposal ends the chain of this
 * process with a signed head.
 *
 * @throws AppError of the database
 */
export const openAuditLog = async (options: AuditLogOptions): Promise<AuditLog> => {
  const { databases, barrier, durability, revisions, emit, now, elapsed } = options;
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await databases.open<AuditTables>('audit', auditMigrations));
  await setDurability(database, durability);
  const keys = createAuditKeys(barrier);
  const writer = createChainWriter({
    database,
    durability,
    keys,
    revisions,
    now,
    elapsed,
    onState: (state) => emit(state === 'written' ? { type: 'audit-written-again' } : { type: 'audit-unwritten', cause: state.cause }),
  });
  const refused = createRefusedRequests({ add: writer.add, now });

  // A chain that cannot be closed is found again each minute.
  const told = createBoundedMap<true>({ max: MAX_TOLD });
  const tellDamage = (chain: string, seq: number): void => {
    const key = boundedKey(chain);
    if (told.get(key) === true) return;
    told.set(key, true);
    emit({ type: 'audit-damaged', chain, seq });
  };

  const close = async (olderThan: number): Promise<void> => {
    const by = keys();
    if (by === null) return;
    for (const { chain, seq } of await closeChains({ database, keys: by, olderThan, own: writer.chain(), now })) tellDamage(chain, seq);
  };
  // The file of SQLite has one process, so every other chain is that of one that is gone.
  await close(databases.kind === 'sqlite' ? Number.MAX_SAFE_INTEGER : now() - ABANDONED_MS);

  opened.defer(async () => {
    refused.sum();
    await writer.head('end').catch((cause: unknown) => emit({ type: 'audit-unwritten', cause }));
  });
  const resources = opened.move();
  return {
    record: (act) => writer.add(entryOfAct(act, now())),
    recallRevisions: async ({ acceptOlder }) => {
      const by = keys();
      if (by === null) throw sealedError();
      const store = auditStore(database.db);
      if (acceptOlder) return emit({ type: 'older-databases-accepted', owners: await store.forgetRevisions() });
      for (const part of await store.revisionParts()) {
        const head = headIn(part, by);
        if (head === null) tellDamage(part.chain, part.last_seq);
        else revisions.recall(head.revisions);
      }
      return undefined;
    },
    ...refused,
    head: async () => {
      await writer.head();
      const by = keys();
      if (by === null) throw sealedError();
      return { line: writer.signed()?.line ?? null, publicKey: by.signer.publicJwk };
    },
    entries: createAuditEntries({
      database,
      keys,
      indexNow: () => writer.head(),
      elapsed,
      onForeign: ({ chain, last_seq: seq }) => tellDamage(chain, seq),
    }),
    export: createExport({ database, keys, writer, now }),
    jobs: [
      {
        name: 'audit-heads',
        periodMs: HEAD_EVERY_MS,
        run: async () => {
          await writer.head();
          await writer.endOfRest();
        },
      },
      { name: 'audit-refusals', periodMs: SUM_EVERY_MS, run: async () => refused.sum() },
      { name: 'audit-abandoned-chains', periodMs: SUM_EVERY_MS, run: () => close(now() - ABANDONED_MS) },
    ],
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};
