import type { Kysely } from 'kysely';
import type { DatabaseKind } from './config.ts';

/**
 * One step of a schema. It runs once for each database, in the transaction that also records it, so it is done or it never was.
 * Lists of migrations are only ever appended to.
 */
export interface Migration {
  /** Unique in its list and kept for ever, for example `0001-accounts`. */
  readonly name: string;
  // A migration knows no tables of the present: its own are those of the day when it was written.
  // oxlint-disable-next-line typescript/no-explicit-any
  up(db: Kysely<any>, kind: DatabaseKind): Promise<void>;
}
