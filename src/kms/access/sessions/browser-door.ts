import type { FastifyRequest } from 'fastify';
import { equalSecrets } from '#infra/secrets/compare.ts';
import type { AuthenticatedCaller } from '#kms/caller.ts';
import type { Cookies } from './cookies.ts';
import { isSafe, requireOwnOrigin } from './same-origin.ts';
import type { BrowserSession, Sessions } from './session.ts';
import { credentialBesideSession, csrfTokenInvalid, sessionMissing } from './session-errors.ts';

/** The header in which a script sends the token of its session. */
export const CSRF_HEADER = 'x-csrf-token';

/** Finds out who asks by the session of his browser. */
export interface BrowserDoor {
  /**
   * Of a request to the browser API.
   *
   * @throws AppError `session-missing` 401, `request-foreign` or `csrf-token-invalid` 403, `credential-invalid` 400, `identity-unavailable` or
   *   `sealed` 503
   */
  session(request: FastifyRequest): Promise<BrowserSession>;
  /** Who asks; as `session`. */
  authenticate(request: FastifyRequest): Promise<AuthenticatedCaller>;
  /** For a page, which shows a log-in where there is none. */
  sessionOfPage(request: FastifyRequest): Promise<BrowserSession | null>;
  /** For the form of a page. @throws AppError `request-foreign`, `csrf-token-invalid` 403 */
  checkForm(request: FastifyRequest, session: BrowserSession, token: string): void;
}

const checkToken = (session: BrowserSession, token: unknown): void => {
  if (typeof token !== 'string' || !equalSecrets(token, session.csrfToken)) throw csrfTokenInvalid();
};

/** @param options.origin of our own pages */
export const createBrowserDoor = (options: {
  readonly sessions: Pick<Sessions, 'find'>;
  readonly cookies: Cookies;
  readonly origin: string;
}): BrowserDoor => {
  const { sessions, cookies, origin } = options;

  const sessionOfPage = async ({ headers }: FastifyRequest): Promise<BrowserSession | null> => {
    const cookie = cookies.read(headers.cookie, '');
    return cookie === null ? null : sessions.find(cookie);
  };

  const session = async (request: FastifyRequest): Promise<BrowserSession> => {
    const { headers, method } = request;
    if (headers.authorization !== undefined) throw credentialBesideSession();
    requireOwnOrigin(request, origin);
    const found = await sessionOfPage(request);
    if (found === null) throw sessionMissing();
    if (!isSafe(method)) checkToken(found, headers[CSRF_HEADER]);
    return found;
  };

  return {
    session,
    authenticate: async (request) => (await session(request)).caller,
    sessionOfPage,
    checkForm: (request, of, token) => {
      requireOwnOrigin(request, origin);
      checkToken(of, token);
    },
  };
};
