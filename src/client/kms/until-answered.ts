import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsResponse } from '#infra/http/client.ts';
import { problemOf } from '../problem.ts';

/** Requests in all, of which the last one's outcome is the caller's. */
const MAX_REQUESTS = 4;
/** Seconds to wait where an answer does not say how many. */
const DEFAULT_WAIT = 1;

/** The connection broke off, and nobody knows whether the change was made. */
const isUnanswered = (error: unknown): boolean => error instanceof AppError && error.code === 'connection-failed';

/** The server is still at it for the request before. */
const isUnderWay = (response: HttpsResponse): boolean => response.status === 409 && problemOf(response).code === 'idempotency-key-in-use';

/**
 * Sends a change until an answer to it comes, always with the same Idempotency-Key: it is made once, however often it is sent.
 *
 * @param send gets the header
 * @param options.idempotencyKey without its quotes; a new one by default
 * @param options.wait seconds; the default is a timer
 * @throws as `send`, for a connection that breaks off the last time as well
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07
 */
export const untilAnswered = async (
  send: (header: Record<string, string>) => Promise<HttpsResponse>,
  options: { readonly idempotencyKey?: string; readonly wait?: (seconds: number) => Promise<void> } = {},
): Promise<HttpsResponse> => {
  const { idempotencyKey = randomUUID(), wait = (seconds) => setTimeout(seconds * 1000) } = options;
  const header = { 'idempotency-key': `"${idempotencyKey}"` };
  for (let request = 1; ; request += 1) {
    try {
      const response = await send(header);
      if (request === MAX_REQUESTS || !isUnderWay(response)) return response;
      await wait(Number(response.headers['retry-after'] ?? DEFAULT_WAIT));
    } catch (error) {
      if (request === MAX_REQUESTS || !isUnanswered(error)) throw error;
    }
  }
};
