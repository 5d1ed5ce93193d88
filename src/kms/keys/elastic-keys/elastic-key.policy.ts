import { isUuid } from '#infra/magic/uuid.ts';
import { type KeyPurpose, type Operation, PROTECTING } from '#kms/jose/algorithm.ts';
import { type AlgorithmName, algorithmOf, VARIANTS } from '#kms/jose/algorithms.ts';
import { fieldInvalid } from '#kms/api/fields.ts';
import {
  elasticKeyExpired,
  elasticKeyExternal,
  elasticKeyNotExportable,
  elasticKeyNotExternal,
  operationNotAllowed,
} from './elastic-key-errors.ts';
import { assertActive } from './elastic-key.states.ts';
import type { ChosenAlgorithm, ElasticKey } from './elastic-key.ts';

/**
 * Whether a key may do an operation now, by state, allowed operations and expiry, in this order.
 *
 * @throws AppError as `assertActive`; `operation-not-allowed`, `elastic-key-expired` 409
 */
export const assertUsable = (key: ElasticKey, operation: Operation, now: number): void => {
  assertActive(key);
  if (!key.operations.includes(operation)) throw operationNotAllowed(operation, key.operations);
  if (PROTECTING.has(operation) && key.expiresAt !== null && key.expiresAt <= now) throw elasticKeyExpired();
};

/** Refuses what makes or gives away a version of a key that has expired. @throws AppError `elastic-key-expired` 409 */
const assertNotExpired = ({ expiresAt }: ElasticKey, at: number): void => {
  if (expiresAt !== null && expiresAt <= at) throw elasticKeyExpired();
};

/** Whether the KMS may make a new version of a key. @throws AppError as `assertActive`; `elastic-key-external`, `elastic-key-expired` 409 */
export const assertRotates = (key: ElasticKey, at: number): void => {
  assertActive(key);
  if (key.origin === 'external') throw elasticKeyExternal();
  assertNotExpired(key, at);
};

/**
 * Whether a version of a key may be imported: the first one, too.
 *
 * @throws AppError as `assertActive`, but for the key that is pending import; `elastic-key-not-external`, `elastic-key-expired` 409
 */
export const assertImports = (key: ElasticKey, at: number): void => {
  if (key.state !== 'pending-import') assertActive(key);
  if (key.origin !== 'external') throw elasticKeyNotExternal();
  assertNotExpired(key, at);
};

/** Whether a version of a key may be exported. @throws AppError as `assertActive`; `elastic-key-not-exportable`, `elastic-key-expired` 409 */
export const assertExports = (key: ElasticKey, at: number): void => {
  assertActive(key);
  if (!key.exportable) throw elasticKeyNotExportable();
  assertNotExpired(key, at);
};

/** Bits of the RSA key of an algorithm, and the curve of its key pair; null where it has none. */
export const keyFactsOf = (name: AlgorithmName): { readonly keySize: number | null; readonly curve: string | null } => {
  const { key } = algorithmOf(name);
  return key.kind === 'pair' ? { keySize: key.size, curve: key.curve } : { keySize: null, curve: null };
};

/** The sizes, or curves, that the keys of these algorithms have. */
export const choicesOf = <Fact extends 'keySize' | 'curve'>(variants: readonly AlgorithmName[], fact: Fact) =>
  [...new Set(variants.map((name) => keyFactsOf(name)[fact]))].filter((value) => value !== null);

/** Encryption by PKCS#1 v1.5, OAEP with SHA-1, keys from passwords, and no protection at all. @see RFC 8725 section 3.2, RFC 8017 section 7.2 */
const isWeak = (algorithm: string): boolean => /^(.*\/)?(RSA1_5|RSA-OAEP|PBES2-.*|none)$/.test(algorithm);

const fixFor = (choices: readonly (string | number)[], field: string): string =>
  choices.length === 0 ? `Leave ${field} out.` : `Choose from ${choices.toSorted().join(', ')}.`;

/** What keys of these algorithms may be for. */
export const usesOf = (variants: readonly AlgorithmName[]): readonly KeyPurpose[] => [
  ...new Set(variants.map((name) => algorithmOf(name).use)),
];

/**
 * The algorithm with the use, size and curve that were asked for, or else the first of its line.
 *
 * @throws AppError `algorithm-unknown`, `use-not-of-algorithm`, `key-size-not-of-algorithm`, `curve-not-of-algorithm` 400
 */
export const checkedAlgorithm = ({ algorithm, keySize, curve, use }: ChosenAlgorithm): AlgorithmName => {
  const variants = VARIANTS.get(algorithm);
  if (!variants) {
    const why = isWeak(algorithm) ? `is refused: ${algorithm} is broken or too weak` : 'is no algorithm of this KMS';
    throw fieldInvalid('algorithm-unknown', '/algorithm', why, 'Choose one of GET /service/api/v1/algorithms.');
  }
  const ofUse = variants.filter((name) => use === undefined || algorithmOf(name).use === use);
  if (ofUse.length === 0)
    throw fieldInvalid(
      'use-not-of-algorithm',
      '/use',
      `is ${use}, for which no key of ${algorithm} is`,
      `Choose from ${usesOf(variants).join(', ')}.`,
    );
  const ofSize = ofUse.filter((name) => keySize === undefined || keyFactsOf(name).keySize === keySize);
  if (ofSize.length === 0)
    throw fieldInvalid(
      'key-size-not-of-algorithm',
      '/key_size',
      `is ${keySize}, which no key of ${algorithm} has`,
      fixFor(choicesOf(variants, 'keySize'), 'key_size'),
    );
  const [chosen] = ofSize.filter((name) => curve === undefined || keyFactsOf(name).curve === curve);
  if (!chosen)
    throw fieldInvalid(
      'curve-not-of-algorithm',
      '/curve',
      `is ${curve}, on which no key of ${algorithm} is`,
      fixFor(choicesOf(variants, 'curve'), 'curve'),
    );
  return chosen;
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
      `names ${foreign}, which ${algorithmOf(name).base} cannot do`,
      `Choose from ${possible.join(', ')}.`,
    );
  }
  return possible.filter((operation) => operations.includes(operation));
};

/** A name must not be taken for an id, by which keys are found as well. @throws AppError `name-like-id` 400 */
export const checkedName = (name: string): string => {
  if (isUuid(name)) throw fieldInvalid('name-like-id', '/name', 'has the form of a UUID, as only ids have', 'Choose another name.');
  return name;
};

/** @throws AppError `expiry-past` 400 */
export const checkedExpiry = (expiresAt: number | null | undefined, now: number): number | null => {
  if (expiresAt === undefined || expiresAt === null) return null;
  if (expiresAt <= now)
    throw fieldInvalid('expiry-past', '/expires_at', 'is not in the future', 'Give a time in the future, or null for none.');
  return expiresAt;
};
