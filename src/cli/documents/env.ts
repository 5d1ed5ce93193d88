import { type Static, Type } from 'typebox';
import { document } from './document.ts';

/** `passthru env --output json` */
export const envSchema = document('env', 'passthru env', {
  variables: Type.Record(Type.String(), Type.String(), { description: 'By name, as `passthru exec` gives them to a program' }),
});

export type EnvDocument = Static<typeof envSchema>;
