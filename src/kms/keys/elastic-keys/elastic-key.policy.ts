import { type Operation, PROTECTING } from '#kms/jose/algorithm.ts';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import { fieldInvalid } from '#kms/api/fields.ts';
import { elasticKeyExpired, elasticKeySuspended, operationNotAllowed } from './elastic-key-errors.ts';
import type { ElasticKey } from './elastic-key.ts';

/**
 * Whether a key may do an operation now, by state, allowed operations and expiry, in this order.
 *
 * @throws AppError `elastic-key-suspended`, `operation-not-allowed` or `elastic-key-expired`, each 409
 */
export const assertUsable = (key: ElasticKey, operation: Operation, now: number): void => {
  if (key.state !== 'active') throw elasticKeySuspended();
  if (!key.operations.includes(operation)) throw operationNotAllowed(operation, key.operations);
  if (PROTECTING.has(operation) && key.expiresAt !== null && key.expiresAt <= now) throw elasticKeyExpired();
};

/** The operations in the order of the algorithm's row, each once. @throws AppError `operation-not-of-algorithm` 400 */
export const checkedOperations = (name: AlgorithmName, operations: readonly Operation[] | undefined): readonly Operation[] => {
  const { operations: possible } = algorithmOf(name);
  if (!operations) return possible;
  const foreign = operations.find((operation) => !possible.includes(operation));
  if (foreign) {
    throw fieldInvalid(
      'operation-not-of-algorithm',
      '/operations',
      `names ${foreign}, which ${name} cannot do`,
      `Choose from ${possible.join(', ')}.`,
    );
  }
  return possible.filter((operation) => operations.includes(operation));
};

/** @throws AppError `expiry-past` 400 */
export const checkedExpiry = (expiresAt: number | null | undefined, now: number): number | null => {
  if (expiresAt === undefined || expiresAt === null) return null;
  if (expiresAt <= now)
    throw fieldInvalid('expiry-past', '/expires_at', 'is not in the future', 'Give a time in the future, or null for none.');
  return expiresAt;
};
