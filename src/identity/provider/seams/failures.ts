import type { EventEmitter } from 'node:events';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { AppError, InternalError } from '#infra/apperr/app-error.ts';
import { causeChain } from '#infra/apperr/cause-chain.ts';
import { type ErrorDetail, inDetail, routeNotFound, toProblem } from '#infra/http/problem.ts';
import type { Refusal, RefusalLog } from '#infra/http/refusals.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';

const refusalOf = (ctx: KoaContextWithOIDC, { code, status, message }: AppError): Refusal => ({
  address: String(ctx.state.peerAddress ?? ''),
  status,
  code,
  message: `${ctx.method} ${ctx.path} refused with ${status}: ${code}`,
  attributes: { 'http.request.method': ctx.method, 'http.route': ctx.path, 'http.response.status_code': status, code, reason: message },
});

/** The steps that look after each request. */
export interface FailureAnswers {
  /** After oidc-provider has answered. */
  after(ctx: KoaContextWithOIDC): void;
  /** In the place of an answer. */
  thrown(ctx: KoaContextWithOIDC, error: unknown): void;
}

/**
 * Answers and logs what failed inside: an error of ours with status 429 or 503 keeps it, for people as a page, anything else stays a
 * server error. Those who ask too often are summed up in the log.
 *
 * Why: oidc-provider answers 500 to every error that is not its own, and logs none of them.
 * Bends: the event `server_error`, sent after the answer is made, and Koa's own event `error`, without whose listener Koa prints to
 * the console; read in oidc-provider 9.13.3 (lib/shared/error_handler.js) and Koa 3 (lib/application.js).
 * Held by: test/identity/provider/seams/failures.test.ts
 *
 * What fails outside of a route, for example when a session is stored after the answer is made, reaches no handler of oidc-provider, and
 * Koa would answer by a word.
 */
export const answerFailures = (
  provider: Provider,
  options: {
    readonly log: Pick<Telemetry['log'], 'error'>;
    readonly refusals: Pick<RefusalLog, 'refused'>;
    readonly detail: ErrorDetail;
    /** For people, where oidc-provider has answered by a page. */
    readonly failurePage: (words: { readonly code: string; readonly message: string; readonly fix?: string }) => string;
  },
): FailureAnswers => {
  const { log, refusals, detail, failurePage } = options;
  const failures = new WeakMap<object, unknown>();
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: unknown) => void failures.set(ctx, error));
  (provider as EventEmitter).on('error', (error: Error) => log.error(`Identity provider: ${error.stack ?? error.message}`));

  const after = (ctx: KoaContextWithOIDC): void => {
    if (!failures.has(ctx)) return;
    const failure = failures.get(ctx);
    if (!(failure instanceof AppError) || (failure.status !== 429 && failure.status !== 503)) {
      log.error(`${ctx.method} ${ctx.path} failed: ${causeChain(failure)}`);
      return;
    }
    ctx.status = failure.status;
    ctx.set({ ...failure.headers });
    const { body } = inDetail(toProblem(failure), detail);
    const { code, detail: message, fix } = body as { readonly code: string; readonly detail: string; readonly fix?: string };
    if (ctx.response.is('html')) ctx.body = failurePage({ code, message, ...(fix === undefined ? {} : { fix }) });
    else ctx.body = { error: 'temporarily_unavailable', error_description: message };
    if (failure.status === 429) refusals.refused(refusalOf(ctx, failure));
    else log.error(`${ctx.method} ${ctx.path} failed with ${failure.status}: ${causeChain(failure)}`);
  };

  const thrown = (ctx: KoaContextWithOIDC, error: unknown): void => {
    failures.set(ctx, error);
    for (const name of Object.keys(ctx.response.headers)) if (/^(location|access-control-.*)$/.test(name)) ctx.remove(name);
    ctx.status = 500;
    const { code, detail: message } = toProblem(new InternalError('of somebody who is told no more')).body as Record<string, string>;
    if (ctx.accepts('json', 'html') === 'html') {
      ctx.body = failurePage({ code: String(code), message: String(message) });
      ctx.type = 'html';
    } else ctx.body = { error: 'server_error', error_description: message };
    after(ctx);
  };

  return { after, thrown };
};

/**
 * Answers a request that oidc-provider takes for nobody's in JSON.
 *
 * Why: Koa's own answer is plain text, for example to an OPTIONS that is no preflight.
 * Bends: status 404 without a body, read in oidc-provider 9.13.3 (lib/shared/cors.js) and Koa 3 (lib/application.js).
 * Held by: test/identity/provider/seams/failures.test.ts
 */
export const answerNotFound = (ctx: KoaContextWithOIDC): void => {
  if (ctx.status !== 404 || (ctx.body ?? null) !== null) return;
  const { status, body } = toProblem(routeNotFound());
  ctx.status = status;
  ctx.body = JSON.stringify(body);
  ctx.type = 'application/problem+json';
};
