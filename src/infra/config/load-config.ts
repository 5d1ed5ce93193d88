import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import type { Static, TSchema } from 'typebox';
import { LineCounter, parseDocument } from 'yaml';
import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import { checkConfig, configInvalid } from './check-config.ts';
import { lineOf } from './yaml-places.ts';

/**
 * Configuration: YAML files, each laid over the one before, become one value that is held against its schema (`check-config.ts`); each
 * fault is told with its file, its line and its place (`issues.ts`, `yaml-places.ts`). `schema.ts` has the two building blocks of every schema.
 */

/** `undefined` has no place in YAML; anything else of JSON has. */
type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A file that was read, and where its settings stand in it. */
interface Read {
  readonly tree: Tree;
  readonly lineOf: (pointer: string) => number;
}

const readTree = async (file: string, what: string): Promise<Read> => {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('config-unreadable', 400, `${what} cannot be read from ${file}`, {
      cause,
      fix: 'Check the path and its permissions.',
    });
  });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true });
  const issues = document.errors.map((error) => ({
    field: `${basename(file)}:${error.linePos?.[0].line ?? 1}:${error.linePos?.[0].col ?? 1}`,
    message: error.message.split('\n')[0] ?? error.code,
    fix: 'Write valid YAML with each key once.',
  }));
  if (issues.length > 0) throw configInvalid(what, issues);
  // A hundred aliases are plenty; more is a document that explodes when it is read.
  const value: unknown = document.toJS({ maxAliasCount: 100 }) ?? {};
  if (!isTree(value)) throw configInvalid(what, [{ field: basename(file), message: 'must be a map of settings' }]);
  return { tree: value, lineOf: (pointer) => lineOf(document, lines, pointer) };
};

/** The file of each setting, so that an error names it and a relative path starts at the right folder. */
type Origins = Map<string, string>;

/** Whether two maps are of different kinds: their keys then have nothing to do with each other, and the upper map replaces the lower. */
const isOfAnotherKind = (below: Tree, value: Tree): boolean => typeof value['kind'] === 'string' && value['kind'] !== below['kind'];

const overlay = (base: Tree, over: Tree, file: string, origins: Origins, path = ''): Tree => {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    // Assigning it would set the prototype instead of a key, and the schema would never see it.
    if (key === '__proto__')
      throw configInvalid(basename(file), [{ field: `${basename(file)}#${path}/__proto__`, message: 'is not a known field' }]);
    const pointer = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const below = merged[key];
    if (isTree(value)) merged[key] = overlay(isTree(below) && !isOfAnotherKind(below, value) ? below : {}, value, file, origins, pointer);
    else merged[key] = value;
    origins.set(pointer, file);
  }
  return merged;
};

const originOf = (pointer: string, origins: Origins, files: readonly string[]): string => {
  for (let at = pointer; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
    const file = origins.get(at);
    if (file !== undefined) return file;
  }
  return files.at(-1) ?? '';
};

interface Schemaish {
  readonly properties?: Record<string, Schemaish>;
  readonly items?: Schemaish;
  readonly anyOf?: readonly Schemaish[];
  readonly 'x-path'?: boolean;
}

/** Makes every `filePath` of the value absolute, against the folder of the file that stated it. */
const resolvePaths = (schema: Schemaish, value: unknown, folderOf: (pointer: string) => string, pointer = ''): unknown => {
  if (typeof value === 'string') {
    const isPath = schema['x-path'] === true || schema.anyOf?.some((option) => option['x-path'] === true) === true;
    return isPath && !isAbsolute(value) ? resolve(folderOf(pointer), value) : value;
  }
  if (Array.isArray(value)) return value.map((item, index) => resolvePaths(schema.items ?? {}, item, folderOf, `${pointer}/${index}`));
  if (!isTree(value)) return value;
  const options = [schema, ...(schema.anyOf ?? [])];
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const inner = options.find((option) => option.properties?.[key] !== undefined)?.properties?.[key] ?? {};
      return [key, resolvePaths(inner, item, folderOf, `${pointer}/${key}`)];
    }),
  );
};

/**
 * Reads YAML files in order, lays each over the one before (maps deep, everything else replaced, and a map of another `kind`
 * replaced, too) and checks the whole.
 * Relative paths in a `filePath` setting become absolute, against the file that stated them.
 *
 * @param options.contradictions issues that no schema can find, their fields JSON Pointers
 * @throws AppError `config-unreadable`, or `config-invalid` whose fields read `kms.yml#/server/port`, with their lines
 */
export const loadConfig = async <S extends TSchema>(options: {
  readonly schema: S;
  readonly files: readonly string[];
  readonly what: string;
  readonly contradictions?: (config: Static<S>) => readonly FieldIssue[];
}): Promise<Static<S>> => {
  const { contradictions = () => [] } = options;
  const origins: Origins = new Map();
  const reads: (Read & { readonly file: string })[] = [];
  let tree: Tree = {};
  for (const file of options.files) {
    const read = await readTree(file, options.what);
    reads.push({ ...read, file });
    tree = overlay(tree, read.tree, file, origins);
  }
  const place = ({ field: pointer, ...issue }: FieldIssue): FieldIssue => {
    const file = originOf(pointer, origins, options.files);
    const line = reads.findLast((read) => read.file === file)?.lineOf(pointer);
    return { field: `${basename(file)}#${pointer}`, ...(line !== undefined && { line }), ...issue };
  };
  const checked = checkConfig(options.schema, tree, options.what, { place, contradictions });
  return resolvePaths(options.schema as Schemaish, checked, (pointer) =>
    dirname(resolve(originOf(pointer, origins, options.files))),
  ) as Static<S>;
};
