import type { Json } from '#infra/audit/canonical-json.ts';
import type { AuditRevisionRow } from '#kms/database/audit.table.ts';
import type { OwnedPosition } from '#kms/integrity/ledger/revisions.ts';

/** Positions of one head, so that its line stays short after the first look at many tenants; the others come with the next one. */
export const MAX_REVISIONS = 500;

/** How far databases had come, as the member `revisions` of a head; no member where nothing is new. */
export const revisionsMember = (positions: readonly OwnedPosition[]): { readonly revisions?: Json } =>
  positions.length === 0
    ? {}
    : { revisions: positions.map(({ owner, position: { ledger, revision, tag } }) => ({ ledger, owner, revision, tag })) };

export const revisionRows = (
  positions: readonly OwnedPosition[],
  head: { readonly chain: string; readonly part: number },
): readonly AuditRevisionRow[] => positions.map(({ owner, position: { ledger, revision } }) => ({ owner, ledger, revision, ...head }));

/** The positions that a head names. @param line of a head whose signature was found right */
export const revisionsOf = (line: { readonly [member: string]: Json }): readonly OwnedPosition[] => {
  const named = line['revisions'];
  if (!Array.isArray(named)) return [];
  return named.flatMap((value: Json) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
    const { owner, ledger, revision, tag } = value as { readonly [member: string]: Json };
    const isPosition = typeof owner === 'string' && typeof ledger === 'string' && typeof revision === 'number' && typeof tag === 'string';
    return isPosition ? [{ owner, position: { ledger, revision, tag } }] : [];
  });
};
