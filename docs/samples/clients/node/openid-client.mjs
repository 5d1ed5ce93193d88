// A person's log-in with openid-client, and a resource server with jose: node docs/samples/clients/node/openid-client.mjs
import { createRemoteJWKSet, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { browse, ISSUER, loggedOutUri, redirectUri } from './browser.mjs';

// 1. Discovery. The client is public: None() sends its name alone.
const config = await oidc.discovery(ISSUER, 'demo-public-client', undefined, oidc.None());

// 2. Log-in: authorization code with PKCE.
const [pkceCodeVerifier, expectedState, expectedNonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
const address = oidc.buildAuthorizationUrl(config, {
  redirect_uri: redirectUri,
  scope: 'openid profile offline_access kms:read',
  state: expectedState,
  nonce: expectedNonce,
  code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
});
const callback = await browse(address, redirectUri);
const tokens = await oidc.authorizationCodeGrant(config, callback, { pkceCodeVerifier, expectedState, expectedNonce });
const { sub } = tokens.claims();

// 3. Userinfo; the library compares its sub with that of the ID token.
const person = await oidc.fetchUserInfo(config, tokens.access_token, sub);
console.log(`Logged in: ${person.name}`);

// 4. Refresh: each refresh token is good once, so keep the one of the answer.
const fresh = await oidc.refreshTokenGrant(config, tokens.refresh_token);
console.log(`Refreshed: ${fresh.scope}`);

// 5. The resource server: a JWT access token (RFC 9068) for it alone, and no ID token.
const keys = createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
const accept = (token) =>
  jwtVerify(token, keys, { issuer: ISSUER.origin, audience: 'urn:passthru:kms', typ: 'at+jwt', algorithms: ['ES256'] });
const { payload } = await accept(fresh.access_token);
console.log(`Accepted: ${payload.scope}`);
await accept(fresh.id_token).catch(({ code }) => console.log(`ID token refused: ${code}`));

// 6. Introspection and revocation.
const isActive = async () => (await oidc.tokenIntrospection(config, fresh.access_token)).active;
console.log(`Active: ${await isActive()}`);
await oidc.tokenRevocation(config, fresh.refresh_token);
console.log(`Active after revocation: ${await isActive()}`);

// 7. Log-out.
await browse(oidc.buildEndSessionUrl(config, { id_token_hint: fresh.id_token, post_logout_redirect_uri: loggedOutUri }), loggedOutUri);
console.log('Logged out');
