import { sql } from 'kysely';
import type { Database } from '#infra/database/databases.ts';
import { sealedError } from '#kms/barrier/barrier-errors.ts';
import type { AuditTables } from '#kms/database/audit.table.ts';
import { auditMigrations } from '#kms/database/migrations.ts';
import type { AuditLog, AuditLogOptions } from './audit-log.ts';
import { ABANDONED_MS, createChainWriter } from './chain/chain-writer.ts';
import { createHeadSigner } from './chain/head-signer.ts';
import { entryOfAct } from './chain/recorded-act.ts';
import { closeChains } from './close-chains.ts';
import { createExport } from './export.ts';
import { createAuditEntries } from './reading/create-audit-entries.ts';
import { createRefusedRequests, SUM_EVERY_MS } from './refused-requests.ts';

/** Milliseconds between two heads of a chain in which something happens. */
const HEAD_EVERY_MS = 1_000;

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
  const { databases, barrier, durability, emit, now, elapsed } = options;
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await databases.open<AuditTables>('audit', auditMigrations));
  await setDurability(database, durability);
  const signer = createHeadSigner(barrier);
  const writer = createChainWriter({
    database,
    durability,
    signer,
    now,
    elapsed,
    onState: (state) => emit(state === 'written' ? { type: 'audit-written-again' } : { type: 'audit-unwritten', cause: state.cause }),
  });
  const refused = createRefusedRequests({ add: writer.add, now });

  const close = async (olderThan: number): Promise<void> => {
    const by = signer();
    if (by === null) return;
    for (const { chain, seq } of await closeChains({ database, signer: by, olderThan, own: writer.chain(), now }))
      emit({ type: 'audit-damaged', chain, seq });
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
    ...refused,
    head: async () => {
      await writer.head();
      const by = signer();
      if (by === null) throw sealedError();
      return { line: writer.signed()?.line ?? null, publicKey: by.publicJwk };
    },
    entries: createAuditEntries({ database, indexNow: () => writer.head() }),
    export: createExport({ database, signer, writer, now }),
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
