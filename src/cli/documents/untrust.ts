import { type Static, Type } from 'typebox';
import { document } from './document.ts';
import { trustOutcome } from './trust.ts';

/** `passthru untrust --output json` */
export const untrustSchema = document('untrust', 'passthru untrust', {
  stores: Type.Array(trustOutcome, { description: 'One for each root and place that was to be taken back' }),
});

export type UntrustDocument = Static<typeof untrustSchema>;
