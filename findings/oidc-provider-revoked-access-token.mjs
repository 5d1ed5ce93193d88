#!/usr/bin/env node
/**
 * Revoking one access token at oidc-provider ends every other log-in of the grant; the policy that says no to this spares only its record.
 *
 * Guess:   `revokeGrantPolicy` answers false by default where an access token is revoked, so that this token ends and nothing else: RFC 7009
 *          lets a server end the refresh token of an access token as well, and this one seems to have chosen not to.
 * Is:      all access tokens, refresh tokens and codes of the grant end, also those of another log-in at the same client in the same
 *          browser, for which the same grant is taken (`loadExistingGrant`). The stored grant alone is spared, of which no token is left: the
 *          next log-in asks for no consent. Nor is there an event `grant.revoked`, by which an application would hear of it.
 * Version: oidc-provider 9.13.3.
 * Source:  RFC 7009 section 2.1 ("If the token passed to the request is an access token, the server MAY revoke the respective refresh token as
 *          well"); oidc-provider, lib/helpers/revoke.js, and revokeGrantPolicy in lib/helpers/defaults.js.
 * Who:     whoever has opaque access tokens and clients that give one back when they need it no longer, in one of two windows or before the next
 *          refresh. What works: `features.revocation.allowedPolicy` that destroys an access token itself and answers false.
 *
 *   node findings/oidc-provider-revoked-access-token.mjs     needs Node 22 or newer, as oidc-provider does
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
const CLIENT = { client_id: 'app', client_secret: 'the secret of this example' };

const folder = mkdtempSync(join(tmpdir(), 'oidc-revoked-'));
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
  let endsOne = false;
  const provider = new Provider(issuer, {
    clients: [
      {
        ...CLIENT,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: [REDIRECT_URI],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    features: {
      devInteractions: { enabled: false },
      revocation: {
        enabled: true,
        allowedPolicy: async (ctx, client, token) => {
          if (token.clientId !== client.clientId) return false;
          if (!endsOne || token.kind !== 'AccessToken') return true;
          await token.destroy();
          return false;
        },
      },
    },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    cookies: { keys: ['a key of this example'] },
    jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
  });
  let events = 0;
  provider.on('grant.revoked', () => (events += 1));
  server.on('request', provider.callback());

  const post = async (path, body) => {
    const response = await fetch(`${issuer}${path}`, { method: 'POST', body: new URLSearchParams({ ...CLIENT, ...body }) });
    return { status: response.status, body: response.headers.get('content-type')?.includes('json') ? await response.json() : null };
  };
  const userinfo = async (token) => (await fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${token}` } })).status;

  /** What is left of two log-ins of one grant, once the access token of the first was revoked. */
  const afterRevocation = async () => {
    const client = await provider.Client.find(CLIENT.client_id);
    const grant = new provider.Grant({ accountId: 'alice', clientId: CLIENT.client_id });
    grant.addOIDCScope('openid offline_access');
    const grantId = await grant.save();
    const logIn = async () => {
      const members = {
        accountId: 'alice',
        client,
        grantId,
        scope: 'openid offline_access',
        redirectUri: REDIRECT_URI,
        gty: 'authorization_code',
      };
      const code = await new provider.AuthorizationCode(members).save();
      return (await post('/token', { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI })).body;
    };
    const [first, second] = [await logIn(), await logIn()];
    const revocation = await post('/token/revocation', { token: first.access_token });
    return {
      revocation: revocation.status,
      'access token of the first log-in': await userinfo(first.access_token),
      'access token of the second': await userinfo(second.access_token),
      'refresh token of the second': (await post('/token', { grant_type: 'refresh_token', refresh_token: second.refresh_token })).status,
      'grant is stored': (await provider.Grant.find(grantId)) !== undefined,
      'events grant.revoked': events,
    };
  };
  const byDefault = await afterRevocation();
  endsOne = true;
  const byPolicy = await afterRevocation();
  console.table({ 'by default': byDefault, 'allowedPolicy ends one': byPolicy });

  const isAsFound =
    JSON.stringify(Object.values(byDefault)) === '[200,401,401,400,true,0]' &&
    JSON.stringify(Object.values(byPolicy)) === '[200,401,200,200,true,0]';
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
}
