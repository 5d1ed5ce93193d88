import { AppError, InternalError } from '#infra/apperr/app-error.ts';
import { type AnswerClient, type AnswerDirectly, plainForm } from './direct.ts';
import type { ProvedClients } from './proved-clients.ts';

/** @param names of the parameters that the form may have */
export const answerDirectly =
  (clients: Pick<ProvedClients, 'find'>, names: readonly string[], answer: AnswerClient): AnswerDirectly =>
  async ({ headers, connection, pairs }) => {
    const form = plainForm(pairs, names);
    if (form === undefined) return undefined;
    try {
      const client = await clients.find(connection, headers);
      return client && (await answer(client, form));
    } catch (error) {
      // A database that is away, for example: oidc-provider meets that as well, and tells it as clients know it.
      if (error instanceof AppError && !(error instanceof InternalError)) return undefined;
      throw error;
    }
  };
