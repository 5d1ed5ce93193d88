import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document, part } from './document.ts';

/** `passthru down --output json` */
export const downSchema = document('down', 'passthru down', {
  stopped: Type.Array(part),
  volumes_removed: Type.Boolean({ description: 'Data was to be removed, too; `removed` tells what there was' }),
  removed: Type.Array(Type.String(), { description: 'Files and folders, absolute; `volume <name>` and `image <name>` on Docker' }),
  kept: Type.Array(strictObject({ what: Type.String(), why: Type.String() }), {
    description: 'Things that stay where others were removed',
  }),
});

export type DownDocument = Static<typeof downSchema>;
