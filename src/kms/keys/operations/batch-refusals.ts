import type { FastifyRequest } from 'fastify';
import type { FieldIssue } from '#infra/apperr/app-error.ts';
import { type Problem, toProblem } from '#infra/http/problem.ts';

type ValidationError = NonNullable<FastifyRequest['validationError']>;
type Issue = NonNullable<ValidationError['validation']>[number];

const ITEM = /^\/items\/(\d+)(?=\/|$)/;

const refusalOf = (of: Error, validation: readonly Issue[]): Error =>
  Object.assign(new Error(of.message), { validation, validationContext: 'body', statusCode: 400 });

/**
 * What the schema refused, by item.
 *
 * @param error of the validation of the request
 * @throws the error where it is not one of items alone, such as that there are too many of them
 */
export const issuesOfItems = (error: ValidationError | undefined): ReadonlyMap<number, Error> => {
  if (error === undefined) return new Map();
  const found = new Map<number, Issue[]>();
  for (const issue of error.validation ?? []) {
    const [, index] = ITEM.exec(issue.instancePath) ?? [];
    if (index === undefined || error.validationContext !== 'body') throw error;
    const known = found.get(Number(index));
    if (known === undefined) found.set(Number(index), [issue]);
    else known.push(issue);
  }
  if (found.size === 0) throw error;
  return new Map([...found].map(([index, issues]) => [index, refusalOf(error, issues)]));
};

/**
 * The refusal of all items where it is one and the same, and not a 400, which is about the content of each.
 *
 * @param refusals by item; null for one that was done
 */
export const sharedRefusal = (refusals: readonly unknown[]): unknown => {
  const [first, ...others] = refusals.map((refusal) => (refusal === null ? null : toProblem(refusal)));
  if (!first || first.status === 400) return null;
  return others.every((other) => other?.body['code'] === first.body['code']) ? refusals[0] : null;
};

/** The problem of an item, whose fields are named by their place in the batch. */
export const problemOfItem = (problem: Problem, index: number): Problem => {
  const { errors, ...rest } = problem.body as { readonly errors?: readonly FieldIssue[] };
  if (errors === undefined) return problem;
  const placed = errors.map((issue) => {
    const isInItem = issue.field.startsWith('/') && !ITEM.test(issue.field);
    return isInItem ? { ...issue, field: `/items/${index}${issue.field}` } : issue;
  });
  return { ...problem, body: { ...rest, errors: placed } };
};
