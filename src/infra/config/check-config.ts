import { Ajv } from 'ajv';
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

const compile = (schema: TSchema) => {
  const rules = { allErrors: true, useDefaults: true, coerceTypes: false, removeAdditional: false, strict: false, verbose: true } as const;
  // To compile the schema of schemas takes longer than ours, which are checked where they are written. To make the code of a check shorter
  // takes longer than to run it the one time that it is run.
  const ajv = new Ajv({ ...rules, meta: false, validateSchema: false, code: { optimize: false } });
  return ajv.compile(schema);
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
  const copy: unknown = structuredClone(value);
  const validate = compile(schema);
  const issues = validate(copy) ? contradictions(copy as Static<S>) : issuesOf(validate.errors ?? []);
  if (issues.length === 0) return copy as Static<S>;
  throw configInvalid(what, issues.map(place));
};
