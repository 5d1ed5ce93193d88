import { AppError } from '#infra/apperr/app-error.ts';
import { counted } from '#infra/lines/counted.ts';

/** Numbers of rows, by the word for one of them: `{ tenant: 2, account: 5 }`. */
export type RowCounts = Readonly<Record<string, number>>;

/** The data in the database of a server: rows of the demo, retired ones too, and real ones. */
export interface Holdings {
  readonly demo: RowCounts;
  readonly real: RowCounts;
  /** Some names among the real rows, for people. */
  readonly names: readonly string[];
}

export const totalOf = (counts: RowCounts): number => Object.values(counts).reduce((sum, count) => sum + count, 0);

/** For example `2 tenants, 1 account`. */
export const rowWords = (counts: RowCounts): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([word, count]) => counted(count, word))
    .join(', ');

/** For example `2 tenants, 1 account (acme, beta)`. */
export const realWords = ({ real, names }: Pick<Holdings, 'real' | 'names'>): string =>
  names.length === 0 ? rowWords(real) : `${rowWords(real)} (${names.join(', ')})`;

/**
 * Demo data, whose passwords are public, never begins in a database that holds real data. Where it began first, it goes on beside what
 * an operator made since.
 *
 * @throws AppError `demo-over-real-data` 409
 * @see docs/decisions/0013-demo-data-sleeps.md
 */
export const refuseOverRealData = (holdings: Holdings): void => {
  if (totalOf(holdings.real) === 0 || totalOf(holdings.demo) > 0) return;
  throw new AppError('demo-over-real-data', 409, `This database holds real data and no demo: ${realWords(holdings)}.`, {
    fix: 'Start without --demo and --reset-demo; a demo needs a database of its own.',
  });
};
