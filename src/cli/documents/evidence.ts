import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document, nullable } from './document.ts';

/** `passthru evidence verify --output json` */
export const evidenceVerifySchema = document('evidence-verify', 'passthru evidence verify', {
  folder: Type.String(),
  holds: Type.Boolean(),
  outcome: nullable(Type.String({ description: 'of the run, as the manifest says; a bundle of a run that failed may hold' })),
  files: Type.Integer(),
  bytes: Type.Integer(),
  exchanges: Type.Integer({ description: 'recorded requests with their answers' }),
  checks: strictObject({
    repeated: Type.Integer({ description: 'made again from their exchanges, with the same result' }),
    observed: Type.Integer({ description: 'no record can show them: the word of the run' }),
    failed: Type.Integer({ description: 'of all of them, those that failed in the run' }),
  }),
  signer: nullable(
    strictObject({
      name: Type.String(),
      ca: Type.String({ description: 'SHA-256 fingerprint of the root' }),
      ca_is_pinned: Type.Boolean({ description: 'false: the root is the one in the bundle, which anybody could have made' }),
    }),
  ),
  audit: nullable(strictObject({ chains: Type.Integer(), records: Type.Integer() })),
  missing: Type.Array(strictObject({ what: Type.String(), why: Type.String() })),
  faults: Type.Array(
    strictObject({
      where: nullable(Type.String({ description: 'a file, or step and check; null: the bundle as a whole' })),
      what: Type.String(),
    }),
  ),
});

export type EvidenceVerifyDocument = Static<typeof evidenceVerifySchema>;
