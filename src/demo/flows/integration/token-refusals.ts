import type { JSONWebKeySet } from 'jose';
import { identityApi, type TokenSet } from '#demo/client/identity.ts';
import { bearer, kmsApi } from '#demo/client/kms.ts';
import { expectStatus } from '#demo/client/problem.ts';
import type { StepContext, Story } from '#demo/steps/step.ts';
import { person, serviceClient } from '../callers.ts';
import { CONFIDENTIAL_CLIENT, PUBLIC_CLIENT } from '../demo-names.ts';
import { expiryOf, shortLivedToken } from '../short-lived-token.ts';
import { forge, type Forgeries } from './forgeries.ts';

const REFUSED = '401 invalid_token';
/** The KMS grants up to 30 s of clock skew; the demo's configuration less. */
const MAX_EXPIRY_WAIT_MS = 35_000;
const EXPIRY_POLL_MS = 50;

const FORGERIES: readonly (readonly [id: string, title: string, name: keyof Forgeries])[] = [
  ['tampered', 'Tampered', 'tampered'],
  ['foreign-key', 'Foreign key', 'foreignKey'],
  ['own-key', 'Key in its own header', 'ownKey'],
  ['unknown-kid', 'Unpublished key', 'unknownKid'],
  ['foreign-issuer', 'Foreign issuer', 'foreignIssuer'],
  ['alg-none', 'Algorithm none', 'algNone'],
  ['hmac', 'HMAC with the public key', 'hmac'],
];

/** Everything that is not exactly a live access token of the trusted issuer for this KMS is refused with 401. */
export const tokenRefusals: Story = async (context) => {
  const { stack, check, kept } = context;
  const session = await stack.session();
  const identity = await identityApi(stack, session);
  const ask = async (authorization?: string): Promise<string> => {
    const response = await kmsApi(stack, session, authorization).call('GET', '/elastic-keys?limit=1');
    const challenge = /error="([^"]*)"/.exec(response.headers['www-authenticate'] ?? '')?.[1];
    return challenge === undefined ? String(response.status) : `${response.status} ${challenge}`;
  };
  const withToken = (token: string) => ask(bearer(token));
  // An earlier step of the run took one, so that its second is over by now.
  const shortLived = kept.shortLivedToken ?? (await shortLivedToken(context));

  const { token } = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read');
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
  const elsewhere = async (): Promise<string> =>
    `${await withToken(forUserinfo)}; at userinfo ${(await theirs.userinfo(forUserinfo)).status}`;
  await Promise.all([
    check('genuine', 'The genuine token', '200', withToken(token)),
    check('no-token', 'No token', '401', ask()),
    ...FORGERIES.map(([id, title, name]) => check(id, title, REFUSED, withToken(forged[name]))),
    check('person', 'The access token of a person', '200', withToken(tokens.access_token)),
    check('id-token', 'ID token', REFUSED, withToken(idToken)),
    check('other-resource', 'Access token for userinfo', `${REFUSED}; at userinfo 200`, elsewhere()),
  ]);
  await check('alive', 'A short-lived token while it lives', '200', shortLived.answer);
  await expired(context, shortLived.token, withToken);
  return 'refused: none · tampered · foreign key · foreign issuer · alg none · ID token · expired';
};

/** A token that the KMS took is refused once it has expired, and not before. */
const expired = async (
  { check, now, sleep, signal, progress }: StepContext,
  token: string,
  ask: (token: string) => Promise<string>,
): Promise<void> => {
  const expiry = expiryOf(token);
  const left = expiry - now();
  let [askedAt, answer] = [now(), await ask(token)];
  let answeredAt = now();
  if (answer === '200') {
    progress('waiting for the short-lived token to expire');
    await sleep(Math.max(left, 1), signal);
  }
  while (answer === '200' && askedAt < expiry + MAX_EXPIRY_WAIT_MS) {
    [askedAt, answer] = [now(), await ask(token)];
    answeredAt = now();
    if (answer === '200') await sleep(EXPIRY_POLL_MS, signal);
  }
  await check('expired', 'Expired', REFUSED, answer);
  await check('not-early', 'and not before it', true, answeredAt >= expiry);
};
