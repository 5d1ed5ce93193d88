import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import { storedTexts } from '#infra/database/stored-values.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { SecondMethod } from './acr.ts';
import type { PasskeyChallenges, Passkeys } from './passkeys.ts';
import { forgetCodesWithoutFactor, hasFactor, replaceRecoveryCodes } from './recovery.store.ts';

/**
 * COSE algorithms: EdDSA, ES256, RS256. The library would ask for ML-DSA-44 first, which an older Node, or another library that takes over
 * the accounts, could not verify.
 */
const ALGORITHMS = [-8, -7, -257];

const refused = (cause?: unknown): AppError =>
  new AppError('passkey-refused', 400, 'The passkey was not taken.', { cause, fix: 'Open the page again, and try once more.' });

const methodOf = (synced: boolean): SecondMethod => (synced ? 'swk' : 'hwk');

/** A seventh of the code of Identity, which a start does not wait for. */
const library = () => import('@simplewebauthn/server');

/** @param options.issuer origin of the pages; its host is the name that passkeys are bound to */
export const createPasskeys = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db' | 'transaction'>;
  readonly issuer: string;
  readonly challenges: PasskeyChallenges;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): Passkeys => {
  const { database, issuer, challenges, now } = options;
  const { db } = database;
  const rpID = new URL(issuer).hostname;

  const rowsOf = (accountId: string) =>
    db.selectFrom('passkeys').selectAll().where('account_id', '=', accountId).orderBy('created_at').execute();
  const descriptorsOf = async (accountId: string) =>
    (await rowsOf(accountId)).map(({ credential_id: id, transports }) => ({
      id,
      transports: [...storedTexts(transports, `the transports of passkey ${id}`)],
    }));

  return {
    list: async (accountId) =>
      (await rowsOf(accountId)).map((row) => ({
        credentialId: row.credential_id,
        name: row.name,
        addedAt: row.created_at,
        lastUsedAt: row.last_used_at,
      })),

    creationOptions: async ({ accountId, username }) => {
      const { generateRegistrationOptions } = await library();
      const made = await generateRegistrationOptions({
        rpName: 'passthru Identity',
        rpID,
        userName: username,
        userID: new TextEncoder().encode(accountId),
        attestationType: 'none',
        excludeCredentials: await descriptorsOf(accountId),
        authenticatorSelection: { residentKey: 'discouraged', userVerification: 'preferred' },
        supportedAlgorithmIDs: ALGORITHMS,
      });
      await challenges.remember(made.challenge, accountId, 'add');
      return JSON.stringify(made);
    },

    add: async ({ accountId, credential, name }) => {
      const { verifyRegistrationResponse } = await library();
      const verified = await verifyRegistrationResponse({
        response: parsed<RegistrationResponseJSON>(credential),
        expectedChallenge: (challenge) => challenges.use(challenge, accountId, 'add'),
        expectedOrigin: issuer,
        expectedRPID: rpID,
        requireUserVerification: false,
        supportedAlgorithmIDs: ALGORITHMS,
      }).catch((cause: unknown) => {
        throw refused(cause);
      });
      if (!verified.verified) throw refused();
      const { credential: made, credentialDeviceType: device } = verified.registrationInfo;
      const isSynced = device === 'multiDevice';
      const row = {
        credential_id: made.id,
        account_id: accountId,
        name,
        public_key: made.publicKey,
        counter: made.counter,
        transports: JSON.stringify(made.transports ?? []),
        synced: isSynced ? 1 : 0,
        created_at: now(),
        last_used_at: null,
      };
      return database.transaction(async (tx) => {
        const isFirst = !(await hasFactor(tx, accountId));
        try {
          await tx.insertInto('passkeys').values(row).execute();
        } catch (error) {
          throw isUniqueViolation(error) ? refused(error) : error;
        }
        return { method: methodOf(isSynced), recoveryCodes: isFirst ? await replaceRecoveryCodes(tx, accountId) : [] };
      });
    },

    requestOptions: async (accountId) => {
      const { generateAuthenticationOptions } = await library();
      const made = await generateAuthenticationOptions({
        rpID,
        allowCredentials: await descriptorsOf(accountId),
        userVerification: 'preferred',
      });
      await challenges.remember(made.challenge, accountId, 'log-in');
      return JSON.stringify(made);
    },

    verify: async ({ accountId, credential }) => {
      const response = parsed<AuthenticationResponseJSON>(credential);
      const row = (await rowsOf(accountId)).find(({ credential_id: id }) => id === response.id);
      if (row === undefined) return null;
      const { verifyAuthenticationResponse } = await library();
      const { credential_id: id, counter } = row;
      const verified = await verifyAuthenticationResponse({
        response,
        expectedChallenge: (challenge) => challenges.use(challenge, accountId, 'log-in'),
        expectedOrigin: issuer,
        expectedRPID: rpID,
        requireUserVerification: false,
        credential: { id, publicKey: Uint8Array.from(row.public_key), counter },
      }).catch(() => null);
      if (verified?.verified !== true) return null;
      const change = { counter: verified.authenticationInfo.newCounter, last_used_at: now() };
      // A passkey that was removed meanwhile, or whose count another log-in has moved on, opens nothing.
      const mine = db.updateTable('passkeys').set(change).where('credential_id', '=', id).where('account_id', '=', accountId);
      const { numUpdatedRows } = await mine.where('counter', '=', counter).executeTakeFirst();
      return numUpdatedRows > 0n ? methodOf(row.synced === 1) : null;
    },

    remove: (accountId, credentialId) =>
      database.transaction(async (tx) => {
        await tx.deleteFrom('passkeys').where('account_id', '=', accountId).where('credential_id', '=', credentialId).execute();
        await forgetCodesWithoutFactor(tx, accountId);
      }),
  };
};

/** What a browser gave; the library checks what it holds. */
const parsed = <T>(text: string): T => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as T;
  } catch (cause) {
    throw refused(cause);
  }
  throw refused();
};
