import { codeOf } from '#client/identity/authorization-request.ts';
import { identityApi } from '#client/identity/identity.ts';
import { randomText } from '#client/identity/random-text.ts';
import { asksForPassword, walk } from '#client/browser/walk.ts';
import { parseForms } from '#client/browser/forms.ts';
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
  await check(
    'userinfo',
    'Userinfo knows who logged in',
    'demo-user',
    info.json<{ preferred_username?: string }>().preferred_username ?? `status ${info.status}`,
  );
  await check(
    'userinfo-refused',
    'Userinfo for a made-up token',
    401,
    identity.userinfo(randomText()).then(({ status }) => status),
  );

  const service = await identity.clientCredentials(CONFIDENTIAL_CLIENT, 'kms:read');
  const active = async (client = CONFIDENTIAL_CLIENT, token = service.access_token): Promise<string> => {
    const response = await identity.introspect(client, token);
    return response.status === 200 ? String(response.json<{ active: boolean }>().active) : `status ${response.status}`;
  };
  await check('active', 'Introspection of a fresh token: active', 'true', active());
  await check('foreign-inactive', 'asked by another client: active', 'false', active(OTHER_CLIENT));
  await check('made-up-inactive', 'of a made-up token: active', 'false', active(CONFIDENTIAL_CLIENT, randomText()));
  await check(
    'foreign-revocation',
    'Another client cannot revoke it: active',
    'true',
    identity.revoke(OTHER_CLIENT, service.access_token).then(() => active()),
  );
  await check(
    'revoked',
    'Revocation',
    200,
    identity.revoke(CONFIDENTIAL_CLIENT, service.access_token).then(({ status }) => status),
  );
  await check('inactive', 'Introspection after it: active', 'false', active());
  await check(
    'unknown-revoked',
    'Revocation of an unknown token tells nothing',
    200,
    identity.revoke(CONFIDENTIAL_CLIENT, randomText()).then(({ status }) => status),
  );

  const again = async (): Promise<readonly string[]> => {
    const next = identity.authorizationRequest({
      clientId: PUBLIC_CLIENT.id,
      redirectUri: LOOPBACK_REDIRECT,
      scope: 'openid profile',
      change: { resource: null },
    });
    const walked = await identity.logIn(next);
    if (asksForPassword(walked)) return [...walked.pages, 'password asked for'];
    return [...walked.pages, walked.callback?.searchParams.has('code') === true ? 'code' : 'stopped'];
  };
  await check('session', 'While logged in nobody asks for the password', ['consent', 'code'], again());
  const logout = new URL(identity.discovery.end_session_endpoint);
  logout.searchParams.set('id_token_hint', mine.id_token ?? '');
  const question = await session.get(logout);
  const asks = parseForms(question.text).some(({ fields }) => fields['logout'] === 'yes');
  const { last } = await walk({ session, url: logout, redirectUri: LOOPBACK_REDIRECT });
  await check(
    'logout',
    'Logout asks, then ends the session',
    ['200 asks', '200 You are logged out'],
    [`${question.status} ${asks ? 'asks' : 'asks nothing'}`, `${last.status} ${headingOf(last.text)}`],
  );
  await check('logged-out', 'After logout', ['password asked for'], again());
  return 'introspection, revocation, userinfo, logout';
};

const headingOf = (page: string): string => /<h1>([^<]*)<\/h1>/.exec(page)?.[1] ?? 'a page without a heading';
