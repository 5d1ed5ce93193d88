import type { FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import { causeChain } from '#infra/apperr/cause-chain.ts';
import type { Attributes, Logger } from '#infra/telemetry/telemetry.ts';
import { toProblem } from '../problem.ts';
import type { RefusalLog } from '../refusals.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Logs a request that failed or was not let in; for error handlers of their own. */
    logFailure: (request: FastifyRequest, thrown: unknown) => void;
  }
  interface FastifyRequest {
    /** What is known of who asks, for the log of a refusal: closed words and tags, never a name. */
    facts?: Attributes;
  }
}

/** Nobody is let in without a right credential, none without a scope, and nobody more often than he may. */
const REFUSED: readonly number[] = [401, 403, 429];

/**
 * Logs one line for a request that failed or that was not let in, with what its answer leaves out: the causes of a server error, the
 * reason of a refusal. Refusals of one network are summed up. Other errors of a client are its own affair.
 */
export const logFailure = (
  { log, refusals }: { readonly log: Pick<Logger, 'error'>; readonly refusals: Pick<RefusalLog, 'refused'> },
  request: FastifyRequest,
  thrown: unknown,
): void => {
  const { status, body } = toProblem(thrown);
  const { method } = request;
  const route = request.routeOptions.url ?? 'unknown';
  const attributes = {
    ...request.facts,
    'http.request.method': method,
    'http.route': route,
    'http.response.status_code': status,
    code: String(body['code']),
  };
  if (status >= 500) return log.error(`${method} ${route} failed with ${status}: ${causeChain(thrown)}`, attributes);
  const reason = thrown instanceof AppError ? thrown.reason : undefined;
  if (!REFUSED.includes(status) && reason === undefined) return;
  refusals.refused({
    address: request.ip,
    status,
    code: attributes.code,
    message: `${method} ${route} refused with ${status}: ${causeChain(thrown)}`,
    attributes: { ...attributes, reason: reason ?? String(body['detail']) },
  });
};
