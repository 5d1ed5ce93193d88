import { type ErrorObject, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { issuesOf } from './issues.ts';

/** A JSON Schema that an operator wrote. */
export interface JsonSchema {
  /** What is wrong with a value, each with a JSON Pointer into it; none where it is valid. */
  issues(value: unknown): readonly FieldIssue[];
}

const MAX_ISSUES = 20;

const thrownText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * A schema as it is written, of which nothing is fetched: a `$ref` to another document is an error. No value is changed by it.
 *
 * @returns the reason where it is no schema
 * @see https://json-schema.org/draft/2020-12
 */
export const readJsonSchema = (schema: object): JsonSchema | { readonly wrong: string } => {
  let validate: ValidateFunction;
  try {
    validate = new Ajv2020({
      allErrors: true,
      strict: true,
      allowUnionTypes: true,
      validateFormats: false,
      verbose: true,
      logger: false,
    }).compile(schema);
  } catch (error) {
    return { wrong: thrownText(error) };
  }
  return { issues: (value) => (validate(value) ? [] : issuesOf(validate.errors as ErrorObject[], MAX_ISSUES)) };
};
