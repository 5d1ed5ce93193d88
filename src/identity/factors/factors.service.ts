import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import type { AttemptLimits } from '#infra/secrets/attempts/attempt-limits.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { EncryptionKeys } from '#identity/keys/encryption-keys.ts';
import type { GivenCode, SecondFactors } from './factors.ts';
import type { Passkeys } from './passkeys.ts';
import { isRecoveryCode, recoveryHash, typedCode } from './recovery-codes.ts';
import { forgetCodesWithoutFactor, hasFactor, replaceRecoveryCodes } from './recovery.store.ts';
import { openSecret, sealSecret } from './sealed-secrets.ts';
import { newTotpSecret, stepOfCode, totpToShow } from './totp.ts';

/**
 * @param options.issuerHost name of Identity in an app
 * @param options.limits of guesses at codes: slower than those at passwords, because six digits are few
 * @param options.now epoch milliseconds
 */
export const createSecondFactors = (options: {
  readonly database: Pick<Database<IdentityTables>, 'db' | 'transaction'>;
  readonly encryptionKeys: EncryptionKeys;
  readonly issuerHost: string;
  readonly passkeys: Pick<Passkeys, 'list'>;
  readonly limits: AttemptLimits;
  readonly now: () => number;
}): SecondFactors => {
  const { database, encryptionKeys, issuerHost, passkeys, limits, now } = options;
  const { db } = database;

  const totpRow = (accountId: string) => db.selectFrom('totp_factors').selectAll().where('account_id', '=', accountId).executeTakeFirst();

  /** The step of a code of this account's app, and its row; null for a wrong code, or where there is no app of this kind. */
  const stepOf = async ({ accountId, code }: GivenCode, state: 'confirmed' | 'pending') => {
    const row = await totpRow(accountId);
    if (row === undefined || (row.confirmed_at === null) !== (state === 'pending')) return null;
    const secret = openSecret(row, encryptionKeys);
    try {
      const step = stepOfCode(secret, typedCode(code), now());
      return step === null ? null : { step, row };
    } finally {
      secret.fill(0);
    }
  };

  /** One conditional UPDATE decides who of several is first. */
  const useStep = async (accountId: string, step: number): Promise<boolean> => {
    const newer = db.updateTable('totp_factors').set({ last_step: step }).where('account_id', '=', accountId).where('last_step', '<', step);
    return (await newer.where('confirmed_at', 'is not', null).executeTakeFirst()).numUpdatedRows > 0n;
  };

  const useRecoveryCode = async ({ accountId, code }: GivenCode): Promise<boolean> => {
    const mine = db.updateTable('recovery_codes').set({ used_at: now() }).where('account_id', '=', accountId);
    const unused = mine.where('code_hash', '=', recoveryHash(accountId, code)).where('used_at', 'is', null);
    return (await unused.executeTakeFirst()).numUpdatedRows > 0n;
  };

  /** Guesses are paid by the account, not by its name: nobody but who gave the password comes here. */
  const attempt = ({ accountId, code, address }: GivenCode, look: () => Promise<boolean>): Promise<boolean> =>
    limits.attempt({ account: accountId, password: typedCode(code).slice(0, 64), address }, look);

  return {
    of: async (accountId) => {
      const totp = await totpRow(accountId);
      const { left } = await db
        .selectFrom('recovery_codes')
        .select((eb) => eb.fn.countAll<number | string>().as('left'))
        .where('account_id', '=', accountId)
        .where('used_at', 'is', null)
        .executeTakeFirstOrThrow();
      const addedAt = totp?.confirmed_at ?? null;
      return { totp: addedAt === null ? null : { addedAt }, passkeys: await passkeys.list(accountId), recoveryCodesLeft: Number(left) };
    },

    verifyCode: async (given) => {
      let used: 'app' | 'recovery' | null = null;
      await attempt(given, async () => {
        const found = await stepOf(given, 'confirmed');
        const isRight =
          found === null
            ? isRecoveryCode(typedCode(given.code)) && (await useRecoveryCode(given))
            : await useStep(given.accountId, found.step);
        if (isRight) used = found === null ? 'recovery' : 'app';
        return isRight;
      });
      return used;
    },

    beginTotp: async (accountId) => {
      const secret = newTotpSecret();
      const row = {
        account_id: accountId,
        ...sealSecret(secret, accountId, encryptionKeys),
        created_at: now(),
        confirmed_at: null,
        last_step: 0,
      };
      secret.fill(0);
      const { numInsertedOrUpdatedRows } = await db
        .insertInto('totp_factors')
        .values(row)
        .onConflict((conflict) => conflict.column('account_id').doUpdateSet(row).where('totp_factors.confirmed_at', 'is', null))
        .executeTakeFirst();
      if ((numInsertedOrUpdatedRows ?? 0n) === 0n) {
        throw new AppError('totp-exists', 409, 'This account has an app for one-time codes already.', { fix: 'Remove it first.' });
      }
    },

    pendingTotp: async ({ accountId, username }) => {
      const row = await totpRow(accountId);
      if (row === undefined || row.confirmed_at !== null) return null;
      const secret = openSecret(row, encryptionKeys);
      try {
        return totpToShow(secret, issuerHost, username);
      } finally {
        secret.fill(0);
      }
    },

    confirmTotp: async (given) => {
      const { accountId } = given;
      let found: Awaited<ReturnType<typeof stepOf>> = null;
      const isRight = await attempt(given, async () => (found = await stepOf(given, 'pending')) !== null);
      const confirmed = found as Awaited<ReturnType<typeof stepOf>>;
      if (!isRight || confirmed === null) return null;
      const { step, row } = confirmed;
      return database.transaction(async (tx) => {
        const isFirst = !(await hasFactor(tx, accountId));
        const change = tx.updateTable('totp_factors').set({ confirmed_at: now(), last_step: step }).where('account_id', '=', accountId);
        // The secret that the code is of: another page may have begun anew.
        const pending = change.where('confirmed_at', 'is', null).where('sealed_secret', '=', row.sealed_secret);
        if ((await pending.executeTakeFirst()).numUpdatedRows === 0n) return null;
        return isFirst ? replaceRecoveryCodes(tx, accountId) : [];
      });
    },

    removeTotp: (accountId) =>
      database.transaction(async (tx) => {
        await tx.deleteFrom('totp_factors').where('account_id', '=', accountId).execute();
        await forgetCodesWithoutFactor(tx, accountId);
      }),

    renewRecoveryCodes: (accountId) =>
      database.transaction(async (tx) => {
        if (await hasFactor(tx, accountId)) return replaceRecoveryCodes(tx, accountId);
        throw new AppError('no-second-factor', 409, 'This account has no second factor that recovery codes could stand for.');
      }),
  };
};
