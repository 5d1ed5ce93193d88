import { Type } from 'typebox';
import { isoOrNull } from '#kms/api/fields.ts';
import { DURATION, durationOf, MAX_DURATION, secondsOf } from '#kms/api/duration.ts';
import { nullable } from '#kms/api/schemas.ts';
import type { ElasticKey } from './elastic-key.ts';
import { ROTATION_PERIODS, type Usage } from './usage.ts';

const protections = (description: string, example: number) =>
  nullable(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, examples: [example] }), { description });

const period = Type.String({
  description: `a duration of ISO 8601 in weeks, days, hours, minutes and seconds, such as P90D, from ${durationOf(ROTATION_PERIODS.min)} to ${durationOf(ROTATION_PERIODS.max)}`,
  pattern: DURATION,
  maxLength: MAX_DURATION,
  examples: ['P90D'],
});

const fields = {
  max_protections: protections('Protections of one version at most; null: as many as the algorithm allows.', 1_000_000),
  rotation_after_protections: protections(
    'Protections of one version after which the KMS rotates the key; null: never because of them.',
    900_000,
  ),
  rotation_period: nullable(period, { description: 'How long after a version the KMS makes the next one (ISO 8601); null: never.' }),
};

/** Members of a request. */
export const usageFields = {
  max_protections: Type.Optional(fields.max_protections),
  rotation_after_protections: Type.Optional(fields.rotation_after_protections),
  rotation_period: Type.Optional(fields.rotation_period),
};

/** Members of an answer. */
export const usageAnswer = {
  ...fields,
  next_rotation_at: Type.Union([Type.String(), Type.Null()], {
    description: 'When the KMS rotates the key because of its period. A key that is not active then, or has expired, is not rotated.',
  }),
};

interface UsageBody {
  readonly max_protections?: number | null;
  readonly rotation_after_protections?: number | null;
  readonly rotation_period?: string | null;
}

/** Parts the members of usage from the others. @throws AppError `duration-invalid` 400 */
export const usageOf = <B extends UsageBody>(body: B): { readonly usage: Partial<Usage>; readonly others: Omit<B, keyof UsageBody> } => {
  const { max_protections: max, rotation_after_protections: after, rotation_period: text, ...others } = body;
  return {
    usage: {
      ...(max === undefined ? {} : { maxProtections: max }),
      ...(after === undefined ? {} : { rotationAfterProtections: after }),
      ...(text === undefined ? {} : { rotationPeriod: text === null ? null : secondsOf(text, '/rotation_period', ROTATION_PERIODS) }),
    },
    others,
  };
};

export const usageView = ({ usage, nextRotationAt }: Pick<ElasticKey, 'usage' | 'nextRotationAt'>) => ({
  max_protections: usage.maxProtections,
  rotation_after_protections: usage.rotationAfterProtections,
  rotation_period: usage.rotationPeriod === null ? null : durationOf(usage.rotationPeriod),
  next_rotation_at: isoOrNull(nextRotationAt),
});
