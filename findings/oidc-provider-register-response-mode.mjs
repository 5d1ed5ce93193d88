#!/usr/bin/env node
/**
 * registerResponseMode of oidc-provider keeps the built-in mode of that name and says nothing; registerGrantType replaces the built-in one.
 *
 * Guess:   `provider.registerResponseMode('form_post', handler)` puts a page of one's own in place of the bare one that posts the answer to
 *          the redirect URI, as `registerGrantType('authorization_code', handler)` puts a handler in place of the built-in grant; or it
 *          throws.
 * Is:      the call returns, and the handler is never asked: a mode is only added under a name that is not taken, and the constructor
 *          takes query, fragment and form_post first. Under a name of its own the same handler answers.
 * Version: oidc-provider 9.13.3.
 * Source:  https://github.com/panva/node-oidc-provider/issues/365 (undocumented, and meant for adding; the code of that time replaced);
 *          oidc-provider, lib/provider.js, registerResponseMode and registerGrantType. The package @types/oidc-provider has both.
 * Who:     whoever wants the page of form_post to say something while its script runs, or to go on where no script may run. What is left:
 *          a middleware that changes the body after oidc-provider.
 *
 *   node findings/oidc-provider-register-response-mode.mjs     needs Node 22 or newer, as oidc-provider does
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

/** The handler that is registered, for modes and for a grant. */
const answer = (ctx) => void Object.assign(ctx, { status: 200, body: 'the handler of this file' });

const folder = mkdtempSync(join(tmpdir(), 'oidc-register-mode-'));
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
    clients: [{ client_id: 'app', token_endpoint_auth_method: 'none', redirect_uris: [REDIRECT_URI] }],
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ['a key of this example'] },
    jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
  });
  for (const mode of ['form_post', 'own_page']) provider.registerResponseMode(mode, answer);
  provider.registerGrantType('authorization_code', answer);
  server.on('request', provider.callback());

  /** Who answers, by the first line of the body. */
  const ask = async (path, init) => {
    const response = await fetch(`${issuer}${path}`, { redirect: 'manual', ...init });
    const [line] = (await response.text()).split('\n');
    return `${response.status} ${line}`;
  };
  /** Nobody is logged in, so that the answer is an error at once, in the mode of the request. */
  const authorize = (mode) =>
    ask(
      `/auth?${new URLSearchParams({
        client_id: 'app',
        redirect_uri: REDIRECT_URI,
        response_type: 'code',
        response_mode: mode,
        scope: 'openid',
        prompt: 'none',
        code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
        code_challenge_method: 'S256',
      })}`,
    );
  const seen = {
    'registerResponseMode, own_page': await authorize('own_page'),
    'registerResponseMode, form_post': await authorize('form_post'),
    'registerGrantType, authorization_code': await ask('/token', {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'app', grant_type: 'authorization_code' }),
    }),
  };
  for (const [name, line] of Object.entries(seen)) console.log(`${name}: ${line}`);

  const [own, builtIn, grant] = Object.values(seen).map((line) => line.endsWith('the handler of this file'));
  const isAsFound = own && !builtIn && grant;
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
}
