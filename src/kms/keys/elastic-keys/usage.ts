import { fieldInvalid } from '#kms/api/fields.ts';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';

/** How often a version of an elastic key protects, and when the KMS makes the next one by itself. */
export interface Usage {
  /** Protections of one version at most; null: as many as its algorithm allows. */
  readonly maxProtections: number | null;
  /** Protections of one version after which the key is rotated; null: never because of them. */
  readonly rotationAfterProtections: number | null;
  /** Seconds from one version to the next; null: never because of the time. */
  readonly rotationPeriod: number | null;
}

/** Seconds of the shortest and of the longest period. */
export const ROTATION_PERIODS = { min: 3_600, max: 3_650 * 86_400 } as const;

/** How the protections of a version are counted: the count never rises above `most`, and from `rotateFrom` on the key is to be rotated. */
export interface ProtectionCount {
  readonly most: number | null;
  readonly rotateFrom: number | null;
}

/** Of an algorithm itself; null: no bound. @see NIST SP 800-38D section 8.3 */
const mostByAlgorithm = (name: AlgorithmName): number | null => {
  const { protectionLimit } = algorithmOf(name);
  return protectionLimit === null ? null : protectionLimit - 1;
};

/** How the protections of a key are counted; null where nothing depends on the count, and nobody counts. */
export const protectionCountOf = (key: { readonly algorithm: AlgorithmName; readonly usage: Usage }): ProtectionCount | null => {
  const { maxProtections, rotationAfterProtections: rotateFrom } = key.usage;
  const most = maxProtections ?? mostByAlgorithm(key.algorithm);
  return most === null && rotateFrom === null ? null : { most, rotateFrom };
};

const NO_USAGE: Usage = { maxProtections: null, rotationAfterProtections: null, rotationPeriod: null };

/**
 * Usage after a change.
 *
 * @throws AppError `max-protections-above-algorithm`, `rotation-after-limit`, `rotation-of-external` 400
 */
export const usageAfter = (
  key: { readonly algorithm: AlgorithmName; readonly origin: 'kms' | 'external'; readonly usage?: Usage },
  changes: Partial<Usage>,
): Usage => {
  const usage = { ...NO_USAGE, ...key.usage, ...changes };
  const { maxProtections, rotationAfterProtections: after, rotationPeriod } = usage;
  const byAlgorithm = mostByAlgorithm(key.algorithm);
  if (maxProtections !== null && byAlgorithm !== null && maxProtections > byAlgorithm)
    throw fieldInvalid(
      'max-protections-above-algorithm',
      '/max_protections',
      `is above ${byAlgorithm}, which is as often as a version may protect with ${algorithmOf(key.algorithm).base}`,
      `Choose at most ${byAlgorithm}, or null for that.`,
    );
  const most = maxProtections ?? byAlgorithm;
  if (after !== null && most !== null && after >= most)
    throw fieldInvalid(
      'rotation-after-limit',
      '/rotation_after_protections',
      `is not below ${most}, after which a version protects nothing more`,
      `Choose less than ${most}, so that the next version is there in time.`,
    );
  if (key.origin === 'external' && (after !== null || rotationPeriod !== null))
    throw fieldInvalid(
      'rotation-of-external',
      after === null ? '/rotation_period' : '/rotation_after_protections',
      'is given for a key of external origin, of which the KMS makes no version',
      'Leave it out, and import a new version in time.',
    );
  return usage;
};

/** When a key is rotated because of the time, in epoch milliseconds; null where it is not. @param latestVersionAt epoch milliseconds */
export const nextRotationOf = ({ rotationPeriod }: Usage, latestVersionAt: number): number | null =>
  rotationPeriod === null ? null : latestVersionAt + rotationPeriod * 1_000;
