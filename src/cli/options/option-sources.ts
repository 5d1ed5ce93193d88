import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { nearest } from '#infra/config/issues.ts';
import { flagOf, OPTION_TABLE, SETTING_KEYS, type SettingKey, variableOf } from './option-table.ts';
import { usageError } from './usage-error.ts';

/** Raw settings of one place, by key; `origin` tells a reader where a key of it stands. */
export interface Source {
  readonly values: Readonly<Record<string, unknown>>;
  readonly origin: (key: string) => string;
  /** Folder that a relative path of this source starts from. */
  readonly folder: string;
}

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** Milliseconds of `30` (seconds), `30s`, `500ms`, `2m`, `1h`; anything else comes back as it was, for the schema to refuse. */
const readDuration = (value: unknown): unknown => {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(String(value).trim());
  if (match === null || (typeof value !== 'string' && typeof value !== 'number')) return value;
  return Math.round(Number(match[1]) * MILLISECONDS[(match[2] ?? 's') as keyof typeof MILLISECONDS]);
};

const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, yes: true, 1: true, false: false, no: false, 0: false };

/** The text of a flag or a variable as the value that it means. */
const readText = (key: string, text: string): unknown => {
  switch (OPTION_TABLE[key as SettingKey]?.kind) {
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
    case 'boolean':
      return BOOLEANS[text.trim().toLowerCase()] ?? text;
    case 'duration':
      // Still text when it is no duration: "30" would else pass for 30 ms.
      return readDuration(text);
    default:
      return text;
  }
};

/** Flags as the command line states them, by setting key. */
export const flagSource = (flags: Readonly<Record<string, unknown>>, cwd: string): Source => ({
  values: mapValues(flags, (key, value) => (typeof value === 'string' ? readText(key, value) : value)),
  origin: (key) => flagOf(key as SettingKey),
  folder: cwd,
});

/** `PASSTHRU_*` variables; an empty one counts as not set. A name that is no setting is told to `warn`, for it may be a slip. */
export const environmentSource = (env: Readonly<Record<string, string | undefined>>, cwd: string, warn: (text: string) => void): Source => {
  const known = new Map<string, SettingKey>(SETTING_KEYS.map((key) => [variableOf(key), key]));
  const values: Record<string, unknown> = {};
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('PASSTHRU_') || text === undefined || text === '') continue;
    const key = known.get(name);
    if (key !== undefined) values[key] = readText(key, text);
    else {
      const meant = nearest(name, [...known.keys()]);
      if (meant !== undefined) warn(`${name} in the environment is not a setting; did you mean ${meant}?`);
    }
  }
  return { values, origin: (key) => `environment variable ${variableOf(key as SettingKey)}`, folder: cwd };
};

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A YAML settings file; null when there is none. */
export const fileSource = async (file: string): Promise<Source | null> => {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return null;
    throw usageError(`settings file ${file} cannot be read: ${cause.message}`, { fix: 'Make it readable, or move it away.' });
  });
  if (text === null) return null;
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { uniqueKeys: true, strict: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line ?? 1;
    throw usageError(`settings file ${file} is not valid YAML (line ${line}): ${problem.message.split('\n')[0]}`, {
      fix: 'Correct that line; a setting is written as `port_kms: 8081`.',
    });
  }
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (!isMap(value)) throw usageError(`settings file ${file} must be a map of settings`, { fix: 'Write one `name: value` a line.' });
  return {
    values: mapValues(value, (key, item) => (OPTION_TABLE[key as SettingKey]?.kind === 'duration' ? readDuration(item) : item)),
    origin: (key) => `${file}#/${key}`,
    folder: dirname(file),
  };
};

/** `$XDG_CONFIG_HOME/passthru/config.yml`; a relative XDG_CONFIG_HOME is ignored, as the XDG specification says. */
export const userFile = (env: Readonly<Record<string, string | undefined>>, home: string): string => {
  const configured = env['XDG_CONFIG_HOME'] ?? '';
  return join(isAbsolute(configured) ? configured : join(home, '.config'), 'passthru', 'config.yml');
};

export const projectFile = (cwd: string): string => resolve(cwd, 'passthru.yml');

const mapValues = (
  record: Readonly<Record<string, unknown>>,
  change: (key: string, value: unknown) => unknown,
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(record).flatMap(([key, value]) => (value === undefined ? [] : [[key, change(key, value)]])));
