import type { FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import { pageHeaders } from '#infra/html/content-policy.ts';
import { renderHtml } from '#infra/html/html.ts';
import { toProblem } from '#infra/http/problem.ts';
import { acceptsPage } from '#infra/http/request/accepts-page.ts';
import { fieldsOf, type Pair, pairsOf } from '#infra/http/request/form.ts';
import { requireMediaType } from '#infra/http/request/media-type.ts';
import { textOf } from '#infra/http/request/text.ts';
import type { App } from '#infra/http/server.ts';
import { MAX_TARGET } from '#infra/http/server/target.ts';
import type { Endpoint } from './features/feature.ts';
import { PROGRAM_HEADERS } from './seams/response-headers.ts';
import type { OpenIdProvider } from './openid-provider.ts';

/** Bytes of a form. */
const FORM_LIMIT = 56 * 1024;
/** What a client may send several times. @see RFC 8707 section 2 */
const REPEATABLE = ['resource'];

/** A form that is valid, and its bytes, which oidc-provider reads once more. */
interface Form {
  readonly bytes: Buffer;
  readonly pairs: readonly Pair[];
}

/** Reads forms as strictly as the rest of Identity does. */
const readForms = (context: App): void => {
  context.removeAllContentTypeParsers();
  context.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: FORM_LIMIT }, (request, bytes: Buffer, done) => {
    if (bytes.length === 0) return done(null);
    requireMediaType(request.headers, 'application/x-www-form-urlencoded');
    return done(null, { bytes, pairs: pairsOf(textOf(bytes)) } satisfies Form);
  });
};

/** An error of OAuth may hold these characters alone. @see RFC 6749 section 5.2 */
const asDescription = (text: string): string => text.replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, '?');

type OnPageError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/** A refused form as a page, or as an error of OAuth; what is no fault of the form goes on to the server. */
const answerErrors = (context: App, answers: Endpoint['answers'], onPageError: OnPageError): void => {
  context.setErrorHandler((thrown, request, reply) => {
    if (answers === 'page') {
      if (acceptsPage(request.headers)) return onPageError(thrown, request, reply);
      throw thrown;
    }
    const { status, headers, body } = toProblem(thrown);
    if (status >= 500 || status === 429) throw thrown;
    const { detail, fix, error = 'invalid_request' } = body as { readonly detail: string; readonly fix?: string; readonly error?: string };
    reply.code(status).headers({ ...headers, 'cache-control': 'no-store' });
    const description = asDescription([detail, fix].filter((part) => part !== undefined).join(' '));
    return reply.send({ error, error_description: description });
  });
};

const queryOf = ({ url }: FastifyRequest): string => url.split('?').slice(1).join('?');

/** Sends a browser that posted a form to the same address by GET: a form of another site brings no cookie with `SameSite=Lax`. */
const redirectToGet = ({ path, mayBeEmpty = false }: Endpoint, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const inQuery = pairsOf(queryOf(request), 'query');
  const inForm = (request.body as Form | undefined)?.pairs ?? [];
  // Else a client that posts again where it is to ask by GET would go round for ever.
  if (inForm.length === 0 && !mayBeEmpty)
    throw new AppError('body-missing', 400, 'The form is empty.', { fix: 'Post the parameters as a form, or ask by GET.' });
  fieldsOf([...new Map(inQuery), ...new Map(inForm)], REPEATABLE);
  const pairs = [...inQuery, ...inForm];
  const query = new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString();
  const target = query === '' ? path : `${path}?${query}`;
  if (target.length > MAX_TARGET) {
    throw new AppError('form-too-long', 413, `The form is longer than the ${MAX_TARGET} octets that an address may have.`, {
      fix: 'Send shorter parameters, or fewer.',
    });
  }
  return reply.code(303).headers({ location: target, 'cache-control': 'no-store' }).send();
};

/** As answers of oidc-provider have them (`seams/response-headers.ts`). */
const DIRECT_HEADERS = { ...PROGRAM_HEADERS, 'cache-control': 'no-store', vary: 'Origin' };

/** A question of a browser whether a script of another origin may send a request. @see https://fetch.spec.whatwg.org/#cors-preflight-request */
const isPreflight = ({ method, headers }: FastifyRequest): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

/**
 * Puts the provider's endpoints into the server. The provider reads bodies itself, and repairs what is not UTF-8, so that they are
 * checked here first. Headers that hooks have set so far (security headers, rate limits) are kept.
 *
 * @param options.onPageError answers a request at a page that is refused before the provider sees it, to whoever asks for HTML
 */
export const mountProvider = async (
  app: App,
  provider: Pick<OpenIdProvider, 'endpoints' | 'handle' | 'answerDirectly'>,
  options: { readonly onPageError: OnPageError },
): Promise<void> => {
  const mount = (context: App, endpoint: Endpoint): void => {
    const allow = [...endpoint.methods.filter((method) => method !== 'OPTIONS'), ...(endpoint.methods.includes('GET') ? ['HEAD'] : [])]
      .toSorted()
      .join(', ');
    context.route({
      method: [...endpoint.methods],
      url: endpoint.path,
      // Out of the OpenAPI document: discovery describes these.
      schema: { hide: true } as FastifySchema,
      handler: async (request, reply) => {
        if (request.method === 'OPTIONS' && !isPreflight(request)) return reply.code(204).header('allow', allow).send();
        if (request.method === 'POST' && endpoint.postAs === 'redirect') return redirectToGet(endpoint, request, reply);
        endpoint.checkHeaders?.(request.headers);
        endpoint.checkQuery?.(pairsOf(queryOf(request), 'query'));
        const form = request.body as Form | undefined;
        if (form !== undefined) fieldsOf(form.pairs, REPEATABLE);
        // A preflight has none.
        if (request.method === 'POST') endpoint.checkForm?.(form?.pairs ?? []);
        const own = endpoint.answerForm?.(form?.pairs ?? []);
        if (own !== undefined) return reply.headers(pageHeaders()).send(renderHtml(own));
        if (form !== undefined) {
          const { headers, raw } = request;
          const direct = await provider.answerDirectly(endpoint, { headers, connection: raw.socket, pairs: form.pairs });
          if (direct !== undefined) return reply.headers(DIRECT_HEADERS).send(direct);
        }
        reply.hijack();
        for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) reply.raw.setHeader(name, value);
        await provider.handle(endpoint, request.raw, reply.raw, form?.bytes);
        return reply;
      },
    });
  };

  for (const answers of ['page', 'json'] as const) {
    await app.register(async (scope) => {
      const context = scope as unknown as App;
      readForms(context);
      answerErrors(context, answers, options.onPageError);
      for (const endpoint of provider.endpoints) if (endpoint.answers === answers) mount(context, endpoint);
    });
  }
};
