import { AppError } from '#infra/apperr/app-error.ts';

/** @see https://datatracker.ietf.org/doc/html/draft-broyer-http-cookie-auth */
const CHALLENGE = { 'www-authenticate': 'Cookie realm="passthru-kms", form-action="/ui/log-in"' };

/** No session, or one that is over: nobody is told which. */
export const sessionMissing = (): AppError =>
  new AppError('session-missing', 401, 'There is no session of this browser, or it is over.', {
    fix: 'Log in at /ui/log-in, and allow cookies for this site.',
    headers: CHALLENGE,
  });

export const credentialBesideSession = (): AppError =>
  new AppError('credential-invalid', 400, 'A request to the browser API has a credential beside its session.', {
    fix: 'Leave the Authorization header out, or ask /service/api/v1.',
  });

export const foreignRequest = (): AppError =>
  new AppError('request-foreign', 403, 'This request was not sent by a page of this server.', {
    fix: 'Send it from a page of this origin; a program sends the header Origin with the origin of this server.',
  });

export const csrfTokenInvalid = (): AppError =>
  new AppError('csrf-token-invalid', 403, 'The token that belongs to this session is missing or wrong.', {
    fix: 'Read csrf_token of GET /browser/api/v1/session, and send it as X-CSRF-Token; load a form again.',
  });
