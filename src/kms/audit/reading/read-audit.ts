import type { Action, Operate } from '#kms/action.ts';
import type { Page } from '#infra/http/request/paging.ts';
import type { Caller } from '#kms/caller.ts';
import type { AuditEntries, AuditEntry, AuditFilter } from './audit-entries.ts';

export const READ_AUDIT = { name: 'audit.read', scope: 'kms:audit:read', mode: 'read' } as const satisfies Action;

export type ReadAudit = (
  caller: Caller,
  filter: AuditFilter,
  page: { readonly limit?: number | undefined; readonly cursor?: string | undefined },
) => Promise<Page<AuditEntry>>;

/** Records of the caller's tenant. It is an act like every other, so the audit says who read it. */
export const createReadAudit =
  ({ operate, entries }: { readonly operate: Operate; readonly entries: AuditEntries }): ReadAudit =>
  (caller, filter, page) =>
    operate(caller, READ_AUDIT, null, ({ tenant }) => entries.list(tenant.id, filter, page));
