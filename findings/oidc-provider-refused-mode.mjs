#!/usr/bin/env node
/**
 * oidc-provider refuses a response mode by an answer in that very mode: a client that may only have `query` gets a page that posts.
 *
 * Guess:   a client registered with `response_modes: ['query']` is never answered by a page of the provider with a form and a script, not
 *          even where a request asks for form_post: the refusal is a redirect with the error in the query, as it is for a mode that the
 *          provider does not know, or the plain 400 that OpenID Connect Core asks for where a mode is not supported.
 * Is:      the request gets a page that posts `error=invalid_request` to the redirect URI by its inline script; one for `fragment` gets the
 *          error in the fragment. Only an unknown mode falls back to the query. `response_modes_supported` of the discovery
 *          document, which a configuration may narrow, plays no part.
 * Version: oidc-provider 9.13.3.
 * Source:  OpenID Connect Core 1.0 section 3.1.2.6 ("If the Response Mode value is not supported …"); oidc-provider,
 *          lib/actions/authorization/response_parameters.js and lib/shared/authorization_error_handler.js.
 * Who:     whoever runs a provider for clients of the code flow and gives its pages a strict Content-Security-Policy: without the hash of
 *          that script, and the redirect URI in form-action, the browser stays on an empty page. And a client whose redirect URI takes
 *          GET alone: its user sees how it refuses a POST, and not what it says about the error.
 *
 *   node findings/oidc-provider-refused-mode.mjs     needs Node 22 or newer, as oidc-provider does
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const REDIRECT_URI = 'https://client.example/callback';

const folder = mkdtempSync(join(tmpdir(), 'oidc-refused-mode-'));
const server = createServer();
try {
  const packages = ['oidc-provider@9.13.3'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  const { Provider } = await import(pathToFileURL(load.resolve('oidc-provider')).href);
  console.log(`oidc-provider 9.13.3, Node ${process.version}`);

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'app', token_endpoint_auth_method: 'none', redirect_uris: [REDIRECT_URI], response_modes: ['query'] }],
    discovery: { response_modes_supported: ['query'] },
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['a key of this example'] },
    jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
  });
  server.on('request', provider.callback());

  /** How the authorization endpoint answers a request for this mode, in a line. */
  const ask = async (mode) => {
    const query = new URLSearchParams({
      client_id: 'app',
      redirect_uri: REDIRECT_URI,
      response_type: 'code',
      response_mode: mode,
      scope: 'openid',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    const response = await fetch(`${issuer}/auth?${query}`, { redirect: 'manual' });
    const location = response.headers.get('location');
    if (location !== null) return `${response.status} ${location.slice(0, REDIRECT_URI.length + 40)}…`;
    const page = await response.text();
    const action = /<form method="post" action="([^"]*)"/.exec(page)?.[1];
    const error = /name="error" value="([^"]*)"/.exec(page)?.[1];
    return `${response.status} page that posts error=${error} to ${action}${page.includes('<script>') ? ', by a script' : ''}`;
  };

  const seen = {};
  for (const mode of ['form_post', 'fragment', 'unheard_of']) {
    seen[mode] = await ask(mode);
    console.log(`response_mode=${mode}: ${seen[mode]}`);
  }
  const isAsFound =
    seen.form_post === `400 page that posts error=invalid_request to ${REDIRECT_URI}, by a script` &&
    seen.fragment.startsWith(`303 ${REDIRECT_URI}#error=invalid_request`) &&
    seen.unheard_of.startsWith(`303 ${REDIRECT_URI}?error=unsupported_response_mode`);
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
}
