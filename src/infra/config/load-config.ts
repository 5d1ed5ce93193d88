import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, resolve } from 'node:path';
import { Ajv } from 'ajv';
import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { LineCounter, parseDocument } from 'yaml';
import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import { issuesOf } from './issues.ts';

/** An object that refuses unknown keys: what every configuration and every request body is made of. */
export const strictObject = <P extends TProperties>(properties: P, options: Record<string, unknown> = {}): TObject<P> =>
  Type.Object(properties, { ...options, additionalProperties: false });

/** A file name in a configuration file; a relative one is relative to that file, not to the working directory. */
export const filePath = (options: Record<string, unknown> = {}) => Type.String({ minLength: 1, 'x-path': true, ...options });

/** `undefined` has no place in YAML; anything else of JSON has. */
type Tree = { [key: string]: unknown };

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The error of a configuration: it names each wrong field, and as its fix the first one that is known. */
export const configInvalid = (what: string, fields: readonly FieldIssue[]): AppError =>
  new AppError('config-invalid', 400, `${what} is not valid: ${fields.map((issue) => `${issue.field}: ${issue.message}`).join('; ')}`, {
    fields,
    fix: fields.find((issue) => issue.fix)?.fix ?? 'Correct the named fields and start again.',
  });

const readTree = async (file: string, what: string): Promise<Tree> => {
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
  return value;
};

/** The file of each setting, so that an error names it and a relative path starts at the right folder. */
type Origins = Map<string, string>;

/** A map that says another `kind` is another thing, of which the keys below it are none: it replaces them. */
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

const compile = (schema: TSchema) => {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, coerceTypes: false, removeAdditional: false, strict: false, verbose: true });
  return ajv.compile(schema);
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
 * The value checked against its schema, defaults filled in: no coercion, unknown keys refused.
 *
 * @param what for the error message, for example `KMS configuration`
 * @throws AppError `config-invalid` with one field issue for each thing wrong
 */
export const checkConfig = <S extends TSchema>(
  schema: S,
  value: unknown,
  what: string,
  nameField = (pointer: string) => pointer || '/',
): Static<S> => {
  const copy: unknown = structuredClone(value);
  const validate = compile(schema);
  if (validate(copy)) return copy as Static<S>;
  throw configInvalid(
    what,
    issuesOf(validate.errors ?? []).map((issue) => ({ ...issue, field: nameField(issue.field) })),
  );
};

/**
 * Reads YAML files in order, lays each over the one before (maps deep, everything else replaced, and a map of another `kind`
 * replaced, too) and checks the whole.
 * Relative paths in a `filePath` setting become absolute, against the file that stated them.
 *
 * @throws AppError `config-unreadable`, or `config-invalid` whose fields read `kms.yml#/server/port`
 */
export const loadConfig = async <S extends TSchema>(options: {
  readonly schema: S;
  readonly files: readonly string[];
  readonly what: string;
}): Promise<Static<S>> => {
  const origins: Origins = new Map();
  let tree: Tree = {};
  for (const file of options.files) tree = overlay(tree, await readTree(file, options.what), file, origins);
  const nameField = (pointer: string): string => `${basename(originOf(pointer, origins, options.files))}#${pointer}`;
  const checked = checkConfig(options.schema, tree, options.what, nameField);
  return resolvePaths(options.schema as Schemaish, checked, (pointer) =>
    dirname(resolve(originOf(pointer, origins, options.files))),
  ) as Static<S>;
};
