#!/usr/bin/env node
/**
 * Authlib leaves the zeros in front of elliptic-curve coordinates away, in the `epk` of a JWE and in a JWK: on P-521 in three of four keys, on
 * P-256 in one of 128.
 *
 * Guess:   a coordinate in JSON has as many octets as the curve: "The length of this octet string MUST be the full size of a coordinate for
 *          the curve specified in the "crv" parameter" (RFC 7518 section 6.2.1.2). One test of an ECDH-ES JWE on P-256 shows whether two
 *          libraries understand each other.
 * Is:      Authlib writes the number without leading zero octets. A recipient that keeps to the sentence above refuses one of 128 JWEs on P-256
 *          and P-384, seemingly at random, and three of four on P-521. joserfc, to which a warning of Authlib sends its users, writes all.
 * Version: Authlib 1.9.10, joserfc 1.8.0, cryptography 50.0.2.
 * Source:  RFC 7518 section 6.2.1.2 for JWK, and section 4.6.1.1 for `epk`, which is a JWK.
 * Who:     whoever encrypts with Authlib for a key on a P curve, and whoever opens that. X25519 and RSA-OAEP have no such numbers.
 *
 *   node findings/authlib-short-coordinates.mjs     needs python3
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Prints how many of so many JWEs, for each library and curve, have a coordinate that is too short. */
const PROGRAM = String.raw`
import base64, json, warnings
warnings.simplefilter('ignore')
from authlib.jose import ECKey as AuthlibKey, JsonWebEncryption
from joserfc import jwe
from joserfc.jwk import ECKey

HEADER = {'alg': 'ECDH-ES', 'enc': 'A256GCM'}

def by_authlib(curve):
    return JsonWebEncryption().serialize_compact(HEADER, b'valid', AuthlibKey.generate_key(curve)).decode()

def by_joserfc(curve):
    return jwe.encrypt_compact(HEADER, b'valid', ECKey.generate_key(curve))

def is_short(text, length):
    head = text.split('.')[0]
    epk = json.loads(base64.urlsafe_b64decode(head + '=' * (-len(head) % 4)))['epk']
    return len(epk['x']) < length or len(epk['y']) < length

for name, seal in (('Authlib', by_authlib), ('joserfc', by_joserfc)):
    for curve, length, count in (('P-256', 43, 3000), ('P-521', 88, 200)):
        short = sum(is_short(seal(curve), length) for _ in range(count))
        print(json.dumps({'library': name, 'curve': curve, 'short': short, 'of': count}))
`;

const folder = mkdtempSync(join(tmpdir(), 'authlib-'));
try {
  const run = (command, ...args) => execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const packages = ['Authlib==1.9.10', 'joserfc==1.8.0', 'cryptography==50.0.2'];
  run('python3', '-m', 'venv', 'env');
  run(join('env', 'bin', 'pip'), 'install', '--quiet', '--disable-pip-version-check', ...packages);
  writeFileSync(join(folder, 'count.py'), PROGRAM);
  const lines = run(join('env', 'bin', 'python'), 'count.py')
    .trim()
    .split('\n');
  const seen = lines.map((line) => JSON.parse(line));
  console.log(packages.join(', '));
  console.table(seen);

  const shareOf = (library, curve) => {
    const { short, of } = seen.find((each) => each.library === library && each.curve === curve);
    return short / of;
  };
  const isAsFound =
    shareOf('Authlib', 'P-256') > 1 / 512 &&
    shareOf('Authlib', 'P-256') < 1 / 32 &&
    shareOf('Authlib', 'P-521') > 0.5 &&
    shareOf('joserfc', 'P-256') === 0 &&
    shareOf('joserfc', 'P-521') === 0;
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
