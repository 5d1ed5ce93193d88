import { type CliSettings, SETTINGS } from './settings.ts';
import { variableOf } from './setting.ts';

/** The form in which a command tells that its settings are wrong, before it has read them. */
export const wantedOutput = (stated: unknown, env: Readonly<Record<string, string | undefined>>): CliSettings['output'] =>
  SETTINGS.output.type.fromText(String(stated ?? env[variableOf('output')] ?? ''), '') ?? 'human';
