import { createHash, randomBytes } from 'node:crypto';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { createBrowser } from '../support/identity-browser.ts';
import { PUBLIC_CLIENT, REDIRECT } from './files.ts';

/** An answer of the token endpoint. */
export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
}

/** One request after the other goes to the next of these: a balancer that remembers nobody. */
export const roundRobin = (fetches: readonly (typeof fetch)[]): typeof fetch => {
  let turn = 0;
  return (...request) => {
    const next = fetches[turn % fetches.length];
    turn += 1;
    if (next === undefined) throw new TypeError('nobody to ask');
    return next(...request);
  };
};

/** A form post whose answer must be 200. */
export const post = async <T>(fetching: typeof fetch, url: string, form: Record<string, string>, authorization?: string): Promise<T> => {
  const answer = await fetching(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: new URLSearchParams(form).toString(),
  });
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status} ${text}`);
  return JSON.parse(text) as T;
};

/** Authorization code with PKCE, page by page, as a person without JavaScript goes through it. */
export const logIn = async (
  fetching: typeof fetch,
  issuer: string,
  account: { readonly username: string; readonly password: string },
): Promise<Tokens> => {
  const browser = createBrowser({ fetch: fetching, origin: issuer });
  const verifier = randomBytes(32).toString('base64url');
  const request = new URLSearchParams({
    response_type: 'code',
    client_id: PUBLIC_CLIENT,
    redirect_uri: REDIRECT,
    scope: 'openid offline_access kms:read kms:crypto',
    resource: KMS_RESOURCE,
    state: randomBytes(16).toString('base64url'),
    prompt: 'consent',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const login = await browser.visit(`${issuer}/oauth2/authorize?${request}`);
  const consent = await browser.submit(login, account);
  const end = new URL((await browser.submit(consent, { decision: 'allow' })).url);
  const code = end.searchParams.get('code');
  if (!end.href.startsWith(REDIRECT) || code === null || end.searchParams.get('state') !== request.get('state')) {
    throw new Error(`the log-in ended at ${end.href}`);
  }
  return post(fetching, `${issuer}/oauth2/token`, {
    grant_type: 'authorization_code',
    client_id: PUBLIC_CLIENT,
    code,
    redirect_uri: REDIRECT,
    code_verifier: verifier,
  });
};
