import { listed } from './ledger/canonical-list.ts';
import { columnsOf, type TaggedTable } from './tagged-tables.ts';

/** The place of a row: the same columns at another place make another tag. */
export interface RowPlace {
  readonly table: TaggedTable;
  /** Primary key. */
  readonly id: string;
  readonly tenantId: string;
  readonly revision: number;
}

const LABEL = 'passthru row v1';

/** One letter for the type and the value as text, so that 1, '1' and null are three; null for a value that the KMS never writes. */
const typed = (value: unknown): string | null => {
  if (value === null) return 'n';
  if (typeof value === 'string') return `s${value}`;
  return typeof value === 'number' && Number.isSafeInteger(value) ? `i${value}` : null;
};

/**
 * The bytes that a tag covers: a list of label, table, key, tenant and revision, the number of columns, and name and typed value of
 * each.
 *
 * @returns null where a column holds what the KMS never writes, such as a fraction
 */
export const canonicalRow = ({ table, id, tenantId, revision }: RowPlace, row: Readonly<Record<string, unknown>>): Buffer | null => {
  const columns = columnsOf(table, row);
  const texts = [LABEL, table, id, tenantId, `${revision}`, `${columns.length}`];
  for (const column of columns) {
    const value = typed(row[column]);
    if (value === null) return null;
    texts.push(column, value);
  }
  return listed(texts);
};
