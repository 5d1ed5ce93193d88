import type { JSONWebKeySet } from 'jose';
import type { TokenSet } from '#client/identity/identity.ts';
import { kmsApi } from '#client/kms/kms.ts';
import { expectStatus } from '#client/problem.ts';
import { bearer } from '#client/session/authorization.ts';
import { from, observed, statusOf, type Taken, text } from '#demo/evidence/taken.ts';
import type { StepWork } from '#demo/step/step.ts';
import { person, serviceClient } from '#demo/world/callers.ts';
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from '#demo/world/names.ts';
import { forge, type Forgeries } from './forgeries.ts';
import { expire, takeShortLivedToken } from './short-lived-token.ts';

const REFUSED = '401 invalid_token';

const FORGERIES: readonly (readonly [id: string, title: string, name: keyof Forgeries])[] = [
  ['tampered', 'Tampered', 'tampered'],
  ['foreign-key', 'Foreign key', 'foreignKey'],
  ['own-key', 'Key in its own header', 'ownKey'],
  ['unknown-kid', 'Unpublished key', 'unknownKid'],
  ['foreign-issuer', 'Foreign issuer', 'foreignIssuer'],
  ['alg-none', 'Algorithm none', 'algNone'],
  ['hmac', 'HMAC with the public key', 'hmac'],
];

/** The KMS refuses with 401 whatever is not exactly a live access token of the trusted issuer for it. */
export const run: StepWork = async (context) => {
  const { stack, check } = context;
  // Taken first: while the others are refused, its second passes.
  const shortLived = await takeShortLivedToken(context);
  const session = await stack.session();
  const ask = async (token?: string): Promise<Taken> => {
    const credential = token === undefined ? {} : { authorization: bearer(token) };
    const response = await kmsApi({ url: stack.endpoints.kms.service, session, ...credential }).call('GET', '/elastic-keys?limit=1');
    return from(response).challenge;
  };

  const { token, identity } = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read');
  const published = (await session.get(identity.discovery.jwks_uri)).json<JSONWebKeySet>().keys.find(({ kty }) => kty === 'EC');
  if (published === undefined) throw new TypeError('Identity publishes no EC key');
  const forged = await forge(token, published);
  const { tokens, identity: theirs } = await person(stack, 'demo-user', 'openid kms:read');
  const { id_token: idToken } = tokens;
  if (idToken === undefined) throw new TypeError('Identity gave no ID token to a client that asked for openid');
  // The same grant without a scope of the KMS: Identity means this token for its own userinfo (RFC 8707 section 2.2).
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token ?? '', scope: 'openid' };
  const answer = expectStatus(await theirs.tokenRequest(PUBLIC_CLIENT, refresh), 200, 'identity: refresh for userinfo');
  const { access_token: forUserinfo } = answer.json<TokenSet>();
  const elsewhere = async (): Promise<Taken> =>
    text(await ask(forUserinfo), '; at userinfo ', statusOf(await theirs.userinfo(forUserinfo)));
  await Promise.all([
    check('genuine', 'The genuine token', '200', ask(token)),
    check('no-token', 'No token', '401', ask()),
    ...FORGERIES.map(([id, title, name]) => check(id, title, REFUSED, ask(forged[name]))),
    check('person', 'The access token of a person', '200', ask(tokens.access_token)),
    check('id-token', 'ID token', REFUSED, ask(idToken)),
    check('other-resource', 'Access token for userinfo', `${REFUSED}; at userinfo 200`, elsewhere()),
  ]);

  await check('alive', 'A short-lived token while it lives', '200', shortLived.answer);
  const expired = await expire(context, shortLived.token, ask);
  await check('expired', 'Expired', REFUSED, expired.answer);
  await check('not-early', 'and not before it', true, observed('it compares moments', !expired.isEarly));
  return 'refused: none · tampered · foreign key · foreign issuer · alg none · ID token · expired';
};
