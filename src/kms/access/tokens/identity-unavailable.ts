import { thrownMessage } from '#infra/apperr/thrown-words.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsResponse } from '#infra/http/client.ts';

const LIMITED = 'identity-rate-limited';
/** Where Identity does not say how long to wait, and at most, in seconds. */
const [WAIT_S, MAX_WAIT_S] = [2, 3_600];

/** Seconds that an answer asks to wait; dates are not read. @see RFC 9110 section 10.2.3 */
const waitOf = (answer: Pick<HttpsResponse, 'headers'>): number => {
  const text = answer.headers['retry-after'] ?? '';
  return /^\d{1,9}$/.test(text) ? Math.min(Math.max(Number(text), 1), MAX_WAIT_S) : WAIT_S;
};

/** Identity answers, and says that this KMS asks too often. */
export const isLimited = (error: unknown): boolean => error instanceof AppError && error.code === LIMITED;

/**
 * Why an answer that is not 200 is of no use.
 *
 * @param code for everything but a limit
 * @param asked names the request, for example `JWKS`
 */
export const refusedBy = (issuer: string, answer: Pick<HttpsResponse, 'status' | 'headers'>, code: string, asked: string): AppError => {
  if (answer.status !== 429) return new AppError(code, 502, `the ${asked} request was answered with ${answer.status}`);
  const seconds = waitOf(answer);
  return new AppError(
    LIMITED,
    503,
    `Identity (${new URL(issuer).host}) limits the requests of this KMS: it answered the ${asked} request with 429.`,
    {
      fix: `Try again in ${seconds} s; if it stays so, raise server.rate_limit.service_client_max of Identity.`,
      headers: { 'retry-after': String(seconds) },
    },
  );
};

/** Identity does not answer and what is remembered of it is too old; the cause is named, as it holds no secret. A limit stays one. */
export const identityUnavailable = (issuer: string, cause: unknown): AppError =>
  cause instanceof AppError && isLimited(cause)
    ? cause
    : new AppError('identity-unavailable', 503, `Identity (${new URL(issuer).host}) does not answer: ${thrownMessage(cause)}`, {
        cause,
        fix: 'Try again in a few seconds; if it stays so, look at the state of Identity.',
        headers: { 'retry-after': '2' },
      });
