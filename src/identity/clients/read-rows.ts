import type { Selectable } from 'kysely';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { ClientRow } from '#identity/database/clients.table.ts';
import type { ClientRecord } from './client.ts';
import { toClient } from './client-columns.ts';

type Row = Selectable<ClientRow>;

/** Clients that are kept; one takes some KiB. */
const MAX_CLIENTS = 500;

const isSame = (one: Row, other: Row): boolean => {
  const columns = Object.keys(one) as (keyof Row)[];
  return columns.every((column) => one[column] === other[column]);
};

/**
 * Reads rows of clients. A row that is in every column what it was the last time is the client of that time: to parse its lists takes
 * longer than to compare its texts.
 */
export const createRowReader = (): ((row: Row) => ClientRecord) => {
  const before = createBoundedMap<{ readonly row: Row; readonly client: ClientRecord }>({ max: MAX_CLIENTS });
  return (row) => {
    const key = boundedKey(row.client_id);
    const known = before.get(key);
    if (known !== undefined && isSame(known.row, row)) return known.client;
    const client = toClient(row);
    before.set(key, { row, client });
    return client;
  };
};
