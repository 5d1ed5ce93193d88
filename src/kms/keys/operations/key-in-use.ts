import { AppError } from '#infra/apperr/app-error.ts';
import type { KeyUse } from '#kms/action.ts';
import { type Algorithm, type Operation, PROTECTING } from '#kms/jose/algorithm.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import type { JoseInput } from '#kms/jose/compact.ts';
import { assertUsable } from '../elastic-keys/elastic-key.policy.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { protectionCountOf } from '../elastic-keys/usage.ts';
import type { KeyRing, UsableKey } from '../key-ring/key-ring.ts';

/** An elastic key that may do an operation now. */
export interface KeyInUse {
  readonly elasticKey: ElasticKey;
  /**
   * To protect: the version that does. To process: the newest that does, which stands in for the version of an input that has none, so
   * that its refusal takes as long.
   */
  readonly newest: UsableKey;
  readonly algorithm: Algorithm;
}

const noVersionProtects = (): AppError =>
  new AppError('no-version-protects', 409, 'The newest version of this elastic key was revoked or deleted, and no older one protects.', {
    fix: 'Rotate the elastic key, or restore its newest version where it is pending deletion.',
  });

const noVersionProcesses = (): AppError =>
  new AppError('no-version-processes', 409, 'No version of this elastic key opens or verifies anything: each was revoked or deleted.', {
    fix: 'Restore a version that is pending deletion, or rotate the elastic key to begin anew.',
  });

/**
 * The key and the version for an operation, as the state of each allows it.
 *
 * @throws AppError `elastic-key-not-found` 404; as `assertUsable`, `no-version-protects`, `no-version-processes` 409, which are the same
 *   for every input
 */
export const keyInUse = async (use: KeyUse<KeyRing>, operation: Operation, now: number): Promise<KeyInUse> => {
  const { elasticKey, protecting, processing } = await use.ring.snapshot(use);
  assertUsable(elasticKey, operation, now);
  const isProtecting = PROTECTING.has(operation);
  const newest = isProtecting ? protecting : processing;
  if (newest === null) throw isProtecting ? noVersionProtects() : noVersionProcesses();
  return { elasticKey, newest, algorithm: algorithmOf(elasticKey.algorithm) };
};

/**
 * Counts one protection by the version in use, where anything depends on the count.
 *
 * @throws AppError `protection-limit-reached` 409
 */
export const countProtection = async (use: KeyUse<KeyRing>, { elasticKey, newest }: KeyInUse): Promise<void> => {
  const count = protectionCountOf(elasticKey);
  if (count !== null) await use.ring.countProtection(use, newest.id, count);
};

/**
 * The version that made an input; null where this key has none such that still processes.
 *
 * @returns `haveLooked` where the database was asked for it
 */
export const versionOf = async (
  use: KeyUse<KeyRing>,
  { elasticKey }: Pick<KeyInUse, 'elasticKey'>,
  input: Pick<JoseInput, 'kid'> | null,
): Promise<{ readonly version: UsableKey | null; readonly haveLooked: boolean }> => {
  if (input === null) return { version: null, haveLooked: false };
  const { key, haveLooked } = await use.ring.version(use, elasticKey, input.kid);
  return { version: key && key.version >= elasticKey.minDecryptionVersion ? key : null, haveLooked };
};
