import type { Updateable } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { decodeCursor, DEFAULT_LIMIT, MAX_LIMIT, type Position } from '#infra/http/request/cursor.ts';
import { pageOf } from '#infra/http/request/paging.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import type { ClientRow } from '#identity/database/clients.table.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { type ClientRecord, hasSharedSecret } from '../client.ts';
import { clientColumns, toClient } from '../client-columns.ts';
import { newClientSecret } from '../new-client-secret.ts';
import { createAdministeredClientsStore, type StoredClientRow } from './administered-clients.store.ts';
import type { AdministeredClient, ClientAdministration } from './client-administration.ts';

const ORDER = 'clients';
/** Changes of others that may come first, before a caller hears of it. */
const ATTEMPTS = 3;

const unknown = (): AppError =>
  new AppError('client-unknown', 404, 'There is no client with this id.', { fix: '`passthru client list` shows the clients.' });

const notChangeable = ({ source, client }: AdministeredClient): AppError =>
  source === 'demo'
    ? new AppError('client-of-demo', 409, `The client ${client.clientId} is part of the demo.`, {
        fix: 'Change it in the seed of the demo, which is taken up at the next start; or make a client of your own.',
      })
    : new AppError('client-of-configuration', 409, `The client ${client.clientId} is one of the configuration.`, {
        fix: 'Change service_clients or browser_clients in the configuration of Identity, and start it again.',
      });

const withoutSecret = (clientId: string): AppError =>
  new AppError('client-without-secret', 409, `The client ${clientId} has no secret: it proves itself in another way, or not at all.`);

const overlaps = (until: number): AppError =>
  new AppError('client-secret-overlap', 409, `The secret before is still good, until ${new Date(until).toISOString()}.`, {
    fix: 'End that one first; or, where nobody uses the newest secret yet, replace the newest.',
  });

const ofConfiguration = (client: ClientRecord): AdministeredClient => ({
  client,
  source: 'configuration',
  disabled: false,
  createdAt: null,
  secret: null,
});

/** Those of the configuration come first. */
const positionOf = ({ source, client }: AdministeredClient): Position => ({
  value: source === 'configuration' ? 'configuration' : 'database',
  id: client.clientId,
});

/**
 * @param options.demo whether the demo's are found
 * @param options.configured clients of the configuration
 * @param options.now epoch milliseconds
 */
export const createClientAdministration = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db'>;
  readonly demo: boolean;
  readonly configured: readonly ClientRecord[];
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly now: () => number;
}): ClientAdministration => {
  const { database, passwords, now } = options;
  const store = createAdministeredClientsStore(database, options);
  const configured = options.configured.toSorted((a, b) => (a.clientId < b.clientId ? -1 : 1)).map(ofConfiguration);

  /** Until when the secret before is good; null where it is not. */
  const previousEndOf = ({ previous_secret_hash: hash, previous_secret_ends_at: end }: StoredClientRow): number | null =>
    hash !== null && end !== null && end > now() ? end : null;

  const shown = (row: StoredClientRow): AdministeredClient => ({
    client: toClient(row),
    source: row.demo === 1 ? 'demo' : 'operator',
    disabled: row.disabled === 1,
    createdAt: row.created_at,
    secret: row.secret_hash === null ? null : { madeAt: row.secret_made_at ?? row.created_at, previousEndsAt: previousEndOf(row) },
  });

  const rowOf = async (clientId: string): Promise<StoredClientRow> => {
    const row = await store.byClientId(clientId);
    if (row !== undefined) return row;
    const other = configured.find(({ client }) => client.clientId === clientId);
    throw other === undefined ? unknown() : notChangeable(other);
  };

  const changeableRowOf = async (clientId: string): Promise<StoredClientRow> => {
    const row = await rowOf(clientId);
    if (row.demo === 1) throw notChangeable(shown(row));
    return row;
  };

  const write = async (clientId: string, decide: (row: StoredClientRow) => Promise<Updateable<ClientRow>>): Promise<AdministeredClient> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const row = await changeableRowOf(clientId);
      const values = await decide(row);
      if (await store.change(row, values)) return shown({ ...row, ...(values as Partial<StoredClientRow>) });
    }
    throw new AppError('client-changed', 409, 'Others change this client at the same time.', { fix: 'Read it again, then decide anew.' });
  };

  return {
    list: async ({ limit = DEFAULT_LIMIT, cursor }) => {
      const after = decodeCursor(ORDER, 'string', cursor);
      const isInDatabase = after?.value === 'database';
      const first = isInDatabase ? [] : configured.filter(({ client }) => after === null || client.clientId > after.id);
      const rows = await store.page(isInDatabase ? after.id : null, limit + 1);
      return pageOf([...first, ...rows.map(shown)], { limit, order: ORDER, position: positionOf });
    },

    read: async (clientId) => {
      const row = await store.byClientId(clientId);
      const found = row === undefined ? configured.find(({ client }) => client.clientId === clientId) : shown(row);
      if (found === undefined) throw unknown();
      return found;
    },

    requireOfOperator: async (clientId) => void (await changeableRowOf(clientId)),

    withoutPkce: () => store.withoutPkce(MAX_LIMIT),

    change: (clientId, decide, precondition) =>
      write(clientId, async (row) => {
        const current = shown(row);
        precondition?.(current);
        const after = await decide(current.client);
        // One that registered itself must not take back by its own token what an operator took from it.
        const registration = row.registration_scopes === null ? {} : { registration_scopes: JSON.stringify(after.scopes) };
        return { ...clientColumns(after), ...registration };
      }),

    rotateSecret: async (clientId, { overlapMs, replaceNewest = false }) => {
      const secret = newClientSecret();
      const client = await write(clientId, async (row) => {
        if (!hasSharedSecret(toClient(row)) || row.secret_hash === null) throw withoutSecret(clientId);
        const previousEnd = previousEndOf(row);
        if (previousEnd !== null && !replaceNewest) throw overlaps(previousEnd);
        const at = now();
        const made = { secret_hash: await passwords.hash(secret), secret_made_at: at };
        // The secret before stays as it is: it is the one in use, and the newest never was.
        if (previousEnd !== null) return made;
        return overlapMs === 0
          ? { ...made, previous_secret_hash: null, previous_secret_ends_at: null }
          : { ...made, previous_secret_hash: row.secret_hash, previous_secret_ends_at: at + overlapMs };
      });
      return { client, secret };
    },

    endPreviousSecret: (clientId) =>
      write(clientId, async (row) => {
        if (row.secret_hash === null) throw withoutSecret(clientId);
        return { previous_secret_hash: null, previous_secret_ends_at: null };
      }),
  };
};
