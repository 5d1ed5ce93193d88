import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { DRILL_NAMES } from '#infra/magic/drill-names.ts';
import { document } from './document.ts';

/** `passthru drill --list --output json`; a drill that runs answers with the report of a run. */
export const drillsSchema = document('drills', 'passthru drill --list', {
  drills: Type.Array(
    strictObject({
      name: Type.Enum([...DRILL_NAMES]),
      title: Type.String(),
      breaks: Type.String({ description: 'what is broken for real' }),
      must_hold: Type.String({ description: 'what is proven meanwhile and afterwards' }),
      source: Type.String({ description: 'page and heading below docs/ that promises it' }),
      engines: Type.Array(Type.Enum(['embedded', 'docker'])),
    }),
  ),
});

export type DrillsDocument = Static<typeof drillsSchema>;
