import { shellWord } from '#infra/apperr/shell-word.ts';
import { flagOf, type Setting } from './setting.ts';
import { type CliSettings, SETTINGS } from './settings.ts';

/** A command of ours as it works from where the reader is: `down` gives `npx passthru down --state-dir /srv/demo`. */
export type PrintedCommand = (words: string) => string;

export interface PrintedCommandOptions {
  readonly settings: CliSettings;
  /** The state folder of a command that is typed here without the flag. */
  readonly usualStateDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** These make a stack, or its files. All others find in the state folder on which engine and ports it runs. */
const MAKES_STACK = /^(demo|prepare)\b/;

/** These look at no stack, and do not take its flags. */
const NEEDS_NO_STACK = /^evidence verify\b/;

/** Every command that is printed comes from here: the program as it was called, and the flags that find the same stack again. */
export const printedCommand = ({ settings, usualStateDir, env, cwd }: PrintedCommandOptions): PrintedCommand => {
  const flags = Object.entries<Setting<unknown>>(SETTINGS).flatMap(([key, row]) => stackFlag(key, row, { settings, usualStateDir, cwd }));
  return (words) => {
    const taken = NEEDS_NO_STACK.test(words) ? [] : flags;
    const missing = taken.filter(({ key, name }) => !words.includes(name) && (key === 'stateDir' || MAKES_STACK.test(words)));
    return [programName(env), words, ...missing.map(({ text }) => text)].join(' ');
  };
};

/** The same for a reader whose settings nobody knows: the program as it was called, without flags. */
export const bareCommand =
  (env: PrintedCommandOptions['env']): PrintedCommand =>
  (words) =>
    `${programName(env)} ${words}`;

/** A program that npx runs is not on the PATH of the shell that called npx. */
export const programName = (env: PrintedCommandOptions['env']): string =>
  env['npm_lifecycle_event'] === 'npx' ? 'npx passthru' : 'passthru';

/** The flag of a setting that tells where the stack is, unless a command without it finds the same. */
const stackFlag = (
  key: string,
  { type, flags, default: usual }: Setting<unknown>,
  { settings, usualStateDir, cwd }: Omit<PrintedCommandOptions, 'env'>,
) => {
  const value = settings[key as keyof CliSettings];
  // One number says both.
  const isImplied = settings.portBase !== undefined && (key === 'portKms' || key === 'portIdentity');
  if (value === undefined || isImplied) return [];
  const isFound = key === 'stateDir' ? value === usualStateDir : typeof usual === 'string' && type.fromText(usual, cwd) === value;
  if (isFound || !flags.some(({ group }) => group === 'stack')) return [];
  const name = flagOf(key);
  return [{ key, name, text: `${name} ${shellWord(type.toText(value, cwd))}` }];
};
