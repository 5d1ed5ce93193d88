#!/usr/bin/env node
/**
 * Authlib signs every client assertion with the same `jti` once it was given claims of the caller: it writes the first one into that dict.
 *
 * Guess:   `PrivateKeyJWT(token_endpoint, claims={'aud': issuer})` lays these claims over each assertion, and each has an id of its own: "The JWT
 *          ID … can be used to ensure that the JWT … is not reused" (RFC 7523 section 3, OpenID Connect Core 1.0 section 9: "A unique identifier
 *          for the token").
 * Is:      the first assertion gets a new `jti`, which is stored in the dict of the caller, and all later ones of this method have it again. A server
 *          that takes an id once accepts the first request of a process and refuses all that follow with `invalid_client`. Without `claims` each
 *          has its own; the first argument, which is called `token_endpoint`, is the audience, so the issuer can be given there.
 * Version: Authlib 1.9.10.
 * Source:  authlib/oauth2/rfc7523/assertion.py, `_sign`: `if "jti" not in claims: claims["jti"] = …`.
 * Who:     whoever uses private_key_jwt or client_secret_jwt of Authlib at a server that wants its issuer as the audience (FAPI 2.0), and finds
 *          that the first token comes and the refresh does not.
 *
 *   node findings/authlib-reused-jti.mjs     needs python3
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = String.raw`
import base64, json
from types import SimpleNamespace
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.jwk import ECKey

client = SimpleNamespace(client_id='client', client_secret=ECKey.generate_key('P-256'))

def claims_of(method):
    payload = method.sign(client, method.token_endpoint).split('.')[1]
    return json.loads(base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)))

for name, method in (
    ('claims', PrivateKeyJWT('https://as.example/token', claims={'aud': 'https://as.example'}, alg='ES256')),
    ('first argument', PrivateKeyJWT('https://as.example', alg='ES256')),
):
    made = [claims_of(method) for _ in range(10)]
    print(json.dumps({'audience by': name, 'aud': made[0]['aud'], 'assertions': len(made), 'ids': len({each['jti'] for each in made})}))
`;

const folder = mkdtempSync(join(tmpdir(), 'authlib-'));
try {
  const run = (command, ...args) => execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const packages = ['Authlib==1.9.10', 'joserfc==1.8.0', 'requests==2.34.2'];
  run('python3', '-m', 'venv', 'env');
  run(join('env', 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', ...packages);
  writeFileSync(join(folder, 'sign.py'), PROGRAM);
  const seen = run(join('env', 'bin', 'python'), 'sign.py')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  console.log(packages.join(', '));
  console.table(seen);
  const isAsFound = seen.every(({ aud }) => aud === 'https://as.example') && seen[0].ids === 1 && seen[1].ids === 10;
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
