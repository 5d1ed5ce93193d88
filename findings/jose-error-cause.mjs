#!/usr/bin/env node
/**
 * The `cause` of an error of jose about a claim is no Error but a plain object with all claims of the token, which the usual ways to log show.
 *
 * Guess:   `cause` is an Error or absent, as with fetch of Node, so that a logger may follow it and print `message` or String(cause) of
 *          each; and an error that says "exp" claim timestamp check failed tells that and no more.
 * Is:      JWTExpired and JWTClaimValidationFailed carry `{ claim, reason, payload }` as their cause: String(cause) is [object Object], and
 *          it has no message. The claims are a member of the error itself as well: console.error shows them twice, pino and JSON.stringify
 *          once. So a `sub` or an `email` gets into a log that means to name a refused token's fault alone.
 * Version: jose 6.2.17, pino 10.4.0.
 * Source:  jose, docs/util/errors, whose pages of the two classes name the type of `cause` and not what follows from it.
 * Who:     whoever verifies access tokens by jwtVerify and hands what it throws to a logger, or wraps it as the cause of an error of its
 *          own. What works: log `code`, `claim` and `reason`.
 *
 *   node findings/jose-error-cause.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';

const EMAIL = 'ada@client.example';

const folder = mkdtempSync(join(tmpdir(), 'jose-cause-'));
try {
  const packages = ['jose@6.2.17', 'pino@10.4.0'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  const { SignJWT, generateKeyPair, jwtVerify } = await import(pathToFileURL(load.resolve('jose')).href);
  const { pino } = load('pino');
  console.log(`jose 6.2.17, pino ${pino.version}, Node ${process.version}`);

  const { publicKey, privateKey } = await generateKeyPair('ES256');
  /** What is thrown about a token of this end and audience. */
  const refusal = async (end, audience) => {
    const token = await new SignJWT({ email: EMAIL })
      .setProtectedHeader({ alg: 'ES256' })
      .setAudience(audience)
      .setExpirationTime(end)
      .sign(privateKey);
    return jwtVerify(token, publicKey, { audience: 'kms' }).then(
      () => undefined,
      (error) => error,
    );
  };
  /** How often a text names the e-mail address among the claims. */
  const times = (text) => text.split(EMAIL).length - 1;
  const loggedByPino = (error) => {
    const lines = [];
    pino({ base: null }, { write: (line) => void lines.push(line) }).error(error);
    return lines.join('');
  };

  const seen = [];
  for (const error of [await refusal('1 minute ago', 'kms'), await refusal('1 minute', 'other')]) {
    const { name, message, cause } = error ?? {};
    const row = {
      isError: cause instanceof Error,
      text: String(cause),
      members: Object.keys(cause ?? {}).join(),
      shown: [inspect(error), loggedByPino(error), JSON.stringify(error)].map(times).join(),
    };
    seen.push(row);
    console.log(`${name}: ${message}
  cause instanceof Error: ${row.isError}; String(cause): ${row.text}; its members: ${row.members}
  the e-mail address comes, in console.error, pino, JSON.stringify: ${row.shown} times`);
  }
  const isAsFound = seen.every(
    ({ isError, text, members, shown }) =>
      !isError && text === '[object Object]' && members === 'claim,reason,payload' && shown === '2,1,1',
  );
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
