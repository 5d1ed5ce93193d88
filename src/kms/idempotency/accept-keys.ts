import type { preHandlerAsyncHookHandler } from 'fastify';
import { type TObject, Type } from 'typebox';
import type { App } from '#infra/http/server.ts';
import { fingerprintOf } from './request-hashes.ts';

/** Characters of a key. */
const MAX_KEY = 128;

/** A string of structured fields without escapes. @see RFC 9651 section 3.3.3 */
const headers = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      pattern: `^"[!#-[\\]-~]{1,${MAX_KEY}}"$`,
      description:
        `a key in double quotes, 1 to ${MAX_KEY} visible characters of ASCII but " and \\, such as a UUID. ` +
        'Give each change a new one. The same request with the same key is answered as before for a day, and changes nothing twice',
    }),
  ),
});

const takeKey: preHandlerAsyncHookHandler = async (request) => {
  const value = request.headers['idempotency-key'];
  const { caller } = request;
  if (typeof value !== 'string' || caller.request === null) return;
  const idempotencyKey = { value, fingerprint: fingerprintOf(request) };
  request.caller = { ...caller, request: { ...caller.request, idempotencyKey } };
};

/**
 * Lets every route whose action is a change take the header `Idempotency-Key`, and says so in the description of the API. To be called
 * before these routes are added; each of them acts once for a request.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07
 */
export const acceptIdempotencyKeys = (app: App): void => {
  app.addHook('onRoute', (route) => {
    const mode = route.config?.action?.mode;
    if (mode !== 'change' && mode !== 'administer') return;
    const given = route.schema?.headers as TObject | undefined;
    route.schema = { ...route.schema, headers: Type.Object({ ...given?.properties, ...headers.properties }) };
    route.preHandler = [takeKey, ...[route.preHandler ?? []].flat()];
  });
};
