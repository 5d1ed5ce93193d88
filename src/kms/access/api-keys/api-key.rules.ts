import { AppError } from '#infra/apperr/app-error.ts';
import { keyScopeOf, type ScopedKeys } from '#infra/magic/key-scopes.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import { fineScopesOf } from '#infra/magic/scopes.ts';
import { fieldInvalid, isoOf } from '#kms/api/fields.ts';
import type { Caller } from '#kms/caller.ts';
import { lentBeyond } from '#kms/keys/grants/lent-rights.ts';
import type { ApiKeysConfig } from './config.ts';
import type { ApiKey } from './credential/api-key.ts';

const DAY_MS = 86_400_000;

/** The same for a key of another tenant as for one that never was. */
export const apiKeyNotFound = (): AppError =>
  new AppError('api-key-not-found', 404, 'There is no such API key.', { fix: 'List the API keys to find its id.' });

export const apiKeysQuota = (limit: number): AppError =>
  new AppError('api-keys-quota', 409, `This tenant has ${limit} API keys, which is all that it may have.`, {
    fix: 'Delete one that is revoked or not used any more, or have an operator raise `api_keys.max` of the KMS.',
  });

/** @throws AppError `api-key-revoked` 409: a revoked key stays so */
export const assertNotRevoked = ({ state }: Pick<ApiKey, 'state'>): void => {
  if (state === 'revoked')
    throw new AppError('api-key-revoked', 409, 'The API key is revoked, for good.', { fix: 'Make another API key.' });
};

/** @throws AppError `api-key-expired` 409 */
export const assertNotExpired = ({ expiresAt }: Pick<ApiKey, 'expiresAt'>, now: number): void => {
  if (expiresAt <= now)
    throw new AppError('api-key-expired', 409, 'The API key has expired.', {
      fix: 'Give a new `expires_at` as well, or make another API key.',
    });
};

/** @throws AppError `scope-unknown` 400 for a scope that covers nothing */
export const checkedScopes = (scopes: readonly string[]): readonly string[] => {
  const index = scopes.findIndex((scope) => fineScopesOf(scope).length === 0 && keyScopeOf(scope) === null);
  if (index === -1) return scopes;
  throw fieldInvalid(
    'scope-unknown',
    `/scopes/${index}`,
    'is no scope of the KMS',
    'See the page on API keys for the scopes that there are.',
  );
};

const isSame = (one: ScopedKeys, other: ScopedKeys): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Whether the caller holds the right for all keys, or for these by a scope of his that says the same. */
const holds = ({ scopes, keyScopes = [] }: Caller, right: FineScope, keys: ScopedKeys | null): boolean => {
  if (scopes.has(right)) return true;
  if (keys === null || keyScopes.length === 0) return false;
  return keyScopes.every(
    ({ whole, some }) => whole.has(right) || some.some((each) => each.rights.includes(right) && isSame(each.keys, keys)),
  );
};

/**
 * Nobody hands on more than he holds: neither to a key that he makes, nor by giving new life or a new secret to one that holds more.
 *
 * @throws AppError `scope-not-held` 403
 */
export const assertHolds = (caller: Caller, scopes: readonly string[]): void => {
  for (const [index, scope] of scopes.entries()) {
    const { keys, rights } = keyScopeOf(scope) ?? { keys: null, rights: fineScopesOf(scope) };
    const missing = rights.find((right) => !holds(caller, right, keys));
    if (missing === undefined) continue;
    const where = keys === null ? missing : `${missing} for these keys`;
    throw new AppError('scope-not-held', 403, `You do not hold ${where}, so no API key gets it from you.`, {
      fields: [
        {
          field: `/scopes/${index}`,
          message: `covers ${where}, which you do not hold`,
          fix: 'Leave it out, or ask somebody who holds it.',
        },
      ],
    });
  }
};

/** Refuses to give a key what grants lend it and the caller does not hold. @throws AppError `scope-not-held` 403 */
export const assertHoldsLent = async (caller: Caller, id: string, how: Parameters<typeof lentBeyond>[2]): Promise<void> => {
  const missing = await lentBeyond(caller, { kind: 'api-key', issuer: null, subject: id }, how);
  if (missing === undefined) return;
  throw new AppError('scope-not-held', 403, `A grant lends the API key ${missing}, which you do not hold.`, {
    fix: 'Ask somebody who holds it, or have the grant revoked first.',
  });
};

/** The end of who asks, where that is an API key: nothing outlives its maker. */
const ownEnd = ({ authentication }: Caller): number => (authentication.kind === 'api-key' ? authentication.expiresAt : Infinity);

const expiryTooLate = (latest: number): AppError =>
  fieldInvalid(
    'expiry-too-late',
    '/expires_at',
    `is after ${isoOf(latest)}`,
    `Give a time until ${isoOf(latest)}; rotation needs no later one.`,
  );

/**
 * When a key will expire: as its maker says, or after the days of the policy.
 *
 * @throws AppError `expiry-past`, `expiry-too-late` 400
 */
export const checkedExpiry = (caller: Caller, asked: number | undefined, config: ApiKeysConfig, now: number): number => {
  const latest = Math.min(now + config.max_days * DAY_MS, ownEnd(caller));
  if (asked === undefined) return Math.min(latest, now + config.default_days * DAY_MS);
  if (asked <= now) throw fieldInvalid('expiry-past', '/expires_at', 'is not in the future', 'Give a time in the future.');
  if (asked > latest) throw expiryTooLate(latest);
  return asked;
};

/**
 * When a key will expire that is given more scopes, life or a new secret: as the caller says, or when it does now, and not after him.
 *
 * @throws AppError `expiry-past`, `expiry-too-late` 400
 */
export const checkedEnd = (
  caller: Caller,
  { before, asked }: { readonly before: Pick<ApiKey, 'expiresAt'>; readonly asked: number | undefined },
  config: ApiKeysConfig,
  now: number,
): number => {
  if (asked !== undefined) return checkedExpiry(caller, asked, config, now);
  if (before.expiresAt > ownEnd(caller)) throw expiryTooLate(ownEnd(caller));
  return before.expiresAt;
};
