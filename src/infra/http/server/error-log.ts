import type { FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import { causeChain } from '#infra/apperr/cause-chain.ts';
import type { Logger } from '#infra/telemetry/telemetry.ts';
import { toProblem } from '../problem.ts';

/**
 * Logs one line for a request that failed or that was not let in, with what its answer leaves out: the causes of a server error, the
 * reason of a refusal. Other errors of a client are its own affair.
 */
export const logFailure = (log: Pick<Logger, 'warn' | 'error'>, request: FastifyRequest, thrown: unknown): void => {
  const { status, body } = toProblem(thrown);
  const { method } = request;
  const route = request.routeOptions.url ?? 'unknown';
  const attributes = {
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
    code: String(body['code']),
  };
  if (status >= 500) return log.error(`${method} ${route} failed with ${status}: ${causeChain(thrown)}`, attributes);
  const reason = thrown instanceof AppError ? thrown.reason : undefined;
  if (status === 401 || status === 403 || reason !== undefined) {
    const why = reason ?? String(body['detail']);
    log.warn(`${method} ${route} refused with ${status}: ${causeChain(thrown)}`, { ...attributes, reason: why });
  }
};
