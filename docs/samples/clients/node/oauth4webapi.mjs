// A person's log-in and a resource server with oauth4webapi alone: node docs/samples/clients/node/oauth4webapi.mjs
import * as oauth from 'oauth4webapi';
import { browse, ISSUER, loggedOutUri, redirectUri } from './browser.mjs';

// 1. Discovery. The client is public: None() sends its name alone.
const as = await oauth.processDiscoveryResponse(ISSUER, await oauth.discoveryRequest(ISSUER));
const client = { client_id: 'demo-public-client' };
const authentication = oauth.None();

// 2. Log-in: authorization code with PKCE.
const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
const address = new URL(as.authorization_endpoint);
address.search = new URLSearchParams({
  response_type: 'code',
  client_id: client.client_id,
  redirect_uri: redirectUri,
  scope: 'openid profile offline_access kms:read',
  state,
  nonce,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
});
const callback = oauth.validateAuthResponse(as, client, await browse(address, redirectUri), state);
const answer = await oauth.authorizationCodeGrantRequest(as, client, authentication, callback, redirectUri, verifier);
const tokens = await oauth.processAuthorizationCodeResponse(as, client, answer, { expectedNonce: nonce, requireIdToken: true });
// The signature of an ID token that came from the token endpoint is checked only where one asks for it.
await oauth.validateApplicationLevelSignature(as, answer);
const { sub } = oauth.getValidatedIdTokenClaims(tokens);

// 3. Userinfo; the library compares its sub with that of the ID token.
const info = await oauth.userInfoRequest(as, client, tokens.access_token);
const person = await oauth.processUserInfoResponse(as, client, sub, info);
console.log(`Logged in: ${person.name}`);

// 4. Refresh: each refresh token is good once, so keep the one of the answer.
const refreshed = await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token);
const fresh = await oauth.processRefreshTokenResponse(as, client, refreshed);
console.log(`Refreshed: ${fresh.scope}`);

// 5. The resource server: a JWT access token (RFC 9068) for it alone, and no ID token.
const accept = (token) => {
  const request = new Request('https://resource.example/', { headers: { authorization: `Bearer ${token}` } });
  return oauth.validateJwtAccessToken(as, request, 'urn:passthru:kms', { signingAlgorithms: ['ES256'] });
};
console.log(`Accepted: ${(await accept(fresh.access_token)).scope}`);
await accept(fresh.id_token).catch(({ code }) => console.log(`ID token refused: ${code}`));

// 6. Introspection and revocation.
const isActive = async () => {
  const said = await oauth.introspectionRequest(as, client, authentication, fresh.access_token);
  return (await oauth.processIntrospectionResponse(as, client, said)).active;
};
console.log(`Active: ${await isActive()}`);
await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, fresh.refresh_token));
console.log(`Active after revocation: ${await isActive()}`);

// 7. Log-out.
const logout = new URL(as.end_session_endpoint);
logout.search = new URLSearchParams({ id_token_hint: fresh.id_token, post_logout_redirect_uri: loggedOutUri });
await browse(logout, loggedOutUri);
console.log('Logged out');
