import { type Static, Type } from 'typebox';
import { document, nullable } from './document.ts';

const seal = {
  sealed: Type.Boolean(),
  initialized: Type.Boolean({ description: 'whether the database has a root key; the first unsealing makes it' }),
  given: Type.Integer({ description: 'unseal shares that were given and do not suffice yet' }),
  threshold: nullable(Type.Integer({ description: 'unseal shares that are needed' })),
};

/** `passthru barrier status --output json` */
export const barrierStatusSchema = document('barrier-status', 'passthru barrier status', seal);

/** `passthru barrier seal --output json` */
export const barrierSealSchema = document('barrier-seal', 'passthru barrier seal', seal);

/** `passthru barrier unseal --output json` */
export const barrierUnsealSchema = document('barrier-unseal', 'passthru barrier unseal', seal);

export type BarrierStatusDocument = Static<typeof barrierStatusSchema>;
