import { Ajv } from 'ajv';
import type { Static, TSchema } from 'typebox';
import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import { issuesOf } from './issues.ts';

/** The error of a configuration: it names each wrong field, and as its fix the first one that is known. */
export const configInvalid = (what: string, fields: readonly FieldIssue[]): AppError =>
  new AppError('config-invalid', 400, `${what} is not valid: ${fields.map((issue) => `${issue.field}: ${issue.message}`).join('; ')}`, {
    fields,
    fix: fields.find((issue) => issue.fix)?.fix ?? 'Correct the named fields and start again.',
  });

const compile = (schema: TSchema) => {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, coerceTypes: false, removeAdditional: false, strict: false, verbose: true });
  return ajv.compile(schema);
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
