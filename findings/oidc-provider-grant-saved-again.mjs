#!/usr/bin/env node
/**
 * A consent that is given again at oidc-provider ends when the first one would have: a refresh token of today can end tomorrow.
 *
 * Guess:   `ttl.Grant` counts from the last time that somebody consented. The application takes the grant of the session, adds what is missing
 *          and saves it, as the example of oidc-provider does, and the grant is as new as the refresh token that is made right after.
 * Is:      a grant that was found keeps its `exp` when it is saved, whatever was added. All tokens of the new log-in hang on it: a refresh
 *          token with weeks to live is refused as soon as the first consent is over, and nobody is told why (`grant is expired` is in
 *          the event of the error only). Both live 14 days by default, and a refresh token that rotates begins anew,
 *          unless it is one of a public web client.
 * Version: oidc-provider 9.13.3.
 * Source:  oidc-provider, lib/models/formats/opaque.js (`exp`), lib/helpers/grant_source.js (`validateGrant`), lib/helpers/defaults.js (`ttl`);
 *          the example that changes an existing grant: https://github.com/panva/node-oidc-provider/blob/main/example/routes/express.js
 * Who:     whoever gives refresh tokens to clients for longer than a session: their users are logged out some days after they last said yes.
 *          What works: a grant made of the members of the old one without `exp` and `iat`; it keeps its id.
 *
 *   node findings/oidc-provider-grant-saved-again.mjs     needs Node 22 or newer, as oidc-provider does
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

const CLIENT = { client_id: 'app', client_secret: 'the secret of this example' };
/** How long a grant lives, in seconds. oidc-provider counts whole seconds, so that the waits end more than one off the mark. */
const GRANT_S = 8;

const folder = mkdtempSync(join(tmpdir(), 'oidc-grant-'));
const server = createServer();
try {
  const packages = ['oidc-provider@9.13.3'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  const { Provider } = await import(pathToFileURL(load.resolve('oidc-provider')).href);
  console.log(`oidc-provider 9.13.3, Node ${process.version}; a grant lives ${GRANT_S} s, a refresh token an hour`);

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      {
        ...CLIENT,
        token_endpoint_auth_method: 'client_secret_post',
        redirect_uris: ['https://client.example/callback'],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    ttl: { Grant: GRANT_S, RefreshToken: 3_600, AccessToken: 3_600, IdToken: 3_600 },
    features: { devInteractions: { enabled: false } },
    findAccount: (ctx, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    cookies: { keys: ['a key of this example'] },
    jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
  });
  const details = [];
  provider.on('grant.error', (ctx, error) => details.push(error.error_detail));
  server.on('request', provider.callback());

  /** Consents, consents again by this way of saving later on, and refreshes when the first consent is over and the second is not. */
  const refreshedAfter = async (renewed) => {
    const grant = new provider.Grant({ accountId: 'alice', clientId: CLIENT.client_id });
    grant.addOIDCScope('openid');
    const grantId = await grant.save();
    await wait(5_000);
    const found = renewed(await provider.Grant.find(grantId));
    found.addOIDCScope('openid offline_access');
    await found.save();
    const client = await provider.Client.find(CLIENT.client_id);
    const members = { accountId: 'alice', client, grantId, scope: 'openid offline_access', gty: 'authorization_code' };
    const token = await new provider.RefreshToken(members).save();
    await wait(4_100);
    const body = new URLSearchParams({ ...CLIENT, grant_type: 'refresh_token', refresh_token: token });
    const response = await fetch(`${issuer}/token`, { method: 'POST', body });
    const { error = 'tokens' } = await response.json();
    return { 'same id': found.jti === grantId, answer: `${response.status} ${error}` };
  };
  const [saved, made] = await Promise.all([
    refreshedAfter((grant) => grant),
    refreshedAfter((grant) => new provider.Grant({ ...grant, exp: undefined, iat: undefined })),
  ]);
  console.table({ 'found and saved': saved, 'made anew': made });
  console.log(`told to the application: ${JSON.stringify(details)}`);

  const isAsFound =
    saved.answer === '400 invalid_grant' &&
    details.join() === 'grant is expired' &&
    made.answer === '200 tokens' &&
    saved['same id'] &&
    made['same id'];
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
}
