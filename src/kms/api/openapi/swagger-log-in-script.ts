/**
 * Runs in the browser, before `swagger-script.ts`: the log-in at Identity by the authorization code grant with PKCE. `window.logIn(use)`
 * makes the button work and, where a log-in has led back here, hands its access token to `use`. The whole page goes to Identity and
 * comes back, because a window of its own could not talk to this one: both have `Cross-Origin-Opener-Policy: same-origin`.
 *
 * @see RFC 7636, RFC 9207, RFC 8707
 */
export const SWAGGER_LOG_IN_SCRIPT = `'use strict';
window.logIn = async (use) => {
  const KEPT = 'passthru-log-in';
  const button = document.getElementById('log-in');
  if (button === null) return;
  const { issuer, clientId, redirectUri, scope, authorizationEndpoint, tokenEndpoint } = button.dataset;
  const say = (text) => { document.getElementById('logged-in').textContent = text; };
  const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

  button.addEventListener('click', async () => {
    // The address that Identity leads back to has a storage of its own.
    if (location.origin !== new URL(redirectUri).origin) return location.assign(redirectUri);
    const [verifier, state] = [random(), random()];
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
    sessionStorage.setItem(KEPT, JSON.stringify({ verifier, state, hash: location.hash }));
    const request = new URL(authorizationEndpoint);
    request.search = new URLSearchParams({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope,
      state,
      code_challenge: base64url(digest),
      code_challenge_method: 'S256',
    }).toString();
    location.assign(request.href);
  });

  const answer = new URLSearchParams(location.search);
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');
  if (kept === null || !(answer.has('code') || answer.has('error'))) return;
  // A reload does not use the code again.
  sessionStorage.removeItem(KEPT);
  history.replaceState(null, '', location.pathname + kept.hash);
  try {
    if (answer.get('state') !== kept.state || answer.get('iss') !== issuer) throw new Error('the answer is not to the question of this page');
    if (answer.has('error')) throw new Error(answer.get('error_description') ?? answer.get('error'));
    const response = await fetch(tokenEndpoint, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: clientId,
        redirect_uri: redirectUri,
        code: answer.get('code'),
        code_verifier: kept.verifier,
      }),
    });
    const token = await response.json();
    if (!response.ok) throw new Error(token.error_description ?? token.error);
    use(token.access_token);
    const until = new Date(Date.now() + token.expires_in * 1000).toLocaleTimeString();
    say('Logged in until ' + until + '.');
  } catch (error) {
    say('Not logged in: ' + error.message + '.');
  }
};
`;
