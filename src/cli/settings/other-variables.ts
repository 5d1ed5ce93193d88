import { nearest } from '#infra/config/issues.ts';
import { composeVariables } from '#stack/compose-variables.ts';
import { GIVEN_VARIABLES } from './given-variables.ts';
import { variableOf } from './setting.ts';
import { SETTINGS } from './settings.ts';

/**
 * Tells of `PASSTHRU_*` variables that are no settings: one that is almost a setting may be a slip; one of the Compose files is read by
 * plain Compose alone, for a stack that the CLI starts has its own.
 */
export const tellOfOtherVariables = async (
  env: Readonly<Record<string, string | undefined>>,
  { startsStack, warn }: { readonly startsStack: boolean; readonly warn: (text: string) => void },
): Promise<void> => {
  const known = Object.keys(SETTINGS).map(variableOf);
  const expected: readonly string[] = [...known, ...GIVEN_VARIABLES];
  const isOther = (name: string): boolean => name.startsWith('PASSTHRU_') && !expected.includes(name);
  const others = Object.keys(env).filter((name) => isOther(name) && (env[name] ?? '') !== '');
  if (others.length === 0) return;
  const ofCompose = await composeVariables();
  for (const name of others) {
    const meant = nearest(name, known);
    if (ofCompose.has(name)) {
      if (startsStack) warn(`${name} in the environment is for plain Compose; this command does not read it`);
    } else if (meant !== undefined) warn(`${name} in the environment is not a setting; did you mean ${meant}?`);
  }
};
