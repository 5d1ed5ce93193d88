import { AppError } from '#infra/apperr/app-error.ts';
import type { ErrorDetail } from '#infra/http/problem.ts';
import type { FineScope } from '#infra/magic/magic.ts';

const REALM = 'passthru-kms';

/** A quoted-string of RFC 9110 section 5.6.4; RFC 6750 section 3 leaves out `"` and `\`, and we leave out all but ASCII. */
const quoted = (text: string): string => `"${text.replaceAll(/[^\x20-\x7E]|["\\]/g, "'")}"`;

const challenge = (scheme: string, parameters: Readonly<Record<string, string>>): string =>
  `${scheme} ${Object.entries({ realm: REALM, ...parameters })
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(', ')}`;

const BASIC_CHALLENGE = challenge('Basic', { charset: 'UTF-8' });

/** The errors of authentication and permission, each with the challenge that its RFC asks for. */
export interface Challenges {
  /** No credential at all: both schemes are offered. @see RFC 9110 section 11.6.1, RFC 6750 section 3.1 */
  missing(): AppError;
  /** A token that is refused. @see RFC 6750 section 3.1 */
  invalidToken(why: string, cause?: unknown): AppError;
  /** A good token for a tenant that its issuer may not speak for, or that is not here; never says which. */
  foreignTenant(): AppError;
  /** User name or password wrong; never says which. @see RFC 7617 */
  invalidPassword(): AppError;
  /** A certificate that is mapped to nobody; TLS asks for it, so there is no scheme to name. */
  unknownCertificate(why: string): AppError;
  /** More than one credential, or one that cannot be read. @see RFC 6750 section 3.1 */
  invalidRequest(why: string): AppError;
  /** Authenticated, but not allowed. @see RFC 6750 section 3.1 */
  insufficientScope(scope: FineScope): AppError;
  /** Authenticated, but the tenant is not here. */
  unknownTenant(): AppError;
}

/** @param detail with `minimal` no answer tells more than its status does */
export const createChallenges = (detail: ErrorDetail): Challenges => {
  const full = detail === 'full';
  /** The log gets the reason that the answer leaves out. */
  const untold = (why: string): { readonly reason?: string } => (full ? {} : { reason: why });
  const unauthenticated = (code: string, message: string, header: string, error: string | null, cause?: unknown): AppError =>
    new AppError(full ? code : 'unauthenticated', 401, full ? message : 'Authentication failed.', {
      cause,
      ...untold(message),
      headers: { 'www-authenticate': header },
      members: error === null ? {} : { error, ...(full ? { error_description: message } : {}) },
    });

  const invalidToken = (code: string, why: string, cause?: unknown): AppError =>
    unauthenticated(
      code,
      why,
      challenge('Bearer', { error: 'invalid_token', ...(full ? { error_description: why } : {}) }),
      'invalid_token',
      cause,
    );

  return {
    missing: () =>
      new AppError('credential-missing', 401, 'This route needs a credential: a Bearer token, Basic, or a client certificate.', {
        headers: { 'www-authenticate': `${challenge('Bearer', {})}, ${BASIC_CHALLENGE}` },
      }),
    invalidToken: (why, cause) => invalidToken('token-invalid', why, cause),
    foreignTenant: () =>
      invalidToken('token-tenant-foreign', 'The issuer of the token may not speak for its tenant, or there is no such tenant here'),
    invalidPassword: () => unauthenticated('password-invalid', 'User name or password is wrong.', BASIC_CHALLENGE, null),
    unknownCertificate: (why) => unauthenticated('certificate-unknown', why, `${challenge('Bearer', {})}, ${BASIC_CHALLENGE}`, null),
    invalidRequest: (why) =>
      new AppError('credential-invalid', 400, full ? why : 'The credential cannot be read.', {
        ...untold(why),
        fix: 'Send exactly one credential, in the form of its scheme.',
        headers: { 'www-authenticate': challenge('Bearer', { error: 'invalid_request', ...(full ? { error_description: why } : {}) }) },
        members: { error: 'invalid_request' },
      }),
    insufficientScope: (scope) =>
      new AppError('scope-insufficient', 403, full ? `This needs the scope ${scope}.` : 'Not allowed.', {
        ...untold(`This needs the scope ${scope}.`),
        headers: {
          'www-authenticate': challenge('Bearer', {
            error: 'insufficient_scope',
            ...(full ? { error_description: `This needs the scope ${scope}`, scope } : {}),
          }),
        },
        members: { error: 'insufficient_scope', ...(full ? { scope } : {}) },
      }),
    unknownTenant: () => {
      const why = 'The tenant of this credential does not exist here.';
      return new AppError('tenant-unknown', 403, full ? why : 'Not allowed.', untold(why));
    },
  };
};
