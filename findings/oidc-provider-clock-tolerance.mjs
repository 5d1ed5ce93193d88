#!/usr/bin/env node
/**
 * At oidc-provider an access token opens userinfo for 15 seconds more than `expires_in` said, while introspection calls it inactive already.
 *
 * Guess:   `clockTolerance` is for clocks that are not the provider's own: of clients that sign assertions, request objects and DPoP proofs. A
 *          token that the provider made, stored and finds again ends by its one clock, at all endpoints at the same moment.
 * Is:      `find` of every stored model takes the tolerance, 15 s by default. An endpoint that looks at `isExpired` besides is exact:
 *          introspection, and the token endpoint with codes, refresh tokens and grants. Userinfo does not look, and a session that is
 *          over is found like one that is not. The adapter in memory keeps its rows for as much longer.
 * Version: oidc-provider 9.13.3.
 * Source:  oidc-provider, docs/README.md, `clockTolerance` ("the allowed system clock skew for validating client-provided JWTs … and otherwise
 *          comparing timestamps"), lib/models/formats/opaque.js, lib/shared/access_token.js, lib/actions/introspection.js.
 * Who:     whoever tests what a client does when its token ends, by a short `ttl` and a wait: userinfo goes on to answer, and the test of the
 *          refresh sees none. And whoever writes an adapter that removes rows at their `exp`: with it the tokens end on time. What works:
 *          `clockTolerance: 0` in such a test, or a look at `isExpired` of what `find` gave.
 *
 *   node findings/oidc-provider-clock-tolerance.mjs     needs Node 22 or newer, as oidc-provider does
 */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const REDIRECT_URI = 'https://client.example/callback';
const CLIENT = { client_id: 'app', client_secret: 'the secret of this example' };

const folder = mkdtempSync(join(tmpdir(), 'oidc-tolerance-'));
const servers = [];
try {
  const packages = ['oidc-provider@9.13.3'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  const { Provider } = await import(pathToFileURL(load.resolve('oidc-provider')).href);
  console.log(`oidc-provider 9.13.3, Node ${process.version}; all of one second, looked at three seconds later`);

  /** What a provider with these settings says of things of one second when three are over. */
  const lookLate = async (settings) => {
    const server = createServer();
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = `http://127.0.0.1:${server.address().port}`;
    const provider = new Provider(issuer, {
      ...settings,
      clients: [{ ...CLIENT, token_endpoint_auth_method: 'client_secret_post', redirect_uris: [REDIRECT_URI] }],
      ttl: { AccessToken: 1, AuthorizationCode: 1, Grant: 3_600, Session: 1 },
      features: { devInteractions: { enabled: false }, introspection: { enabled: true, allowedPolicy: () => true } },
      findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
      cookies: { keys: ['a key of this example'] },
      jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
    });
    server.on('request', provider.callback());

    const client = await provider.Client.find(CLIENT.client_id);
    const grant = new provider.Grant({ accountId: 'alice', clientId: CLIENT.client_id });
    grant.addOIDCScope('openid');
    const members = { accountId: 'alice', client, grantId: await grant.save(), scope: 'openid', gty: 'authorization_code' };
    const token = await new provider.AccessToken(members).save();
    const code = await new provider.AuthorizationCode({ ...members, redirectUri: REDIRECT_URI }).save();
    const session = new provider.Session({ accountId: 'alice' });
    await session.save(1);
    await wait(3_000);

    const post = async (path, body) => {
      const response = await fetch(`${issuer}${path}`, { method: 'POST', body: new URLSearchParams({ ...CLIENT, ...body }) });
      return await response.json();
    };
    return {
      'access token at userinfo': (await fetch(`${issuer}/me`, { headers: { authorization: `Bearer ${token}` } })).status,
      'the same at introspection': `active: ${(await post('/token/introspection', { token })).active}`,
      'code at the token endpoint': (await post('/token', { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI })).error,
      'session is found': (await provider.Session.find(session.jti)) !== undefined,
    };
  };
  const [byDefault, exact] = await Promise.all([lookLate({}), lookLate({ clockTolerance: 0 })]);
  console.table({ 'by default': byDefault, 'clockTolerance: 0': exact });

  const isAsFound =
    JSON.stringify(Object.values(byDefault)) === '[200,"active: false","invalid_grant",true]' &&
    JSON.stringify(Object.values(exact)) === '[401,"active: false","invalid_grant",false]';
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(folder, { recursive: true, force: true });
}
