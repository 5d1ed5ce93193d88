import { codeOf } from '#client/identity/authorization-request.ts';
import { identityApi } from '#client/identity/identity.ts';
import { randomText } from '#client/identity/random-text.ts';
import { asksForPassword, walk } from '#client/browser/walk.ts';
import { equal, from, list, present, statusOf, type Taken, words } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { account, CONFIDENTIAL_CLIENT, LOOPBACK_REDIRECT, OTHER_CLIENT, PUBLIC_CLIENT } from '#demo/world/names.ts';

/** The life of tokens and of a session: userinfo, introspection, revocation, logout. */
export const run: StepWork = async ({ stack, check }) => {
  const session = await stack.session();
  const identity = await identityApi({ discovery: stack.endpoints.identity.discovery, session });
  const request = identity.authorizationRequest({
    clientId: PUBLIC_CLIENT.id,
    redirectUri: LOOPBACK_REDIRECT,
    scope: 'openid profile',
    change: { resource: null },
  });
  const code = codeOf(await identity.logIn(request, account('demo-user')), request, identity.discovery.issuer);
  const mine = await identity.exchange(PUBLIC_CLIENT, request, code);
  const info = await identity.userinfo(mine.access_token);
  await check('userinfo', 'Userinfo knows who logged in', 'demo-user', from(info).body('/preferred_username'));
  await check('userinfo-refused', 'Userinfo for a made-up token', 401, identity.userinfo(randomText()).then(statusOf));

  const service = await identity.clientCredentials(CONFIDENTIAL_CLIENT, 'kms:read');
  const active = async (client = CONFIDENTIAL_CLIENT, token = service.access_token): Promise<Taken> =>
    from(await identity.introspect(client, token)).body('/active');
  await check('active', 'Introspection of a fresh token: active', true, active());
  await check('foreign-inactive', 'asked by another client: active', false, active(OTHER_CLIENT));
  await check('made-up-inactive', 'of a made-up token: active', false, active(CONFIDENTIAL_CLIENT, randomText()));
  await check(
    'foreign-revocation',
    'Another client cannot revoke it: active',
    true,
    identity.revoke(OTHER_CLIENT, service.access_token).then(() => active()),
  );
  await check('revoked', 'Revocation', 200, identity.revoke(CONFIDENTIAL_CLIENT, service.access_token).then(statusOf));
  await check('inactive', 'Introspection after it: active', false, active());
  await check(
    'unknown-revoked',
    'Revocation of an unknown token tells nothing',
    200,
    identity.revoke(CONFIDENTIAL_CLIENT, randomText()).then(statusOf),
  );

  const again = async (): Promise<Taken> => {
    const next = identity.authorizationRequest({
      clientId: PUBLIC_CLIENT.id,
      redirectUri: LOOPBACK_REDIRECT,
      scope: 'openid profile',
      change: { resource: null },
    });
    const walked = await identity.logIn(next);
    const pages = walked.filledIn.map((page) => from(page).url.place);
    const last = from(walked.last);
    const end = asksForPassword(walked)
      ? last.body('/asks_for_password').choose('password asked for', 'another page')
      : present(last.header('location').query('code')).choose('code', 'stopped');
    return list([...pages, end]);
  };
  await check('session', 'While logged in nobody asks for the password', ['consent', 'code'], again());
  const logout = new URL(identity.discovery.end_session_endpoint);
  logout.searchParams.set('id_token_hint', mine.id_token ?? '');
  const question = await session.get(logout);
  const { last } = await walk({ session, url: logout, redirectUri: LOOPBACK_REDIRECT });
  await check(
    'logout',
    'Logout asks, then ends the session',
    ['200 asks', '200 You are logged out'],
    list([
      words(from(question).status, equal('yes', from(question).body('/forms/0/fields/logout')).choose('asks', 'asks nothing')),
      words(from(last).status, from(last).body('/heading').or('a page without a heading')),
    ]),
  );
  await check('logged-out', 'After logout', ['password asked for'], again());
  return 'introspection, revocation, userinfo, logout';
};
