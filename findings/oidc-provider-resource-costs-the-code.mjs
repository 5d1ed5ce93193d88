#!/usr/bin/env node
/**
 * A token request that oidc-provider refuses for its `resource` has used up the code all the same, and the corrected one ends the log-in.
 *
 * Guess:   a request that is refused for what it asks for costs nothing, as it is with a wrong `redirect_uri` or a scope too many: the client
 *          names another resource, sends the same code or refresh token again, and goes on.
 * Is:      `resource` is looked at only after the code, or a refresh token that rotates, was marked as used. The first answer says
 *          `invalid_target`, the second is taken for a replay: it ends the grant and all its tokens, and says `invalid_grant`, as
 *          for a stranger. So it is for a client, too, that got two resources granted and names none, where there is no default.
 * Version: oidc-provider 9.13.3.
 * Source:  RFC 8707 section 2.2, by which each request of a code or a refresh token may name a part of the granted resources; oidc-provider,
 *          lib/actions/grants/authorization_code.js and refresh_token.js, lib/helpers/resolve_resource.js.
 * Who:     clients of several APIs, which get a token for each by `resource`: one misspelled name, and their person logs in anew; who reads
 *          the log of the provider looks for a stolen token. What works: to check `resource` before the request comes to oidc-provider.
 *
 *   node findings/oidc-provider-resource-costs-the-code.mjs     needs Node 22 or newer, as oidc-provider does
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
const RESOURCES = ['https://orders.example', 'https://stock.example'];

const folder = mkdtempSync(join(tmpdir(), 'oidc-resource-'));
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
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'read', accessTokenFormat: 'opaque' }),
        defaultResource: (ctx, client, oneOf) => oneOf,
        useGrantedResource: () => true,
      },
    },
    rotateRefreshToken: true,
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    cookies: { keys: ['a key of this example'] },
    jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
  });
  server.on('request', provider.callback());

  /** How a request with a slip and the same request without it are answered, and whether the grant is there afterwards. */
  const twice = async (model, right, slip) => {
    const client = await provider.Client.find(CLIENT.client_id);
    const grant = new provider.Grant({ accountId: 'alice', clientId: CLIENT.client_id });
    grant.addOIDCScope('openid offline_access');
    for (const resource of RESOURCES) grant.addResourceScope(resource, 'read');
    const grantId = await grant.save();
    const members = {
      accountId: 'alice',
      client,
      grantId,
      resource: RESOURCES,
      scope: 'openid offline_access read',
      redirectUri: REDIRECT_URI,
    };
    const value = await new provider[model]({ ...members, gty: 'authorization_code' }).save();
    const of = {
      AuthorizationCode: { grant_type: 'authorization_code', code: value },
      RefreshToken: { grant_type: 'refresh_token', refresh_token: value },
    };
    const answers = [];
    for (const asked of [{ ...right, ...slip }, right]) {
      const body = new URLSearchParams(Object.entries({ ...CLIENT, ...of[model], ...asked }).filter(([, text]) => text !== null));
      const answer = await (await fetch(`${issuer}/token`, { method: 'POST', body })).json();
      answers.push(answer.error ?? `token for ${asked.resource}`);
    }
    return { 'with the slip': answers[0], 'without it': answers[1], 'grant is there': (await provider.Grant.find(grantId)) !== undefined };
  };
  const code = { redirect_uri: REDIRECT_URI, resource: RESOURCES[0] };
  const refresh = { resource: RESOURCES[0] };
  const seen = {
    'code, redirect_uri of another page': await twice('AuthorizationCode', code, { redirect_uri: `${REDIRECT_URI}/other` }),
    'code, resource misspelled': await twice('AuthorizationCode', code, { resource: 'https://order.example' }),
    'code, resource of two not named': await twice('AuthorizationCode', code, { resource: null }),
    'refresh token, scope too many': await twice('RefreshToken', refresh, { scope: 'openid read write' }),
    'refresh token, resource misspelled': await twice('RefreshToken', refresh, { resource: 'https://order.example' }),
    'refresh token, resource of two not named': await twice('RefreshToken', refresh, { resource: null }),
  };
  console.table(seen);

  const isAsFound = Object.entries(seen).every(([slip, { 'with the slip': first, 'without it': second, 'grant is there': isThere }]) =>
    slip.includes('resource')
      ? first === 'invalid_target' && second === 'invalid_grant' && !isThere
      : first.startsWith('invalid_') && second === `token for ${RESOURCES[0]}` && isThere,
  );
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
}
