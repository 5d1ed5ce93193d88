#!/usr/bin/env node
/**
 * mod_auth_openidc remembers that an access token is active, whoever revokes it meanwhile, unless the token is longer than 512 bytes: then it
 * asks each time, and writes errors into its log each time.
 *
 * Guess:   a resource server that introspects either asks for every request or remembers answers for a while; the length of a token plays no
 *          part in that, and its log is quiet as long as everything works.
 * Is:      with the delivered settings the answer is remembered until the `exp` that it states, so a revoked token goes on to count. The
 *          key of that memory, which is shared memory by default, is the token itself and may have 511 bytes. A longer one, as a JWT is, is
 *          never remembered: each request asks, and adds two lines at level error to the log of Apache. `OIDCOAuthTokenIntrospectionInterval -1`
 *          asks each time for all tokens, and the log is quiet.
 * Version: mod_auth_openidc 2.4.12.3, as Debian 12 has it.
 * Source:  src/cache/shm.c (OIDC_CACHE_SHM_KEY_MAX), src/oauth.c; auth_openidc.conf, OIDCOAuthTokenIntrospectionInterval.
 * Who:     whoever guards a page by introspection with Apache: tests with a short opaque token hide the errors, tests with a JWT hide that
 *          revocation does not hold.
 *
 *   node findings/mod-auth-openidc-long-tokens.mjs     needs openssl, and Debian's packages apache2-bin and
 *                                                       libapache2-mod-auth-openidc
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MODULES = '/usr/lib/apache2/modules';

/** A port that is free now. */
const freePort = async () => {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};

/** Runs Apache with this setting, and asks twice with a token of that many bytes. */
const measure = async ({ setting, bytes }) => {
  const folder = mkdtempSync(join(tmpdir(), 'mod-auth-openidc-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  let asked = 0;
  const issuer = createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    asked += 1;
    request.resume();
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ active: true, sub: 'somebody', exp: Math.floor(Date.now() / 1000) + 600 }));
  });
  issuer.listen(0, '127.0.0.1');
  await once(issuer, 'listening');
  const port = await freePort();
  mkdirSync(join(folder, 'pages'));
  writeFileSync(join(folder, 'pages/index.txt'), 'open');
  chmodSync(folder, 0o755);
  const lines = [
    'ServerName 127.0.0.1',
    `Listen 127.0.0.1:${port}`,
    `PidFile ${folder}/pid`,
    `ErrorLog ${folder}/error.log`,
    `Mutex file:${folder}`,
    ...['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_openidc'].map(
      (name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`,
    ),
    'User www-data',
    'Group www-data',
    `DocumentRoot ${folder}/pages`,
    `OIDCCABundlePath ${cert}`,
    `OIDCOAuthIntrospectionEndpoint https://localhost:${issuer.address().port}/introspect`,
    'OIDCOAuthClientID resource',
    setting,
    '<Location />\nAuthType oauth20\nRequire valid-user\n</Location>',
  ];
  writeFileSync(join(folder, 'apache2.conf'), lines.join('\n'));
  const apache = spawn('apache2', ['-X', '-f', join(folder, 'apache2.conf')], { stdio: 'inherit' });
  try {
    const ask = async () => {
      const headers = { authorization: `Bearer ${'t'.repeat(bytes)}` };
      return (await fetch(`http://127.0.0.1:${port}/index.txt`, { headers })).status;
    };
    const deadline = Date.now() + 20_000;
    while (
      !(await fetch(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ))
    ) {
      if (Date.now() > deadline) throw new Error('Apache does not listen after 20 s');
      await sleep(50);
    }
    const answers = [await ask(), await ask()].join(' ');
    const errors = readFileSync(join(folder, 'error.log'), 'utf8').match(/auth_openidc:error.*key size is too large/g)?.length ?? 0;
    return { setting: setting === '' ? 'as delivered' : setting.split(' ').at(-1), bytes, answers, asked, errors };
  } finally {
    apache.kill();
    await once(apache, 'close');
    issuer.close();
    issuer.closeAllConnections();
    rmSync(folder, { recursive: true, force: true });
  }
};

const [, version = '?'] =
  /Version: (\S+)/.exec(execFileSync('dpkg', ['--status', 'libapache2-mod-auth-openidc'], { encoding: 'utf8' })) ?? [];
console.log(`mod_auth_openidc ${version}`);
const seen = [];
for (const setting of ['', 'OIDCOAuthTokenIntrospectionInterval -1'])
  for (const bytes of [100, 600]) seen.push(await measure({ setting, bytes }));
console.table(seen);
const told = seen.map(({ answers, asked, errors }) => `${answers} ${asked} ${errors > 0}`).join(', ');
const isAsFound = told === '200 200 1 false, 200 200 2 true, 200 200 2 false, 200 200 2 false';
console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
process.exitCode = isAsFound ? 0 : 1;
