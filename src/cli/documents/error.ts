import { type Static, Type } from 'typebox';
import type { Failure } from '#infra/apperr/result.ts';
import { strictObject } from '#infra/config/schema.ts';
import { document } from './document.ts';

/** A failure holds its cause, so it stands once in `$defs` and refers to itself. */
const failureRef = Type.Unsafe<Failure>({ $ref: '#/$defs/failure' });

/** The document that any command prints with `--output json` when it cannot do its work. */
export const errorSchema = document(
  'error',
  'passthru error',
  { error: failureRef },
  {
    $defs: {
      failure: strictObject({
        code: Type.String(),
        message: Type.String(),
        cause: Type.Union([failureRef, Type.Null()]),
        fix: Type.String(),
      }),
    },
  },
);

export type ErrorDocument = Static<typeof errorSchema>;
