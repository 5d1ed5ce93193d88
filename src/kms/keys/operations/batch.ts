import type { FastifyRequest } from 'fastify';
import type { TObject, TSchema } from 'typebox';
import type { App } from '#infra/http/server.ts';
import { batchAnswer, batchBody, MAX_REFERENCE } from './batch-schemas.ts';
import { issuesOfItems, problemOfItem, sharedRefusal } from './batch-refusals.ts';
import { type Operation, operationIdOf, operationRoute } from './operation.ts';

/** Items at work at once: their records are written together, and the thread pool stays open to others. */
const AT_ONCE = 25;

/** An item as it came: nothing is known of one whose form was refused. */
type Item = Readonly<Record<string, unknown>> | null;

/** What came of an item: its answer, or the error of its refusal. */
type Outcome = { readonly answer: object } | { readonly error: unknown };

/** Items of a body that may not have its form. */
const actsOf = (body: unknown): number => {
  const { items } = (body ?? {}) as { readonly items?: unknown };
  return Array.isArray(items) ? items.length : 1;
};

const referenceOf = (item: Item): { readonly reference?: string } => {
  const reference = item?.['reference'];
  return typeof reference === 'string' && reference.length <= MAX_REFERENCE ? { reference } : {};
};

const outcomesOf = async (items: readonly Item[], run: (item: Item, index: number) => Promise<object>): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    const group = items.slice(at, at + AT_ONCE).map((item, index) =>
      run(item, at + index).then(
        (answer): Outcome => ({ answer }),
        (error: unknown): Outcome => ({ error }),
      ),
    );
    outcomes.push(...(await Promise.all(group)));
  }
  return outcomes;
};

/**
 * Adds `…/<name>/batch`: the operation on up to a hundred bodies at once, with one elastic key, within the size of one body. Each item
 * is an act of its own: the door asks for its scope and records it, it counts as one use of the key and as one request of the tenant.
 * Where one fails, the others go on. A reason for which every item is refused alike and which is none of their own content, such as a
 * key that is not there or a sealed service, is the answer of the request, as that of the operation alone.
 */
export const registerBatch = <B extends TObject, A extends TSchema>(
  app: App,
  path: string,
  { action, summary, description, body, answer, run }: Operation<B, A>,
): void => {
  const operationId = `${operationIdOf(action)}Batch`;
  const name = operationId.charAt(0).toUpperCase() + operationId.slice(1);
  const { config, ...route } = operationRoute({
    action,
    operationId,
    summary: `${summary}, many at once`,
    description: `${description} Each item is as the body of the operation alone, and is answered with its status; where one fails, the others go on.`,
    body: batchBody(body, `${name}Item`),
    answer: batchAnswer(answer, `${name}Outcome`),
  });

  const itemsOf = async (request: FastifyRequest<{ Params: { id: string } }>): Promise<readonly object[]> => {
    const issues = issuesOfItems(request.validationError);
    const { items } = request.body as { readonly items: readonly Item[] };
    const outcomes = await outcomesOf(items, async (item, index) => {
      const refusal = issues.get(index);
      if (refusal !== undefined) throw refusal;
      const { reference: _, ...alone } = item ?? {};
      return run(request.caller, request.params.id, alone as never) as Promise<object>;
    });
    const shared = sharedRefusal(outcomes.map((outcome) => ('error' in outcome ? outcome.error : null)));
    if (shared !== null) throw shared;
    return outcomes.map((outcome, index) => {
      const reference = referenceOf(items[index] ?? null);
      if ('answer' in outcome) return { ...reference, status: 200, ...outcome.answer };
      app.logFailure(request, outcome.error);
      const problem = problemOfItem(app.problemOf(outcome.error), index);
      return { ...reference, status: problem.status, problem: problem.body };
    });
  };

  // A wrong item must not fail the others, so whatever the schema refuses is handed on.
  app.post(`${path}/${action.name}/batch`, { ...route, config: { ...config, actsOf }, attachValidation: true }, async (request) => ({
    items: await itemsOf(request),
  }));
};
