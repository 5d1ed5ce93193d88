import type { EventEmitter } from 'node:events';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import { errors } from 'oidc-provider';
import { AppError } from '#infra/apperr/app-error.ts';
import { causeChain } from '#infra/apperr/cause-chain.ts';
import { routeNotFound, toProblem } from '#infra/http/problem.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { pageHeaders } from '#identity/pages/content-policy.ts';
import { recordOf } from './client-metadata.ts';
import type { JwtTokens } from './jwt-tokens.ts';
import { DISCOVERY_PATHS, ROUTES } from './routes.ts';

type Next = () => Promise<void>;
type Body = Record<string, unknown>;

const bodyOf = (ctx: KoaContextWithOIDC): Body => (typeof ctx.body === 'object' && ctx.body !== null ? (ctx.body as Body) : {});

/** Introspection and revocation of JWT access tokens, after the provider has authenticated the client and refused. */
const answerStructuredToken = async (ctx: KoaContextWithOIDC, tokens: JwtTokens): Promise<void> => {
  if (ctx.path !== ROUTES.introspection && ctx.path !== ROUTES.revocation) return;
  const { client, params } = ctx.oidc ?? {};
  if (bodyOf(ctx).error !== 'unsupported_token_type' || client === undefined) return;
  const token = String(params?.token);
  if (ctx.path === ROUTES.introspection) {
    ctx.status = 200;
    ctx.body = await tokens.introspect(token, recordOf(client));
  } else if ((await tokens.revoke(token, recordOf(client))) === 'done') {
    ctx.status = 200;
    ctx.body = '';
  } else {
    const refused = new errors.InvalidRequest('client is not authorized to revoke the presented token');
    ctx.body = { error: refused.message, error_description: refused.error_description };
  }
};

/** Koa's own answer is plain text, for example to an OPTIONS that is no preflight. */
const answerNotFound = (ctx: KoaContextWithOIDC): void => {
  if (ctx.status !== 404 || (ctx.body ?? null) !== null) return;
  const { status, body } = toProblem(routeNotFound());
  ctx.status = status;
  ctx.body = JSON.stringify(body);
  ctx.type = 'application/problem+json';
};

/** What discovery says of itself is what clients of ours may do, and all scopes there are. */
const completeMetadata = (ctx: KoaContextWithOIDC, resourceScopes: readonly string[]): void => {
  if (!DISCOVERY_PATHS.includes(ctx.path) || ctx.status !== 200) return;
  const body = bodyOf(ctx);
  ctx.body = {
    ...body,
    response_modes_supported: ['query'],
    scopes_supported: [...new Set([...((body.scopes_supported ?? []) as string[]), ...resourceScopes])],
  };
};

/** A page may post to us and, through our redirect, reach the client that started it; no script but the provider's own by hash. */
const securePage = (ctx: KoaContextWithOIDC): void => {
  const script = ctx.response
    .get('content-security-policy')
    .split(';')
    .find((part) => part.trim().startsWith("script-src '"));
  const targets = [ctx.oidc?.params?.post_logout_redirect_uri, ctx.oidc?.entities.Interaction?.params.redirect_uri];
  const headers = pageHeaders(targets.filter((target) => typeof target === 'string'));
  ctx.set(headers);
  if (script !== undefined) ctx.set('content-security-policy', `${headers['content-security-policy']}; ${script.trim()}`);
};

/** An error of ours that passed through the provider keeps its status; anything else stays a server error. Both are logged. */
const answerFailure = (ctx: KoaContextWithOIDC, failure: unknown, log: Telemetry['log']): void => {
  if (failure instanceof AppError && (failure.status === 429 || failure.status === 503)) {
    ctx.status = failure.status;
    ctx.set({ ...failure.headers });
    ctx.body = { error: 'temporarily_unavailable', error_description: failure.message };
    if (failure.status === 429) log.warn(`${ctx.method} ${ctx.path} refused: ${failure.code}`);
    else log.error(`${ctx.method} ${ctx.path} failed with ${failure.status}: ${causeChain(failure)}`);
    return;
  }
  log.error(`${ctx.method} ${ctx.path} failed: ${causeChain(failure)}`);
};

/** Wraps every answer of the provider: what it cannot do, what it should not say, and the headers of its pages. */
export const installAnswers = (
  provider: Provider,
  options: {
    readonly tokens: JwtTokens;
    readonly resourceScopes: readonly string[];
    readonly corsOrigins: readonly string[];
    readonly log: Telemetry['log'];
  },
): void => {
  const failures = new WeakMap<object, unknown>();
  provider.on('server_error', (ctx: KoaContextWithOIDC, error: unknown) => void failures.set(ctx, error));
  // Koa's own event; the types know only those of OAuth. Without a listener Koa prints to the console.
  (provider as EventEmitter).on('error', (error: Error) => options.log.error(`Identity provider: ${error.stack ?? error.message}`));

  provider.use(async (context, next: Next) => {
    const ctx = context as unknown as KoaContextWithOIDC;
    // The provider adds the hash of its own script to this directive.
    ctx.set('content-security-policy', 'script-src');
    await next();
    if (failures.has(ctx)) answerFailure(ctx, failures.get(ctx), options.log);
    await answerStructuredToken(ctx, options.tokens);
    answerNotFound(ctx);
    completeMetadata(ctx, options.resourceScopes);
    if (ctx.response.is('html')) securePage(ctx);
    else ctx.set({ 'content-security-policy': "default-src 'none'; frame-ancestors 'none'", 'x-content-type-options': 'nosniff' });
    if (!options.corsOrigins.includes(ctx.get('origin'))) {
      for (const name of Object.keys(ctx.response.headers)) if (name.startsWith('access-control-')) ctx.remove(name);
    }
  });
};
