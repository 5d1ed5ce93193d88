#!/usr/bin/env node
/**
 * What throws in the callback of Fastify's own JSON parser becomes "not valid JSON", and the callback is called a second time.
 *
 * Guess:   a parser of one's own may have the body read by the parser from `getDefaultJsonParser`, and check the value in the callback: an
 *          error with a status that it throws there reaches the error handler as it is, as it does when the parser throws it outside of
 *          the callback.
 * Is:      the callback is called inside of the `try` around the JSON. Its error is lost, and the callback is called again with
 *          FST_ERR_CTP_INVALID_JSON_BODY: a request whose JSON is well-formed ends as 400, "Body is not valid JSON …". A programming
 *          error in the callback, too, is answered as a mistake of the client, and no error handler and no log gets to see it.
 * Version: fastify 5.12.8. In 5.0.0 the callback still stood behind the `try`.
 * Source:  Fastify, lib/content-type-parser.js, getDefaultJsonParser; https://github.com/fastify/fastify/pull/519 of long ago ("Do not
 *          swallow errors after parsing JSON body").
 * Who:     whoever adds checks of its own to bodies (a member that comes twice, another media type, a signature over the text) and leaves
 *          the JSON to Fastify. What works: keep what the callback is given, return from it, and check then.
 *
 *   node findings/fastify-json-parser-callback.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Finds fault with any value. */
const check = () => {
  throw Object.assign(new Error('the version of the body is too old'), { statusCode: 422, code: 'TOO_OLD' });
};

const folder = mkdtempSync(join(tmpdir(), 'fastify-json-'));
try {
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, 'fastify@5.12.8'], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  const { default: fastify } = load('fastify');
  console.log(`fastify ${load('fastify/package.json').version}, Node ${process.version}`);

  const app = fastify();
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const calls = [];
  app.addContentTypeParser('application/inside+json', { parseAs: 'string' }, (request, text, done) => {
    parseJson(request, text, (error, value) => {
      calls.push(error?.code ?? 'a value');
      if (error) return done(error);
      check(value);
      return done(null, value);
    });
  });
  app.addContentTypeParser('application/outside+json', { parseAs: 'string' }, (request, text, done) => {
    let read;
    parseJson(request, text, (error, value) => (read = { error, value }));
    if (read.error) return done(read.error);
    check(read.value);
    return done(null, read.value);
  });
  app.post('/', async () => ({}));

  const seen = {};
  for (const place of ['outside', 'inside']) {
    const headers = { 'content-type': `application/${place}+json` };
    const { statusCode, body } = await app.inject({ method: 'POST', url: '/', headers, payload: '{"version":1}' });
    seen[place] = `${statusCode} ${body}`;
    console.log(`thrown ${place} of the callback: ${seen[place]}`);
  }
  console.log(`the callback got: ${calls.join(', then ')}`);
  await app.close();

  const isAsFound =
    /^422 .*TOO_OLD/.test(seen.outside) &&
    /^400 .*FST_ERR_CTP_INVALID_JSON_BODY/.test(seen.inside) &&
    calls.join() === 'a value,FST_ERR_CTP_INVALID_JSON_BODY';
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
