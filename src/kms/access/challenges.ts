import { AppError } from '#infra/apperr/app-error.ts';
import type { ErrorDetail } from '#infra/http/problem.ts';
import { BASIC_CHALLENGE, BEARER_CHALLENGE, challenge, DPOP_CHALLENGE, dpopChallenge } from './schemes.ts';

/** The errors of authentication and permission, each with the challenge that its RFC asks for. */
export interface Challenges {
  /** No credential at all: every scheme is offered. @see RFC 9110 section 11.6.1, RFC 6750 section 3.1, RFC 9449 section 7.1 */
  missing(): AppError;
  /** A token that is refused. @see RFC 6750 section 3.1 */
  invalidToken(why: string, cause?: unknown): AppError;
  /** A good token for a tenant that its issuer may not speak for, or that is not here; never says which. */
  foreignTenant(): AppError;
  /** A token that is good with a proof of its key alone, and came without. @see RFC 9449 section 7.2 */
  boundToKey(): AppError;
  /** A proof that is missing, wrong, or was used before. @see RFC 9449 section 7.1 */
  invalidProof(why: string): AppError;
  /** The proof has to hold this nonce. @see RFC 9449 section 9 */
  nonceWanted(nonce: string): AppError;
  /** An API key that is refused, or that is none by its form. @see RFC 6750 section 3.1 */
  invalidApiKey(code: 'api-key-malformed' | 'api-key-invalid', why: string): AppError;
  /** User name or password wrong; never says which. @see RFC 7617 */
  invalidPassword(): AppError;
  /** A certificate that is mapped to nobody; TLS asks for it, so there is no scheme to name. */
  unknownCertificate(why: string): AppError;
  /** More than one credential, or one that cannot be read. @see RFC 6750 section 3.1 */
  invalidRequest(why: string): AppError;
  /** Authenticated, but not allowed. @param scope the least that is missing @see RFC 6750 section 3.1 */
  insufficientScope(scope: string): AppError;
  /** Authenticated, but the tenant is not here. */
  unknownTenant(): AppError;
  /** Authenticated, but the tenant is there and not served. @param refusal of the directory */
  closedTenant(refusal: AppError): AppError;
}

/** All that `standard` says of a credential that is refused. */
const REFUSED = {
  'token-invalid': 'The token is refused.',
  'token-tenant-foreign': 'The token is refused.',
  'proof-invalid': 'The DPoP proof is refused.',
  'api-key-malformed': 'The API key is not of the form of one.',
  'api-key-invalid': 'The API key is refused.',
  'password-invalid': 'User name or password is wrong.',
  'certificate-unknown': 'The client certificate is refused.',
} as const;

/** The log gets the reason that the answer leaves out. */
const untold = (why: string, told: string): { readonly reason?: string } => (told === why ? {} : { reason: why });

const offered = (...challenges: readonly string[]): { readonly 'www-authenticate': string } => ({
  'www-authenticate': challenges.join(', '),
});

/**
 * @param detail with `minimal` no answer tells more than its status does; with `standard` a 401 tells which kind of credential was
 *   refused, and a 403 which scope is missing; with `detailed` both tell why. The error codes of OAuth stand in every answer.
 */
export const createChallenges = (detail: ErrorDetail): Challenges => {
  const [detailed, minimal] = [detail === 'detailed', detail === 'minimal'];
  const described = (why: string): { readonly error_description?: string } => (detailed ? { error_description: why } : {});

  /** @param error that of OAuth; null where the scheme has none */
  const unauthenticated = (
    code: keyof typeof REFUSED,
    why: string,
    headers: Readonly<Record<string, string>>,
    error: string | null,
    cause?: unknown,
  ): AppError => {
    const told = detailed ? why : minimal ? 'Authentication failed.' : REFUSED[code];
    return new AppError(minimal ? 'unauthenticated' : code, 401, told, {
      cause,
      ...untold(why, told),
      headers,
      members: error === null ? {} : { error, ...described(why) },
    });
  };

  const invalidToken = (code: keyof typeof REFUSED, why: string, cause?: unknown): AppError => {
    const header = offered(challenge('Bearer', { error: 'invalid_token', ...described(why) }));
    return unauthenticated(code, why, header, 'invalid_token', cause);
  };

  return {
    missing: () =>
      new AppError('credential-missing', 401, 'This route needs a credential: an access token, Basic, or a client certificate.', {
        headers: offered(BEARER_CHALLENGE, DPOP_CHALLENGE, BASIC_CHALLENGE),
      }),
    invalidToken: (why, cause) => invalidToken('token-invalid', why, cause),
    foreignTenant: () =>
      invalidToken('token-tenant-foreign', 'The issuer of the token may not speak for its tenant, or there is no such tenant here'),
    boundToKey: () => {
      const why = 'The token is bound to a key: it is good with the scheme DPoP and a proof of that key alone';
      const header = offered(challenge('Bearer', { error: 'invalid_token', ...described(why) }), DPOP_CHALLENGE);
      return unauthenticated('token-invalid', why, header, 'invalid_token');
    },
    invalidProof: (why) => {
      const header = offered(dpopChallenge({ error: 'invalid_dpop_proof', ...described(why) }));
      return unauthenticated('proof-invalid', why, header, 'invalid_dpop_proof');
    },
    nonceWanted: (nonce) => {
      const why = 'The DPoP proof has to hold the nonce of the header DPoP-Nonce';
      const header = offered(dpopChallenge({ error: 'use_dpop_nonce', ...described(why) }));
      return unauthenticated('proof-invalid', why, { ...header, 'dpop-nonce': nonce }, 'use_dpop_nonce');
    },
    invalidApiKey: (code, why) => invalidToken(code, why),
    invalidPassword: () => unauthenticated('password-invalid', REFUSED['password-invalid'], offered(BASIC_CHALLENGE), null),
    unknownCertificate: (why) => unauthenticated('certificate-unknown', why, offered(BEARER_CHALLENGE, BASIC_CHALLENGE), null),
    invalidRequest: (why) => {
      const told = detailed ? why : 'The credential cannot be read.';
      return new AppError('credential-invalid', 400, told, {
        ...untold(why, told),
        fix: 'Send exactly one credential, in the form of its scheme.',
        headers: offered(challenge('Bearer', { error: 'invalid_request', ...described(why) })),
        members: { error: 'invalid_request' },
      });
    },
    insufficientScope: (scope) => {
      const why = `This needs the scope ${scope}.`;
      const told = minimal ? 'Not allowed.' : why;
      return new AppError('scope-insufficient', 403, told, {
        ...untold(why, told),
        headers: offered(
          challenge('Bearer', {
            error: 'insufficient_scope',
            ...described(`This needs the scope ${scope}`),
            ...(minimal ? {} : { scope }),
          }),
        ),
        members: { error: 'insufficient_scope', ...(minimal ? {} : { scope }) },
      });
    },
    unknownTenant: () => {
      const why = 'The tenant of this credential does not exist here.';
      const told = detailed ? why : 'Not allowed.';
      return new AppError('tenant-unknown', 403, told, untold(why, told));
    },
    closedTenant: (refusal) =>
      minimal ? new AppError(refusal.code, 403, 'Not allowed.', untold(refusal.message, 'Not allowed.')) : refusal,
  };
};
