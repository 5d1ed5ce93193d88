import { randomUUIDv7 } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { storedTexts } from '#infra/database/stored-values.ts';
import { coversScope } from '#infra/magic/key-scopes.ts';
import { equalSecrets } from '#infra/secrets/compare.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { type ClientRecord, hasSharedSecret } from '../client.ts';
import { clientColumns, toClient } from '../client-columns.ts';
import { newClientSecret } from '../new-client-secret.ts';
import { newClientRow } from '../new-clients.ts';
import { refuseOtherProof } from '../same-proof.ts';
import { clientOfMetadata } from './client-metadata.ts';
import type { InitialTokens } from './initial-tokens.ts';
import { hashOfToken, newToken } from './opaque-token.ts';
import type { Registrations } from './registrations.ts';

/** Changes of operators that may come first. */
const ATTEMPTS = 3;

const invalidToken = (): AppError =>
  new AppError('registration-token-invalid', 401, 'The token is unknown, has ended or is used up.', {
    headers: { 'www-authenticate': 'Bearer realm="passthru-identity", error="invalid_token"' },
    members: { error: 'invalid_token' },
  });

/** @throws AppError `scope-beyond-token` 400 */
const refuseScopesBeyond = (client: ClientRecord, allowed: readonly string[]): void => {
  const fields = client.scopes
    .filter((scope) => !coversScope(allowed, scope))
    .map((scope) => ({ field: '/scope', message: `has ${scope}, which the initial access token does not give` }));
  if (fields.length === 0) return;
  throw new AppError('scope-beyond-token', 400, 'The client asks for a scope that its initial access token does not give.', {
    fields,
    fix: 'Leave it out, or ask the operator for another initial access token.',
  });
};

/**
 * @param options.check refuses a client that could never work
 * @param options.removeClient ends a client with its grants and tokens
 * @param options.now epoch milliseconds
 */
export const createRegistrations = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db' | 'transaction'>;
  readonly initialTokens: Pick<InitialTokens, 'find' | 'spend'>;
  readonly passwords: Pick<Passwords, 'hash'>;
  readonly check: (client: ClientRecord, hasSecret: boolean) => Promise<void>;
  readonly removeClient: (clientId: string) => Promise<void>;
  readonly now: () => number;
}): Registrations => {
  const { database, initialTokens, passwords, check, removeClient, now } = options;
  const { db } = database;

  /** @throws AppError `registration-token-invalid` 401, also for a client that is disabled */
  const rowFor = async (clientId: string, token: string) => {
    const row = await db
      .selectFrom('clients')
      .selectAll()
      .where('client_id', '=', clientId)
      .where('retired_at', 'is', null)
      .where('disabled', '=', 0)
      .executeTakeFirst();
    const { registration_token_hash: known = null } = row ?? {};
    // Compared where nobody is found, too, so that the time does not tell.
    const isRight = equalSecrets(hashOfToken(token), known ?? hashOfToken(''));
    if (row === undefined || known === null || !isRight) throw invalidToken();
    return { ...row, known };
  };

  return {
    register: async (initialToken, metadata) => {
      const given = await initialTokens.find(initialToken);
      if (given === undefined) throw invalidToken();
      const client = clientOfMetadata(randomUUIDv7(), metadata, given.scopes);
      const secret = hasSharedSecret(client) ? newClientSecret() : undefined;
      refuseScopesBeyond(client, given.scopes);
      await check(client, secret !== undefined);
      const [token, at] = [newToken(), now()];
      const row = newClientRow(client, { secretHash: secret === undefined ? null : await passwords.hash(secret), at });
      const registration = { registration_token_hash: hashOfToken(token), registration_scopes: JSON.stringify(given.scopes) };
      await database.transaction(async (tx) => {
        if (!(await initialTokens.spend(tx, given.id))) throw invalidToken();
        await tx
          .insertInto('clients')
          .values({ ...row, ...registration })
          .execute();
      });
      return { client, issuedAt: at, token, ...(secret === undefined ? {} : { secret }) };
    },

    read: async (clientId, token) => {
      const row = await rowFor(clientId, token);
      return { client: toClient(row), issuedAt: row.created_at };
    },

    replace: async (clientId, token, metadata) => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        const row = await rowFor(clientId, token);
        const scopes = storedTexts(row.registration_scopes ?? '[]', `the registration_scopes of client ${clientId}`);
        const client = clientOfMetadata(clientId, metadata, scopes);
        refuseOtherProof(toClient(row), client);
        refuseScopesBeyond(client, scopes);
        await check(client, hasSharedSecret(client));
        const next = newToken();
        const update = db
          .updateTable('clients')
          .set({ ...clientColumns(client), registration_token_hash: hashOfToken(next), revision: (row.revision ?? 0) + 1 });
        // Of two changes with one token the first has it; one of an operator that came first is read anew.
        const mine = update.where('pk', '=', row.pk).where('registration_token_hash', '=', row.known).where('disabled', '=', 0);
        const asRead = row.revision === null ? mine.where('revision', 'is', null) : mine.where('revision', '=', row.revision);
        if ((await asRead.executeTakeFirst()).numUpdatedRows > 0n) return { client, issuedAt: row.created_at, token: next };
      }
      throw new AppError('client-changed', 400, 'An operator changes this client at the same time.', { fix: 'Try it again.' });
    },

    remove: async (clientId, token) => {
      await rowFor(clientId, token);
      await removeClient(clientId);
    },
  };
};
