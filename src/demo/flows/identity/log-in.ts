import type { IdentityApi } from '#client/identity/identity.ts';
import type { AuthorizationRequest } from '#client/identity/authorization-request.ts';
import { callbackOf } from '#client/browser/walk.ts';
import { equal, from, list, observed, type Taken } from '#demo/evidence/taken.ts';
import type { StepContext, VisitByHand } from '#demo/step/step.ts';
import { account, LOOPBACK_REDIRECT, PUBLIC_CLIENT, USER_SCOPE } from '#demo/world/names.ts';
import { AppError } from '#infra/apperr/app-error.ts';

/** A person who came back from Identity with a code. */
export interface LoggedIn {
  readonly request: AuthorizationRequest;
  readonly code: string;
  /** As it was sent; null where no request of ours sent it. */
  readonly nonce: Taken | null;
}

type Means = Pick<StepContext, 'check' | 'signal'> & { readonly identity: IdentityApi };

const wanted = (redirectUri: string) => ({ clientId: PUBLIC_CLIENT.id, redirectUri, scope: USER_SCOPE });

/** Fills in the pages of Identity as `demo-user`. */
export const logInByProgram = async ({ check, identity }: Means): Promise<LoggedIn> => {
  const request = identity.authorizationRequest(wanted(LOOPBACK_REDIRECT));
  const walked = await identity.logIn(request, account('demo-user'));
  const { searchParams } = callbackOf(walked);
  const asked = from(walked.first).url;
  const back = from(walked.last).header('location');
  await check('pages', 'Pages on the way', ['login', 'consent'], list(walked.filledIn.map((page) => from(page).url.place)));
  await check('state', 'The callback carries our state', true, equal(asked.query('state'), back.query('state')));
  await check('iss', 'and the issuer', identity.discovery.issuer, back.query('iss'));
  return { request, code: searchParams.get('code') ?? '', nonce: asked.query('nonce') };
};

/** Why no record of requests shows it. */
export const BY_HAND = 'a person logged in, with a browser of their own';

/**
 * Sends a person to Identity, and waits until their browser comes back.
 *
 * @throws AppError `log-in-refused` where they, or Identity, said no
 */
export const logInByHand = async (browser: VisitByHand, { check, identity, signal }: Means): Promise<LoggedIn> => {
  const request = identity.authorizationRequest(wanted(browser.redirectUri));
  const { searchParams } = await browser.visit(request.url, signal);
  const [code, error] = [searchParams.get('code'), searchParams.get('error')];
  if (code === null) {
    const why = searchParams.get('error_description') ?? 'no code came back';
    throw new AppError('log-in-refused', 403, `Identity sent the browser back with ${error ?? 'no code'}: ${why}`, {
      fix: 'Run the demo again, log in with one of the accounts that it prints, and allow what is asked for.',
    });
  }
  await check('state', 'The callback carries our state', true, observed(BY_HAND, searchParams.get('state') === request.state));
  await check('iss', 'and the issuer', identity.discovery.issuer, observed(BY_HAND, searchParams.get('iss')));
  return { request, code, nonce: null };
};
