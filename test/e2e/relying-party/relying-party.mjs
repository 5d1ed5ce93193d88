// An application as one would write it with openid-client and jose, on a machine of its own: people log in by code and PKCE, it proves itself
// by a key that it publishes, and it is told of log-outs. `node relying-party.mjs <settings.json>`; NODE_EXTRA_CA_CERTS names the authority.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRemoteJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import * as oidc from 'openid-client';

const { issuer, origin, clientId, tls } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const redirectUri = `${origin}/callback`;

const { privateKey, publicKey } = await generateKeyPair('ES256');
const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256', use: 'sig' };

/** Log-ins that have begun, by `state`, and sessions, by the cookie of a browser. */
const [begun, sessions] = [new Map(), new Map()];

let found;
const discovered = () =>
  (found ??= oidc.discovery(new URL(issuer), clientId, undefined, oidc.PrivateKeyJwt({ key: privateKey, kid: jwk.kid })));

const logIn = async () => {
  const [pkceCodeVerifier, expectedState, expectedNonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
  begun.set(expectedState, { pkceCodeVerifier, expectedState, expectedNonce });
  const location = oidc.buildAuthorizationUrl(await discovered(), {
    redirect_uri: redirectUri,
    scope: 'openid profile offline_access kms:read',
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  });
  return { status: 302, headers: { location: location.href } };
};

const callback = async (url) => {
  const config = await discovered();
  const tokens = await oidc.authorizationCodeGrant(config, url, begun.get(url.searchParams.get('state')));
  const { sub, sid } = tokens.claims();
  const { name } = await oidc.fetchUserInfo(config, tokens.access_token, sub);
  const { scope } = await oidc.refreshTokenGrant(config, tokens.refresh_token);
  const cookie = randomBytes(16).toString('hex');
  sessions.set(cookie, { sid, name, scope });
  return { status: 302, headers: { location: `${origin}/`, 'set-cookie': `shop=${cookie}; Secure; HttpOnly; SameSite=Lax; Path=/` } };
};

const logOut = async (request) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const keys = createRemoteJWKSet(new URL((await discovered()).serverMetadata().jwks_uri));
  const token = new URLSearchParams(body).get('logout_token') ?? '';
  const { payload } = await jwtVerify(token, keys, { issuer, audience: clientId, typ: 'logout+jwt', algorithms: ['ES256'] });
  if (payload.events?.[EVENT] === undefined || payload.nonce !== undefined) return { status: 400 };
  for (const [cookie, { sid }] of sessions) if (sid === payload.sid) sessions.delete(cookie);
  return { status: 204 };
};

const answer = async (request) => {
  const url = new URL(request.url, origin);
  const session = sessions.get(/shop=(\w+)/.exec(request.headers.cookie ?? '')?.[1]);
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /jwks':
      return { status: 200, json: { keys: [jwk] } };
    case 'GET /login':
      return logIn();
    case 'GET /callback':
      return callback(url);
    case 'POST /log-out':
      return logOut(request);
    default:
      return session === undefined ? { status: 401, json: {} } : { status: 200, json: session };
  }
};

createServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key), minVersion: 'TLSv1.3' }, async (request, response) => {
  const { status, headers, json } = await answer(request).catch((error) => ({
    status: 500,
    json: { error: String(error.cause ?? error) },
  }));
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(json && JSON.stringify(json));
}).listen(Number(new URL(origin).port), '0.0.0.0');
