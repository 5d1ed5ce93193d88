import type { Static, TObject, TSchema } from 'typebox';
import type { App } from '#infra/http/server.ts';
import { registerBatch } from './batch.ts';
import { type Operation, operationIdOf, operationRoute } from './operation.ts';

/**
 * Adds the two routes of an operation: `…/<name>`, and `…/<name>/batch` for many bodies at once.
 *
 * @param path of the elastic key, with the parameter `id`
 */
export const registerOperation = <B extends TObject, A extends TSchema>(app: App, path: string, operation: Operation<B, A>): void => {
  const { action, run } = operation;
  const route = operationRoute<TObject, TSchema>({ ...operation, operationId: operationIdOf(action) });
  app.post(`${path}/${action.name}`, route, async ({ caller, params, body }) => run(caller, params.id, body as Static<B>));
  registerBatch(app, path, operation);
};
