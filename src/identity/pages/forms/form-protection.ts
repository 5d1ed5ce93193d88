import { createHmac } from 'node:crypto';
import cookie from '@fastify/cookie';
import csrf, { type FastifyCsrfProtectionOptions } from '@fastify/csrf-protection';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import type { App } from '#infra/http/server.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** A hook for routes that take a form. */
    checkForm: (request: FastifyRequest) => Promise<void>;
  }
}

/** The prefix makes browsers refuse the cookie from any other host or without TLS. @see RFC 6265bis section 4.1.3.2 */
const COOKIE = '__Host-passthru-csrf';
/** Milliseconds: as long as an interaction may take. */
const FORM_LIFETIME_MS = 60 * 60 * 1000;

/** The form that a token belongs to: the same path shows it and takes it. */
export const formOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';

/** The token of a form that is posted to another path than that of its page. */
export const tokenFor = (reply: FastifyReply, path: string): string => reply.generateCsrf({ userInfo: path });

const bodyToken = (request: FastifyRequest): string => {
  const body = request.body as { readonly _csrf?: unknown } | null | undefined;
  return typeof body?._csrf === 'string' ? body._csrf : '';
};

const keyOf = (secret: string): string => createHmac('sha256', secret).update('passthru-identity-forms').digest('base64url');

const optionsOf = (secret: string): FastifyCsrfProtectionOptions => ({
  sessionPlugin: '@fastify/cookie',
  cookieKey: COOKIE,
  cookieOpts: { path: '/', secure: true, httpOnly: true, sameSite: 'lax' },
  csrfOpts: { hmacKey: keyOf(secret), userInfo: true, algorithm: 'sha256', validity: FORM_LIFETIME_MS },
  getToken: bodyToken,
  getUserInfo: formOf,
});

/**
 * Tokens for forms, bound to a cookie of the browser and to the path of the form: `reply.generateCsrf({ userInfo: formOf(request) })`
 * makes one, the hook `app.checkForm` wants it as `_csrf` in the body. A form that was shown before a rotation of the secrets is taken
 * while its secret is one of the older ones.
 *
 * @param secrets of the server, newest first, the same in every replica; the keys of the tokens are derived from them
 */
export const protectForms = async (app: App, [newest, ...older]: readonly [string, ...string[]]): Promise<void> => {
  await app.register(cookie);
  const checks: CheckForm[] = [];
  for (const secret of older) {
    // A context of its own: it shows no form, and its check is all that is wanted of it.
    await app.register(async (context) => {
      await context.register(csrf, optionsOf(secret));
      checks.push(context.csrfProtection);
    });
  }
  await app.register(csrf, optionsOf(newest));
  checks.push(app.csrfProtection);
  app.decorate('checkForm', async (request: FastifyRequest) => {
    const refusals = checks.map((check) => refusalOf(check, request));
    if (refusals.every((refusal) => refusal !== null)) throw refusals.at(-1);
  });
};

type CheckForm = App['csrfProtection'];

/** The plugin answers a form that it refuses by itself, and one secret that refuses it is no answer yet. */
const refusalOf = (check: CheckForm, request: FastifyRequest): unknown => {
  let refusal: unknown = null;
  const reply = { send: (error: unknown) => void (refusal = error) } as unknown as FastifyReply;
  check.call(request.server, request, reply, () => {});
  return refusal;
};

/** The plugin's refusal as an error of ours; anything else as it came. */
export const describeFormError = (error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('FST_CSRF_')) return error;
  return new AppError('csrf-token-invalid', 403, 'This form has expired, or it was not sent from this site.', {
    cause: error,
    fix: 'Allow cookies for this site, then go back to the application and start again.',
  });
};
