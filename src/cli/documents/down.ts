import { type Static, Type } from 'typebox';
import { document, part } from './document.ts';

/** `passthru down --output json` */
export const downSchema = document('down', 'passthru down', {
  stopped: Type.Array(part),
  volumes_removed: Type.Boolean(),
});

export type DownDocument = Static<typeof downSchema>;
