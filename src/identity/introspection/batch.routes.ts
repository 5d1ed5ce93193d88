import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { strictObject } from '#infra/config/schema.ts';
import type { App } from '#infra/http/server.ts';
import { MAX_TOKEN_LENGTH } from '#infra/secrets/credential-limits.ts';
import { type ServiceClient, serviceClientOf, shownProofOf } from '#identity/clients/service-clients.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import { BATCH_INTROSPECTION_PATH } from '#identity/provider/features/discovery.ts';

/** Tokens of one request. */
const MAX_TOKENS = 50;
/** Bytes: that many tokens as JSON. */
const BODY_LIMIT = MAX_TOKENS * (MAX_TOKEN_LENGTH + 3) + 1_024;

const bodySchema = strictObject({
  tokens: Type.Array(Type.String({ minLength: 1, maxLength: MAX_TOKEN_LENGTH }), { minItems: 1, maxItems: MAX_TOKENS }),
});

/** In the order of the tokens; each as RFC 7662 section 2.2 has it. */
const answerSchema = strictObject({ items: Type.Array(Type.Object({ active: Type.Boolean() }, { additionalProperties: true })) });

/** @see RFC 6749 section 5.2 */
const unknownClient = (): AppError =>
  new AppError('client-unknown', 401, 'Only a service client of the configuration may ask here, by Basic.', {
    headers: { 'www-authenticate': 'Basic realm="passthru-identity"' },
    members: { error: 'invalid_client' },
  });

/**
 * Introspection of up to fifty access tokens at once, for resource servers under load: `{ "tokens": [...] }` is answered by
 * `{ "items": [...] }`. It is our own; RFC 7662 knows one token a request. Its clients are those of the configuration, whose secrets cost
 * nothing to compare.
 */
export const registerBatchIntrospection = (
  app: App,
  options: {
    readonly serviceClients: ReadonlyMap<string, ServiceClient>;
    readonly provider: Pick<OpenIdProvider, 'introspect'>;
    /** Epoch milliseconds. */
    readonly now: () => number;
  },
): void => {
  const { serviceClients, provider, now } = options;
  app.post(
    BATCH_INTROSPECTION_PATH,
    {
      bodyLimit: BODY_LIMIT,
      schema: { body: bodySchema, response: { 200: answerSchema } },
      onRequest: async (request) => {
        if (serviceClientOf(serviceClients, shownProofOf(request, now)) === null) throw unknownClient();
      },
    },
    async (request, reply) => {
      const { body } = request;
      const service = serviceClients.get(serviceClientOf(serviceClients, shownProofOf(request, now)) ?? '');
      if (service === undefined) throw unknownClient();
      const items = await Promise.all(body.tokens.map((token) => provider.introspect(token, service.client)));
      return reply.header('cache-control', 'no-store').send({ items: items.map((item) => ({ ...item, active: item['active'] === true })) });
    },
  );
};
