import type { Emit, KmsEvent } from '#kms/events.ts';
import type { DamagedRow } from './row-integrity.ts';
import type { TaggedTable } from './tagged-tables.ts';

/** So many damaged rows are remembered, each by so many characters of its id. */
const MAX_REMEMBERED = 1_000;
const MAX_ID_LENGTH = 64;
/** Milliseconds after which a row that was refused again is told of again, and one that was not is forgotten. */
const FORGET_MS = 600_000;

/** The rows that were refused a while ago at most, and were not found whole since. */
export interface DamagedRows {
  /**
   * Tells of the row, unless that was done a while ago.
   *
   * @param event default `row-damaged`
   * @returns it, cut to a length that may be kept and logged
   */
  note(row: DamagedRow, event?: KmsEvent): DamagedRow;
  whole(table: TaggedTable, id: string): void;
  all(): readonly DamagedRow[];
}

interface Noted {
  readonly row: DamagedRow;
  readonly told: number;
  readonly last: number;
}

const nameOf = (table: DamagedRow['table'], id: string): string => `${table} ${id.slice(0, MAX_ID_LENGTH)}`;

/** @param options.elapsed milliseconds of a clock that never goes back */
export const createDamagedRows = ({ emit, elapsed }: { readonly emit: Emit; readonly elapsed: () => number }): DamagedRows => {
  /** By name; the one refused last at the end. */
  const noted = new Map<string, Noted>();
  return {
    note: ({ table, id, tenantId }, event) => {
      const row = { table, id: id.slice(0, MAX_ID_LENGTH), tenantId: tenantId.slice(0, MAX_ID_LENGTH) };
      const name = nameOf(table, id);
      const before = noted.get(name);
      const now = elapsed();
      const isTold = before !== undefined && now - before.told < FORGET_MS;
      noted.delete(name);
      noted.set(name, { row, told: isTold ? before.told : now, last: now });
      const [oldest] = noted.keys();
      if (noted.size > MAX_REMEMBERED && oldest !== undefined) noted.delete(oldest);
      if (!isTold) emit(event ?? { type: 'row-damaged', ...row });
      return row;
    },
    whole: (table, id) => {
      if (noted.size > 0) noted.delete(nameOf(table, id));
    },
    all: () => {
      const now = elapsed();
      for (const [name, { last }] of noted) if (now - last >= FORGET_MS) noted.delete(name);
      return [...noted.values()].map(({ row }) => row);
    },
  };
};
