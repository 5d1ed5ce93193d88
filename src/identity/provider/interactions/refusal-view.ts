import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { ErrorView } from '#identity/views/error-page.ts';

type Words = Pick<ErrorView, 'code' | 'message' | 'fix' | 'ways'>;

export const START_AGAIN = 'Go back to the application and start again.';

/** The page of a log-in is opened with a cookie that the redirect to it has set, and so is each form. */
export const COOKIES_MISSING = {
  code: 'cookies-missing',
  message: 'Your browser sent no cookie of this log-in: the log-in began in another browser, or this one blocks cookies.',
  fix: 'Allow cookies for this site, then go back to the application and start again in this browser.',
} as const;

export const INTERACTION_GONE = {
  code: 'interaction-not-found',
  message: 'This log-in has expired or was finished.',
  fix: START_AGAIN,
} as const;

/** Whether a request that could not be found in its session brought no cookie at all. */
export const bringsNoCookie = ({ cookie = '' }: { readonly cookie?: string | undefined }): boolean => cookie === '';

const NOT_SET_UP =
  'The application is not set up for this server, and nothing was sent to it. Go back, and tell those who run the application what stands here.';

/** In the place of words of oidc-provider, which are for programmers. */
const MESSAGES: Readonly<Record<string, string>> = {
  invalid_redirect_uri:
    'The address to which the application wants you to be sent back (redirect_uri) is none of those that it registered.',
};

/** What a person can do about an error of OAuth that goes to no client. */
const FIXES: Readonly<Record<string, string>> = {
  invalid_client: NOT_SET_UP,
  invalid_redirect_uri: NOT_SET_UP,
  unauthorized_client: NOT_SET_UP,
  server_error: 'The cause stands in the log of this server. Go back to the application and try again later.',
  temporarily_unavailable: 'Go back to the application and try again later.',
};

/**
 * A request that oidc-provider has refused, in words for the person who sees it: what happened, what to do, where to go on. At the
 * log-out, which a client asked for wrongly, a log-out without that client is offered.
 *
 * @param refusal.error of OAuth
 */
export const refusalView = (
  { oidc, req }: KoaContextWithOIDC,
  refusal: { readonly error: string; readonly error_description?: string },
  cause: unknown,
): Words => {
  const isLost = cause instanceof errors.SessionNotFound || /^could not find .* details$/.test(refusal.error_description ?? '');
  if (isLost && bringsNoCookie(req.headers)) return COOKIES_MISSING;
  if (cause instanceof errors.SessionNotFound) return INTERACTION_GONE;
  const words = { code: refusal.error, message: MESSAGES[refusal.error] ?? refusal.error_description ?? 'The request was refused.' };
  if (oidc?.route?.startsWith('end_session')) {
    // Another site's form brings no cookie of a session, so that its absence says little.
    const state = oidc.session?.accountId === undefined ? 'This browser showed no log-in here.' : 'You are still logged in.';
    const fix = `${state} You can log out here, without the application.`;
    return { ...words, fix, ways: [{ href: new URL(oidc.urlFor('end_session')).pathname, text: 'Log out' }] };
  }
  return { ...words, fix: FIXES[refusal.error] ?? START_AGAIN };
};
