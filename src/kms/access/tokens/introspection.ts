import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { INTROSPECTION_MS } from '#infra/magic/limits.ts';
import { identityUnavailable, refusedBy } from './identity-unavailable.ts';

/** Asks the issuer whether a token is still good. @see RFC 7662 */
export interface Introspection {
  /** @throws AppError `identity-unavailable` 503 when there is no usable answer */
  isActive(token: string): Promise<boolean>;
}

/** @param options.client trusts the configured CA only */
export const createIntrospection = (options: {
  readonly issuer: string;
  /** Where to ask; it may ask the issuer itself. */
  readonly endpoint: () => Promise<string>;
  /** Value of the Authorization header. */
  readonly authorization: string;
  readonly client: Pick<HttpsClient, 'request'>;
}): Introspection => {
  const { issuer, endpoint, authorization, client } = options;

  const ask = async (token: string): Promise<boolean> => {
    const answer = await client.request({
      method: 'POST',
      url: await endpoint(),
      headers: { authorization, accept: 'application/json' },
      form: { token, token_type_hint: 'access_token' },
      timeoutMs: INTROSPECTION_MS,
    });
    if (answer.status !== 200) throw refusedBy(issuer, answer, 'introspection-refused', 'introspection');
    const body = answer.json<{ active?: unknown } | null>();
    if (typeof body?.active !== 'boolean')
      throw new AppError('introspection-malformed', 502, 'the introspection answer has no member active');
    return body.active;
  };

  return {
    isActive: (token) =>
      ask(token).catch((error: unknown) => {
        throw identityUnavailable(issuer, error);
      }),
  };
};
