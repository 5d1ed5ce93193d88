import { callbackOf } from '#client/browser/walk.ts';
import { codeOf } from '#client/identity/authorization-request.ts';
import { randomText } from '#client/identity/random-text.ts';
import { errorIn, from, present, type Taken, text } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { visitor } from '#demo/world/callers.ts';
import { account, LOOPBACK_REDIRECT, PUBLIC_CLIENT, USER_SCOPE } from '#demo/world/names.ts';

/** Identity refuses the tries of an attacker or a careless application at the authorization and token endpoints. */
export const run: StepWork = async ({ stack, check }) => {
  const stranger = await visitor(stack);
  const identity = await visitor(stack);
  const { issuer } = identity.discovery;
  const request = (change: Record<string, string | null> = {}) =>
    identity.authorizationRequest({ clientId: PUBLIC_CLIENT.id, redirectUri: LOOPBACK_REDIRECT, scope: USER_SCOPE, change });

  const first = request();
  // A password is slow on purpose, so the right one is on its way while the wrong one is refused.
  const [wrong, walked] = await Promise.all([
    stranger.logIn(request(), { username: 'demo-user', password: `wrong-${randomText(6)}` }),
    identity.logIn(first, account('demo-user')),
  ]);
  await check(
    'wrong-password',
    'Wrong password',
    '403, the login page again',
    text(from(wrong.last).status, ', ', from(wrong.last).body('/asks_for_password').choose('the login page again', 'another page')),
  );

  const errorOf = async (change: Record<string, string | null>): Promise<Taken> => {
    const walked = await stranger.logIn(request(change));
    callbackOf(walked);
    return from(walked.last).header('location').query('error').or('accepted');
  };
  await Promise.all([
    check('no-challenge', 'No challenge', 'invalid_request', errorOf({ code_challenge: null, code_challenge_method: null })),
    check('method-plain', 'Method plain', 'invalid_request', errorOf({ code_challenge_method: 'plain' })),
    check('method-missing', 'No method, which means plain', 'invalid_request', errorOf({ code_challenge_method: null })),
  ]);

  const foreign = await stranger.logIn(request({ redirect_uri: 'https://evil.example/callback' }));
  await check(
    'foreign-redirect',
    'Foreign redirect',
    '400, no redirect',
    text(from(foreign.last).status, ', ', present(from(foreign.last).header('location')).choose('redirected', 'no redirect')),
  );

  const firstCode = codeOf(walked, first, issuer);
  const redeem = async (code: string, verifier: string): Promise<Taken> => {
    const response = await identity.tokenRequest(PUBLIC_CLIENT, {
      grant_type: 'authorization_code',
      code,
      redirect_uri: LOOPBACK_REDIRECT,
      code_verifier: verifier,
    });
    return errorIn(response);
  };
  await check('wrong-verifier', 'Wrong verifier', 'invalid_grant', redeem(firstCode, randomText()));

  const second = request();
  const secondCode = codeOf(await identity.logIn(second), second, issuer);
  const tokens = await identity.exchange(PUBLIC_CLIENT, second, secondCode);
  const access = async (): Promise<Taken> => from(await identity.introspect(PUBLIC_CLIENT, tokens.access_token)).body('/active');
  const before = await access();
  await check('replayed-code', 'Replayed code', 'invalid_grant', redeem(secondCode, second.verifier));
  const refresh = await identity.tokenRequest(PUBLIC_CLIENT, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '' });
  await check(
    'replay-revokes',
    'Tokens of a replayed code',
    'invalid_grant; access token active true, then active false',
    text(errorIn(refresh), '; access token active ', before, ', then active ', await access()),
  );

  const third = request();
  const thirdCode = codeOf(await identity.logIn(third), third, issuer);
  const elsewhere = await identity.tokenRequest(PUBLIC_CLIENT, {
    grant_type: 'authorization_code',
    code: thirdCode,
    redirect_uri: 'https://localhost:8765/callback',
    code_verifier: third.verifier,
  });
  await check('other-redirect', 'Code redeemed for another redirect', 'invalid_grant', errorIn(elsewhere));
  return 'refused: no challenge · method plain · wrong verifier · replayed code · foreign redirect';
};
