import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { isObject } from '#infra/json/json-object.ts';
import { nearest } from '#infra/config/issues.ts';
import { fileKeyOf, flagOf, variableOf } from './setting.ts';
import { SETTINGS } from './settings.ts';
import { usageError } from './usage-error.ts';
import type { ValueType } from './value-types.ts';

/** The statements of one place: raw values by key, how they are read, and how an error names them. */
export interface Source {
  readonly values: ReadonlyMap<string, unknown>;
  read<T>(type: ValueType<T>, raw: unknown): T | undefined;
  origin(key: string): string;
  /** A raw value that `read` does not take, for an error. */
  written(type: ValueType<unknown>, raw: unknown): string;
  /** Names that it states and that are no setting. */
  readonly unknown: readonly FieldIssue[];
}

const KEYS = Object.keys(SETTINGS);

/** Flags as the command line states them. */
export const flagSource = (flags: Readonly<Record<string, unknown>>, cwd: string): Source => ({
  values: new Map(Object.entries(flags)),
  read: (type, raw) => (typeof raw === 'string' ? type.fromText(raw, cwd) : type.fromYaml(raw, cwd)),
  origin: flagOf,
  written: (type, raw) => (Array.isArray(raw) ? wrongWords(type, raw, cwd) : JSON.stringify(raw)),
  unknown: [],
});

const asJson = (_type: ValueType<unknown>, raw: unknown): string => JSON.stringify(raw);

/** Of the words behind a flag, those that it does not take. */
const wrongWords = (type: ValueType<unknown>, words: readonly unknown[], cwd: string): string =>
  words
    .filter((word) => type.fromYaml([word], cwd) === undefined)
    .map((word) => JSON.stringify(word))
    .join(', ');

/** `PASSTHRU_*` variables; an empty one counts as not set. */
export const environmentSource = (env: Readonly<Record<string, string | undefined>>, cwd: string): Source => {
  const stated = KEYS.map((key) => [key, env[variableOf(key)]] as const).filter(([, text]) => text !== undefined && text !== '');
  return {
    values: new Map<string, unknown>(stated),
    read: (type, raw) => type.fromText(String(raw), cwd),
    origin: (key) => `environment variable ${variableOf(key)}`,
    written: asJson,
    unknown: [],
  };
};

/** Values that nobody stated here and that are known all the same, from the state folder. */
export const knownSource = (known: Readonly<Record<string, unknown>>): Source => ({
  values: new Map(Object.entries(known).filter(([, value]) => value !== undefined)),
  // They were checked when they were stated.
  read: <T>(_type: ValueType<T>, raw: unknown): T => raw as T,
  origin: (key) => `${fileKeyOf(key)} of the last start`,
  written: asJson,
  unknown: [],
});

/** A YAML settings file; null when there is none, or no place for one. */
export const fileSource = async (path: string | null): Promise<Source | null> => {
  if (path === null) return null;
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return null;
    throw usageError(`settings file ${path} cannot be read: ${cause.message}`, { fix: 'Make it readable, or move it away.' });
  });
  if (text === null) return null;
  const keys = new Map(KEYS.map((key) => [fileKeyOf(key), key]));
  const stated = Object.entries(await readMap(path, text));
  return {
    values: new Map(stated.flatMap(([name, value]) => (keys.has(name) ? [[keys.get(name) ?? '', value]] : []))),
    read: (type, raw) => type.fromYaml(raw, dirname(path)),
    origin: (key) => `${path}#/${fileKeyOf(key)}`,
    written: asJson,
    unknown: stated.flatMap(([name]) => (keys.has(name) ? [] : [unknownKey(`${path}#/${name}`, name, [...keys.keys()])])),
  };
};

const readMap = async (path: string, text: string): Promise<Readonly<Record<string, unknown>>> => {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { uniqueKeys: true, strict: true });
  const [problem] = document.errors;
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line ?? 1;
    throw usageError(`settings file ${path} is not valid YAML (line ${line}): ${problem.message.split('\n')[0]}`, {
      fix: 'Correct that line; a setting is written as `port_kms: 8081`.',
    });
  }
  // A hundred aliases are plenty; more is a document that explodes when it is read.
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (isObject(value)) return value;
  throw usageError(`settings file ${path} must be a map of settings`, { fix: 'Write one `name: value` a line.' });
};

const unknownKey = (field: string, name: string, known: readonly string[]): FieldIssue => {
  const meant = nearest(name, known);
  return {
    field,
    message: 'is not a known field',
    fix: meant === undefined ? `Remove it; known here: ${known.join(', ')}.` : `Did you mean ${meant}?`,
  };
};

/**
 * `$XDG_CONFIG_HOME/passthru/config.yml`; a relative XDG_CONFIG_HOME is ignored, as the XDG specification says. Null where the user
 * has no home either.
 */
export const userFile = (env: Readonly<Record<string, string | undefined>>, home: string | null): string | null => {
  const configured = env['XDG_CONFIG_HOME'] ?? '';
  const folder = isAbsolute(configured) ? configured : home === null ? null : join(home, '.config');
  return folder === null ? null : join(folder, 'passthru', 'config.yml');
};

export const projectFile = (cwd: string): string => resolve(cwd, 'passthru.yml');
