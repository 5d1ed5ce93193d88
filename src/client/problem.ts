import { AppError, type FieldIssue } from '#infra/apperr/app-error.ts';
import type { HttpsResponse } from '#infra/http/client.ts';

/** The members of Problem Details (RFC 9457) and of OAuth errors (RFC 6749 section 5.2) that a client of ours looks at. */
export interface Problem {
  readonly code?: string;
  readonly detail?: string;
  readonly fix?: string;
  readonly errors?: readonly FieldIssue[];
  readonly scope?: string;
  readonly error?: string;
  readonly error_description?: string;
}

/** The error body of an answer; empty when it has none. */
export const problemOf = (response: Pick<HttpsResponse, 'text'>): Problem => {
  try {
    const value: unknown = JSON.parse(response.text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
};

/** The error that a server answered with. */
export const refusalOf = (response: Pick<HttpsResponse, 'status' | 'text'>): AppError => {
  const { code, detail, fix, errors = [], error, error_description: description } = problemOf(response);
  return new AppError(code ?? error ?? 'no-error-code', response.status, detail ?? description ?? 'no detail given', {
    fields: errors,
    ...(fix === undefined ? {} : { fix }),
  });
};

/**
 * The answer again where it has the status that the caller needs.
 *
 * @param what the request, for the message
 * @throws AppError `unexpected-answer`, the server's own error as its cause
 */
export const expectStatus = <R extends Pick<HttpsResponse, 'status' | 'text'>>(response: R, status: number, what: string): R => {
  if (response.status === status) return response;
  const cause = refusalOf(response);
  throw new AppError('unexpected-answer', response.status, `${what} answered ${response.status}, not ${status}`, { cause });
};
