import type { KeyUse } from '#kms/action.ts';
import type { Algorithm, Operation } from '#kms/jose/algorithm.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import type { JoseInput } from '#kms/jose/compact.ts';
import { assertUsable } from '../elastic-keys/elastic-key.policy.ts';
import type { KeyRing, Snapshot, UsableKey } from '../key-ring/key-ring.ts';

/** An elastic key that may do an operation now, with its newest version. */
export interface KeyInUse extends Snapshot {
  readonly algorithm: Algorithm;
}

/** @throws AppError `elastic-key-not-found` 404; `elastic-key-suspended`, `operation-not-allowed`, `elastic-key-expired` 409 */
export const keyInUse = async (use: KeyUse<KeyRing>, operation: Operation, now: number): Promise<KeyInUse> => {
  const { elasticKey, newest } = await use.ring.snapshot(use);
  assertUsable(elasticKey, operation, now);
  return { elasticKey, newest, algorithm: algorithmOf(elasticKey.algorithm) };
};

/**
 * The version that made an input; null where this key has none such that still processes.
 *
 * @returns `haveLooked` where the database was asked for it in vain
 */
export const versionOf = async (
  use: KeyUse<KeyRing>,
  { elasticKey }: Snapshot,
  input: Pick<JoseInput, 'kid'> | null,
): Promise<{ readonly version: UsableKey | null; readonly haveLooked: boolean }> => {
  if (input === null) return { version: null, haveLooked: false };
  const found = await use.ring.version(use, elasticKey, input.kid);
  const version = found && found.version >= elasticKey.minDecryptionVersion ? found : null;
  return { version, haveLooked: found === null };
};
