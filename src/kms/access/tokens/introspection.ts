import { AppError } from '#infra/apperr/app-error.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { identityUnavailable } from './identity-unavailable.ts';

/** Asks the issuer whether a token is still good. @see RFC 7662 */
export interface Introspection {
  /** @throws AppError `identity-unavailable` 503 when there is no usable answer */
  isActive(token: string): Promise<boolean>;
}

const TIMEOUT_MS = 2_000;

/** "encoded using the application/x-www-form-urlencoded encoding algorithm". RFC 6749 section 2.3.1 */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

/** @param options.client trusts the configured CA only */
export const createIntrospection = (options: {
  readonly issuer: string;
  readonly endpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly client: Pick<HttpsClient, 'request'>;
}): Introspection => {
  const { issuer, endpoint, client } = options;
  const pair = `${formEncoded(options.clientId)}:${formEncoded(options.clientSecret)}`;
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;

  const ask = async (token: string): Promise<boolean> => {
    const answer = await client.request({
      method: 'POST',
      url: endpoint,
      headers: { authorization, accept: 'application/json' },
      form: { token, token_type_hint: 'access_token' },
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status !== 200) {
      throw new AppError('introspection-refused', 502, `the introspection request was answered with ${answer.status}`);
    }
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
