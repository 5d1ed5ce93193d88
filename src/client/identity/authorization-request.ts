import { createHash } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { callbackOf, type Walk } from '#client/browser/walk.ts';
import { randomText } from './random-text.ts';

/** One authorization request, and the secrets that belong to it. */
export interface AuthorizationRequest {
  readonly url: URL;
  /** The PKCE code verifier. */
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
  readonly redirectUri: string;
}

export interface AuthorizationRequestOptions {
  readonly clientId: string;
  readonly redirectUri: string;
  /** Separated by spaces. */
  readonly scope: string;
  /** Parameters to replace or add, or (null) to leave out. */
  readonly change?: Readonly<Record<string, string | null>>;
}

/**
 * A request for a code, and with it for tokens of the KMS: PKCE S256, fresh state and nonce, consent always asked for.
 *
 * @param endpoint the authorization endpoint of the discovery document
 * @see RFC 6749 section 4.1.1, RFC 7636 section 4.3, RFC 8707 section 2
 */
export const authorizationRequest = (
  endpoint: string,
  { clientId, redirectUri, scope, change = {} }: AuthorizationRequestOptions,
): AuthorizationRequest => {
  const [verifier, state, nonce] = [randomText(), randomText(16), randomText(16)];
  const url = new URL(endpoint);
  const parameters: Record<string, string | null> = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    scope,
    state,
    nonce,
    resource: KMS_RESOURCE,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    prompt: 'consent',
    ...change,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
  return { url, verifier, state, nonce, redirectUri: parameters['redirect_uri'] ?? redirectUri };
};

/**
 * The code of a walk's callback; its state and issuer are compared first.
 *
 * @throws AppError with the OAuth error as its code where Identity refused, `no-callback` where the walk ended at a page; TypeError where the
 *   callback answers another request
 * @see RFC 6749 section 4.1.2.1, RFC 9207 section 2.4
 */
export const codeOf = (walked: Walk, request: AuthorizationRequest, issuer: string): string => {
  const { searchParams } = callbackOf(walked);
  const [code, error] = [searchParams.get('code'), searchParams.get('error')];
  const isAnswer = searchParams.get('state') === request.state && searchParams.get('iss') === issuer;
  if (isAnswer && error !== null) {
    throw new AppError(error, 400, `Identity refused: ${error}: ${searchParams.get('error_description') ?? 'no detail given'}`);
  }
  if (!isAnswer || code === null) throw new TypeError('the callback is not the answer to this request: code, state or iss differ');
  return code;
};
