import { createExportVerifier, type Verdict } from '#infra/audit/verify-export.ts';
import type { Databases } from '#infra/database/databases.ts';
import type { AuditLog } from '#kms/audit/audit-log.ts';
import type { AuditConfig } from '#kms/audit/config.ts';
import { openAuditLog } from '#kms/audit/open-audit-log.ts';
import type { KmsEvent } from '#kms/events.ts';
import { createRevisions, type RevisionsInMemory } from '#kms/integrity/ledger/revisions.ts';
import { createKeys, type Keys } from '#kms/keys/keys.ts';
import type { TestDatabases } from './database.ts';
import { insufficientScope } from './kms-caller.ts';
import { type TestKms, testKms } from './kms-keys.ts';

/** Keys whose door records every act. */
export interface AuditedKms extends AsyncDisposable {
  readonly kms: TestKms;
  readonly keys: Keys;
  readonly audit: AuditLog;
  /** What this process knows of the databases. */
  readonly revisions: RevisionsInMemory;
  readonly events: readonly KmsEvent[];
  /** Another process on the same databases, or on those that are given, in the same words. */
  again(databases?: Databases): Promise<Omit<AuditedKms, 'again'>>;
}

export const auditedKms = async (
  test: TestDatabases,
  options: { readonly durability?: AuditConfig['durability']; readonly databases?: Databases } = {},
): Promise<AuditedKms> => {
  const { durability = 'process' } = options;
  const revisions = createRevisions();
  const kms = await testKms(test, revisions);
  const { barrier, rows, clock } = kms;
  const open = async (databases: Databases, revisions: RevisionsInMemory): Promise<Omit<AuditedKms, 'again'>> => {
    const events: KmsEvent[] = [];
    const [now, elapsed] = [() => clock.now, () => clock.elapsed];
    const audit = await openAuditLog({ databases, barrier, durability, revisions, emit: (event) => void events.push(event), now, elapsed });
    const keys = createKeys({ barrier, rows, insufficientScope, audit, now, elapsed });
    return { kms, keys, audit, revisions, events, [Symbol.asyncDispose]: () => audit[Symbol.asyncDispose]() };
  };
  return {
    ...(await open(options.databases ?? test.databases, revisions)),
    again: async (databases) => open(databases ?? (await test.reopen()), createRevisions()),
  };
};

/** The lines of an export, as the CLI writes them. */
export const exportOf = async (audit: Pick<AuditLog, 'export'>): Promise<readonly string[]> => {
  const { line, chains } = await audit.export.begin();
  const all = [line];
  for (const { chain, parts } of chains) {
    for (let from: number | null = 0; from !== null;) {
      const page: { readonly lines: readonly string[]; readonly next: number | null } = await audit.export.lines(chain, {
        from,
        to: parts,
      });
      all.push(...page.lines);
      from = page.next;
    }
  }
  return all;
};

export const verdictOf = (lines: readonly string[], options: Parameters<typeof createExportVerifier>[0] = {}): Verdict => {
  const verifier = createExportVerifier(options);
  for (const line of lines) verifier.take(line);
  return verifier.verdict();
};
