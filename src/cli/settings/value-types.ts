import { resolve } from 'node:path';
import { nearest } from '#infra/config/issues.ts';
import { shortPath } from '#cli/shell/words.ts';

/** A kind of value: how it is written on the command line, in a variable and in YAML, and how an error describes it. */
export interface ValueType<T> {
  /** A good value in words; ends the sentence "must be …". */
  readonly form: string;
  /** For the help: `port` makes `--port-kms <port>`. */
  readonly placeholder: string;
  /** Every value, where they can be listed. */
  readonly choices?: readonly string[];
  /** The value that a flag or a variable means; undefined when it means none. A relative path starts at `folder`. */
  fromText(text: string, folder: string): T | undefined;
  /** The same of a value in a YAML file: a number there is no text. */
  fromYaml(value: unknown, folder: string): T | undefined;
  /** How to mend a bad value, where there is more to say than `form` does. */
  fixOf?(raw: unknown): string | undefined;
  /** As a reader in the folder `cwd` would type it. */
  toText(value: T, cwd: string): string;
}

export const oneOf = <const V extends string>(choices: readonly V[], placeholder: string): ValueType<V> => {
  const find = (value: unknown): V | undefined => choices.find((choice) => choice === value);
  const fixOf = suggestionAmong(choices);
  return { form: `one of ${choices.join(', ')}`, placeholder, choices, fromText: find, fromYaml: find, fixOf, toText: String };
};

/** The choice that is nearest to the first word that is none; undefined where none is near: the error lists them. */
const suggestionAmong =
  (choices: readonly string[]) =>
  (raw: unknown): string | undefined => {
    const wrong = [raw].flat().find((word) => typeof word === 'string' && !choices.includes(word));
    const meant = wrong === undefined ? undefined : nearest(String(wrong), choices);
    return meant === undefined ? undefined : `Did you mean ${meant}?`;
  };

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, yes: true, 1: true, false: false, no: false, 0: false };

export const boolean: ValueType<boolean> = {
  form: 'true or false',
  placeholder: 'boolean',
  fromText: (text) => BOOLEANS[text.trim().toLowerCase()],
  fromYaml: (value) => (typeof value === 'boolean' ? value : undefined),
  toText: String,
};

interface Range {
  readonly minimum: number;
  readonly maximum: number;
}

const number = (form: string, placeholder: string, isGood: (value: number) => boolean): ValueType<number> => {
  const good = (value: unknown): number | undefined => (typeof value === 'number' && isGood(value) ? value : undefined);
  return {
    form,
    placeholder,
    fromText: (text) => good(/^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text),
    fromYaml: good,
    toText: String,
  };
};

const isWithin = (value: number, { minimum, maximum }: Range): boolean => value >= minimum && value <= maximum;

export const wholeNumber = ({ form, placeholder, ...range }: Range & { readonly form: string; readonly placeholder: string }) =>
  number(form, placeholder, (value) => Number.isSafeInteger(value) && isWithin(value, range));

export const factor = (range: Range): ValueType<number> =>
  number(`a factor from ${range.minimum} to ${range.maximum}`, 'factor', (value) => isWithin(value, range));

const LAST_PORT = 65_535;

/**
 * A public port, from which other listeners count their own.
 *
 * @param options.highestOffset of those others
 * @param options.taken who they are
 */
export const port = ({ highestOffset, taken }: { readonly highestOffset: number; readonly taken: string }): ValueType<number> => {
  const maximum = LAST_PORT - highestOffset;
  return wholeNumber({ form: `a port from 1 to ${maximum} (${taken})`, placeholder: 'port', minimum: 1, maximum });
};

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

const durationText = (value: number): string => {
  if (value >= MILLISECONDS.h && value % MILLISECONDS.h === 0) return `${value / MILLISECONDS.h}h`;
  return value % MILLISECONDS.s === 0 ? `${value / MILLISECONDS.s}s` : `${value}ms`;
};

/**
 * Milliseconds, written as `30` (seconds), `30s`, `500ms`, `2m` or `24h`.
 *
 * @param options.maximum an hour where absent
 */
export const duration = ({
  minimum,
  maximum = MILLISECONDS.h,
  example,
}: {
  readonly minimum: number;
  readonly maximum?: number;
  readonly example: string;
}): ValueType<number> => {
  const read = (text: string): number | undefined => {
    const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim()) ?? [];
    const value = Math.round(Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS]);
    return isWithin(value, { minimum, maximum }) ? value : undefined;
  };
  return {
    form: `a time from ${durationText(minimum)} to ${durationText(maximum)}, for example ${example}`,
    placeholder: 'time',
    fromText: read,
    fromYaml: (value) => (typeof value === 'string' || typeof value === 'number' ? read(String(value)) : undefined),
    toText: durationText,
  };
};

/** An absolute path. */
export const folder: ValueType<string> = {
  form: 'the path of a folder',
  placeholder: 'folder',
  fromText: (text, from) => (text === '' ? undefined : resolve(from, text)),
  fromYaml: (value, from) => (typeof value === 'string' && value !== '' ? resolve(from, value) : undefined),
  toText: shortPath,
};

const someText = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** Any text; what it means is not looked at here. */
export const text = (form: string, placeholder: string): ValueType<string> => ({
  form,
  placeholder,
  fromText: someText,
  fromYaml: someText,
  toText: String,
});

/** Words, each once or more on the command line; what they mean is not looked at here. The flag is repeated, or followed by more than one. */
export const texts = (form: string, word: string): ValueType<readonly string[]> => ({
  form,
  placeholder: `${word}...`,
  fromText: (one) => listOf([one], (item) => someText(item) !== undefined),
  fromYaml: (value) => listOf(value, (item) => someText(item) !== undefined),
  toText: (value) => value.join(' '),
});

/** Some of a list of words. */
export const manyOf = <const V extends string>(choices: readonly V[], word: string): ValueType<readonly V[]> => ({
  form: `some of ${choices.join(', ')}`,
  placeholder: `${word}...`,
  fromText: (one) => listOf([one], (item) => choices.some((choice) => choice === item)),
  fromYaml: (value) => listOf(value, (item) => choices.some((choice) => choice === item)),
  fixOf: suggestionAmong(choices),
  toText: (value) => value.join(' '),
});

/** A command and its arguments, each as it was typed. */
export const words: ValueType<readonly string[]> = {
  form: 'a command and its arguments',
  placeholder: 'command...',
  fromText: (word) => [word],
  fromYaml: (value) => listOf(value, (item) => typeof item === 'string'),
  toText: (value) => value.join(' '),
};

const listOf = <T>(value: unknown, isGood: (item: unknown) => boolean): readonly T[] | undefined =>
  Array.isArray(value) && value.length > 0 && value.every(isGood) ? (value as readonly T[]) : undefined;

/** The absolute path of a file to write. */
export const filePath: ValueType<string> = { ...folder, form: 'the path of a file', placeholder: 'file' };

/** A text of a certain form. */
export const textLike = (form: string, placeholder: string, isGood: (value: string) => boolean): ValueType<string> => {
  const good = (value: unknown): string | undefined => (typeof value === 'string' && isGood(value) ? value : undefined);
  return { form, placeholder, fromText: good, fromYaml: good, toText: String };
};

/** The name of a file as it was typed. */
export const file = text('the path of a file', 'file');

const fileNames = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) && value.every((item) => someText(item) !== undefined) ? (value as readonly string[]) : undefined;

/** Names of files; the flag is repeated, or followed by more than one. */
export const files: ValueType<readonly string[]> = {
  form: 'the paths of files',
  placeholder: 'file...',
  fromText: (one) => fileNames([one]),
  fromYaml: fileNames,
  toText: (value) => value.join(' '),
};

/** An https origin, as `iss` of tokens has it: no path, no trailing slash, lower case. */
export const origin: ValueType<string> = {
  form: 'an https origin without a path, for example https://id.example.org:8082',
  placeholder: 'url',
  fromText: (value) => (URL.canParse(value) && value.startsWith('https://') && new URL(value).origin === value ? value : undefined),
  fromYaml: (value, from) => (typeof value === 'string' ? origin.fromText(value, from) : undefined),
  toText: String,
};
