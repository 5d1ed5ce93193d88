import type { IncomingHttpHeaders } from 'node:http';
import type { Pair } from '#infra/http/request/form.ts';
import type { ClientRecord } from '#identity/clients/client.ts';

/**
 * The two requests that services send all day, introspection of a JWT and client credentials for one, answered without the machinery of
 * oidc-provider, which costs several times as much as the answer. Only the plainest successful request is: a form with nothing but the
 * parameters of its grant, from a client that this very connection has proved by this very header a moment ago. Anything else, each
 * refusal among it, goes on to oidc-provider, so that there is one place that says no. Tests hold every answer from here against the one
 * of oidc-provider to the same request.
 *
 * `proved-clients.ts` knows the client, `introspection.ts` and `client-credentials.ts` answer, `sign-access-token.ts` signs.
 */
export interface DirectRequest {
  readonly headers: IncomingHttpHeaders;
  readonly connection: object;
  /** Of the form, each name once but for `resource`. */
  readonly pairs: readonly Pair[];
}

/** The body of a successful answer; undefined leaves the request to oidc-provider. */
export type AnswerDirectly = (request: DirectRequest) => Promise<Readonly<Record<string, unknown>> | undefined>;

/** Answers a form of a client that has proved itself. */
export type AnswerClient = (
  client: ClientRecord,
  form: Readonly<Record<string, string>>,
) => Promise<Readonly<Record<string, unknown>> | undefined>;

/** The form as an object; undefined where it has a name beside those that are expected, or one of them twice. */
export const plainForm = (pairs: readonly Pair[], names: readonly string[]): Readonly<Record<string, string>> | undefined => {
  const isPlain = pairs.length <= names.length && pairs.every(([name]) => names.includes(name));
  const form = Object.fromEntries(pairs);
  return isPlain && Object.keys(form).length === pairs.length ? form : undefined;
};
