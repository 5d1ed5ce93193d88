import { createHash } from 'node:crypto';
import type { LedgerRow } from '#kms/database/row-ledger.table.ts';
import { listed } from './canonical-list.ts';

/** The id of the row that lists the pages. */
export const HEAD = 'head';

const LABEL = 'passthru ledger v1';

/** So many characters of a tag, its version included, tell it from every other: 132 bits. */
const TAG_PREFIX = 25;

export type Entries = Readonly<Record<string, string>>;

/** Every row belongs on one of 256 pages, so that a page of a database with many rows stays short. */
export const pageOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 2);

/** The name of a row in the ledger. */
export const nameOf = (table: string, id: string): string => `${table} ${id}`;

export const entryOf = (tag: string | null): string | undefined => tag?.slice(0, TAG_PREFIX);

/** The bytes that the tag of a head or of a page covers. @param owner whose ledger it is */
export const canonicalLedgerRow = (owner: string, { id, stamp, revision, entries }: Omit<LedgerRow, 'tag'>): Buffer =>
  listed([LABEL, owner, id, stamp, `${revision}`, entries]);

/** Only of a row whose tag was found right. */
export const entriesOf = ({ entries }: Pick<LedgerRow, 'entries'>): Entries => JSON.parse(entries) as Entries;
