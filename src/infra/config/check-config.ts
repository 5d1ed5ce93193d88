import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Static, TSchema } from 'typebox';
import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import { issuesOf } from './issues.ts';

const placed = ({ field, line }: FieldIssue): string => (line === undefined ? field : `${field} (line ${line})`);

/** The error of a configuration: it names each wrong field with its line, and as its fix the first one that is known. */
export const configInvalid = (what: string, fields: readonly FieldIssue[]): AppError =>
  new AppError('config-invalid', 400, `${what} is not valid: ${fields.map((issue) => `${placed(issue)}: ${issue.message}`).join('; ')}`, {
    fields,
    fix: fields.find((issue) => issue.fix)?.fix ?? 'Correct the named fields and start again.',
  });

/**
 * By the schemas, checks that were made of them before, which fill in defaults and say yes or no: build/bundle/ready-checks.ts puts them in,
 * into a bundle.
 */
export const readyChecks = new WeakMap<TSchema, (value: unknown) => boolean>();

/**
 * How a schema is taken, whoever makes a check of it. To compile the schema of schemas takes longer than ours, which are checked where they are
 * written.
 */
export const RULES = {
  useDefaults: true,
  coerceTypes: false,
  removeAdditional: false,
  strict: false,
  validateSchema: false,
  meta: false,
} as const;

const compile = (schema: TSchema): ValidateFunction =>
  // To make the code of a check shorter takes longer than to run it the one time that it is run.
  new Ajv({ ...RULES, allErrors: true, verbose: true, code: { optimize: false } }).compile(schema);

/** A copy with defaults, and what is wrong with it. The check that tells what is wrong is made when something is. */
const held = (schema: TSchema, value: unknown): { readonly copy: unknown; readonly errors: readonly ErrorObject[] } => {
  const isGood = readyChecks.get(schema);
  if (isGood !== undefined) {
    const quick: unknown = structuredClone(value);
    if (isGood(quick)) return { copy: quick, errors: [] };
  }
  const copy: unknown = structuredClone(value);
  const validate = compile(schema);
  return { copy, errors: validate(copy) ? [] : (validate.errors ?? []) };
};

/**
 * The value checked against its schema, defaults filled in: no coercion, unknown keys refused.
 *
 * @param what for the error message, for example `KMS configuration`
 * @param place names the field of each issue, whose `field` is a JSON Pointer until then
 * @param contradictions issues of a value of the schema, which no schema can find
 * @throws AppError `config-invalid` with one field issue for each thing wrong
 */
export const checkConfig = <S extends TSchema>(
  schema: S,
  value: unknown,
  what: string,
  {
    place = (issue) => ({ ...issue, field: issue.field || '/' }),
    contradictions = () => [],
  }: { readonly place?: (issue: FieldIssue) => FieldIssue; readonly contradictions?: (value: Static<S>) => readonly FieldIssue[] } = {},
): Static<S> => {
  const { copy, errors } = held(schema, value);
  const issues = errors.length === 0 ? contradictions(copy as Static<S>) : issuesOf(errors);
  if (issues.length === 0) return copy as Static<S>;
  throw configInvalid(what, issues.map(place));
};
