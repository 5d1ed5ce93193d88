import { decodeJwt, type JSONWebKeySet } from 'jose';
import { identityApi, type IdentityApi } from '#demo/client/identity.ts';
import { kmsApi } from '#demo/client/kms.ts';
import type { StepContext, Story } from '#demo/steps/step.ts';
import { person, serviceClient } from '../callers.ts';
import { CONFIDENTIAL_CLIENT, SHORT_LIVED_CLIENT } from '../demo-names.ts';
import { forge } from './forgeries.ts';

/** The KMS grants up to 30 s of clock skew; the demo's configuration less. */
const MAX_EXPIRY_WAIT_MS = 35_000;
const EXPIRY_POLL_MS = 100;

/** Everything that is not exactly a live access token of the trusted issuer for this KMS is refused with 401. */
export const tokenRefusals: Story = async (context) => {
  const { stack, check, now, sleep, signal, progress } = context;
  const session = await stack.session();
  const identity = await identityApi(stack, session);
  const ask = async (authorization?: string): Promise<string> => {
    const response = await kmsApi(stack, session, authorization).call('GET', '/elastic-keys?limit=1');
    const challenge = /error="([^"]*)"/.exec(response.headers['www-authenticate'] ?? '')?.[1];
    return challenge === undefined ? String(response.status) : `${response.status} ${challenge}`;
  };
  const withToken = (token: string) => ask(`Bearer ${token}`);
  const shortLived = await freshToken(identity, context);
  await check('alive', 'A short-lived token while it lives', '200', withToken(shortLived));

  const { token } = await serviceClient(stack, CONFIDENTIAL_CLIENT, 'kms:read');
  const published = (await session.get(identity.discovery.jwks_uri)).json<JSONWebKeySet>().keys.find(({ kty }) => kty === 'EC');
  if (published === undefined) throw new TypeError('Identity publishes no EC key');
  const forged = await forge(token, published);
  const refused = '401 invalid_token';
  await check('genuine', 'The genuine token', '200', withToken(token));
  await check('no-token', 'No token', '401', ask());
  await check('tampered', 'Tampered', refused, withToken(forged.tampered));
  await check('foreign-key', 'Foreign key', refused, withToken(forged.foreignKey));
  await check('own-key', 'Key in its own header', refused, withToken(forged.ownKey));
  await check('unknown-kid', 'Unpublished key', refused, withToken(forged.unknownKid));
  await check('foreign-issuer', 'Foreign issuer', refused, withToken(forged.foreignIssuer));
  await check('other-audience', 'Other audience', refused, withToken(forged.otherAudience));
  await check('alg-none', 'Algorithm none', refused, withToken(forged.algNone));
  await check('hmac', 'HMAC with the public key', refused, withToken(forged.hmac));

  const { tokens } = await person(stack, 'demo-user', 'openid kms:read');
  await check('id-token', 'ID token', refused, withToken(tokens.id_token ?? ''));

  progress('waiting for the short-lived token to expire');
  const expiry = (decodeJwt(shortLived).exp ?? 0) * 1000;
  let answer = await withToken(shortLived);
  while (answer === '200' && now() < expiry + MAX_EXPIRY_WAIT_MS) {
    await sleep(EXPIRY_POLL_MS, signal);
    answer = await withToken(shortLived);
  }
  await check('expired', 'Expired', refused, answer);
  await check('not-early', 'and not before it', true, now() >= expiry);
  return 'refused: none · tampered · foreign key · foreign issuer · alg none · ID token · expired';
};

/** Expiry is told in whole seconds, so a token of one second may be born with less: such a one is replaced. */
const MIN_LIFE_MS = 500;

const freshToken = async (identity: IdentityApi, { now, sleep, signal }: StepContext): Promise<string> => {
  const take = async (): Promise<string> => (await identity.clientCredentials(SHORT_LIVED_CLIENT, 'kms:read')).access_token;
  const token = await take();
  const left = (decodeJwt(token).exp ?? 0) * 1000 - now();
  if (left >= MIN_LIFE_MS) return token;
  await sleep(Math.max(left, 1), signal);
  return take();
};
