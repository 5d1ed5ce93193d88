import { createHmac } from 'node:crypto';
import cookie from '@fastify/cookie';
import csrf from '@fastify/csrf-protection';
import type { FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import type { App } from '#infra/http/server.ts';

/** The prefix makes browsers refuse the cookie from any other host or without TLS. @see RFC 6265bis section 4.1.3.2 */
const COOKIE = '__Host-passthru-csrf';
/** Milliseconds: as long as an interaction may take. */
const FORM_LIFETIME_MS = 60 * 60 * 1000;

/** The form that a token belongs to: the same path shows it and takes it. */
export const formOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';

const bodyToken = (request: FastifyRequest): string => {
  const body = request.body as { readonly _csrf?: unknown } | null | undefined;
  return typeof body?._csrf === 'string' ? body._csrf : '';
};

/**
 * Tokens for forms, bound to a cookie of the browser and to the path of the form: `reply.generateCsrf({ userInfo: formOf(request) })`
 * makes one, the hook `app.csrfProtection` wants it as `_csrf` in the body.
 *
 * @param secret of the server, the same in every replica; the key of the tokens is derived from it
 */
export const protectForms = async (app: App, secret: string): Promise<void> => {
  const hmacKey = createHmac('sha256', secret).update('passthru-identity-forms').digest('base64url');
  await app.register(cookie);
  await app.register(csrf, {
    sessionPlugin: '@fastify/cookie',
    cookieKey: COOKIE,
    cookieOpts: { path: '/', secure: true, httpOnly: true, sameSite: 'lax' },
    csrfOpts: { hmacKey, userInfo: true, algorithm: 'sha256', validity: FORM_LIFETIME_MS },
    getToken: bodyToken,
    getUserInfo: formOf,
  });
};

/** The plugin's refusal as an error of ours; anything else as it came. */
export const describeFormError = (error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!code.startsWith('FST_CSRF_')) return error;
  return new AppError('csrf-token-invalid', 403, 'This form is too old, or it comes from somewhere else.', {
    cause: error,
    fix: 'Go back to the application and start again. Cookies have to be allowed for this site.',
  });
};
