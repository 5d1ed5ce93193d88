import { randomBytes } from 'node:crypto';
import { jsonObject } from '#infra/json/json-object.ts';
import type { HttpsResponse } from '#infra/http/client.ts';

/** By which a request is found again in logs and traces. */
export interface Traced {
  /** Of the trace context that was sent; absent where none was. */
  readonly traceId?: string;
  /** `code` of the Problem Details that came; absent of any other answer. */
  readonly code?: string;
}

/**
 * A `traceparent` that makes a request a trace of its own, recorded where the server believes its caller. The id is random: nobody has
 * it before it is sent.
 *
 * @see https://www.w3.org/TR/trace-context/#traceparent-header
 */
export const newTrace = (): { readonly traceparent: string } => ({
  traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`,
});

export const tracedBy = (headers: Readonly<Record<string, string>>, { headers: answered, text }: HttpsResponse): Traced => {
  const traceId = headers['traceparent']?.split('-')[1];
  const problem = answered['content-type']?.startsWith('application/problem+json') === true ? jsonObject(text) : null;
  const code = problem?.['code'];
  return { ...(traceId === undefined ? {} : { traceId }), ...(typeof code === 'string' ? { code } : {}) };
};
