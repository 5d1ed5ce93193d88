import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsClient, HttpsRequest } from '#infra/http/client.ts';
import { INTROSPECTION_MS } from '#infra/magic/limits.ts';
import type { ClientProof } from './client-credential.ts';
import { gatherQuestions } from './gather-questions.ts';
import { identityUnavailable, refusedBy } from './identity-unavailable.ts';

/** What an issuer says of a token; of one that is not active, no more than that. @see RFC 7662 section 2.2 */
export type IntrospectionAnswer = Readonly<Record<string, unknown>> & { readonly active: boolean };

/** Asks the issuer whether a token is still good. @see RFC 7662 */
export interface Introspection {
  /** @throws AppError `identity-unavailable` 503 when there is no usable answer */
  ask(token: string): Promise<IntrospectionAnswer>;
  /** @throws as `ask` */
  isActive(token: string): Promise<boolean>;
}

const isAnswer = (value: unknown): value is IntrospectionAnswer =>
  typeof value === 'object' && value !== null && 'active' in value && typeof value.active === 'boolean';

const malformed = (lack: string): AppError => new AppError('introspection-malformed', 502, `the introspection answer ${lack}`);

/**
 * @param options.client trusts the configured CA only
 * @param options.batchEndpoint where the issuer answers for several tokens at once, as Identity does; null where it does not
 */
export const createIntrospection = (options: {
  readonly issuer: string;
  /** Where to ask; it may ask the issuer itself. */
  readonly endpoint: () => Promise<string>;
  readonly batchEndpoint?: string | null;
  /** Who asks. */
  readonly proof: ClientProof;
  readonly client: Pick<HttpsClient, 'request'>;
  /** Called for each question. */
  readonly onAsk?: () => void;
}): Introspection => {
  const { issuer, endpoint, batchEndpoint = null, proof, client, onAsk = () => {} } = options;

  const send = async (request: Pick<HttpsRequest, 'url' | 'form' | 'body'>): Promise<unknown> => {
    onAsk();
    const headers = { ...proof.headers, accept: 'application/json' };
    const answer = await client.request({ method: 'POST', headers, timeoutMs: INTROSPECTION_MS, ...request });
    if (answer.status !== 200) throw refusedBy(issuer, answer, 'introspection-refused', 'introspection');
    return answer.json();
  };
  const single = async (token: string): Promise<IntrospectionAnswer> => {
    const answer = await send({ url: await endpoint(), form: { token, token_type_hint: 'access_token', ...proof.form } });
    if (!isAnswer(answer)) throw malformed('has no member active');
    return answer;
  };
  const batchAt =
    (url: string) =>
    async (tokens: readonly string[]): Promise<readonly IntrospectionAnswer[]> => {
      const answer = (await send({ url, body: { tokens } })) as { readonly items?: unknown } | null;
      const items: unknown = answer?.items;
      if (!Array.isArray(items) || !items.every(isAnswer)) throw malformed('of a batch has no member items, or one without active');
      return items;
    };

  // A batch has no form in which a client could say who it is.
  const isBatched = batchEndpoint !== null && proof.headers.authorization !== undefined;
  const gathered = gatherQuestions({ single, batch: isBatched ? batchAt(batchEndpoint) : null });
  const ask: Introspection['ask'] = (token) =>
    gathered(token).catch((error: unknown) => {
      throw identityUnavailable(issuer, error);
    });
  return { ask, isActive: async (token) => (await ask(token)).active };
};
