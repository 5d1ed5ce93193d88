import { type Static, Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { document } from './document.ts';

/** `passthru doctor --output json` */
export const doctorSchema = document('doctor', 'passthru doctor', {
  checks: Type.Array(
    strictObject({
      id: Type.String(),
      title: Type.String(),
      result: Type.Enum(['ok', 'warning', 'fault', 'not-checked'], {
        description: 'fault: a demo would fail; warning: it would go on; not-checked: the text says why',
      }),
      text: Type.String(),
      fix: Type.String({ description: 'Empty where there is nothing to mend' }),
    }),
  ),
});

export type DoctorDocument = Static<typeof doctorSchema>;
