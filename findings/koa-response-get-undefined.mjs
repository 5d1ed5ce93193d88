#!/usr/bin/env node
/**
 * Koa 3 answers a missing header in two ways: `ctx.request.get` with an empty string, `ctx.response.get` with undefined.
 *
 * Guess:   both give an empty string, as both did in Koa 2 and as the types of Koa 3 say (`get(field: string): string`). A middleware that sets
 *          a header only where none is, by `ctx.response.get('cache-control') === ''`, sets it.
 * Is:      `ctx.response.get` gives what Node's `getHeader` gives: undefined for a missing header, a list for one with several values. The check
 *          never holds, nothing fails, and the header is missing. Its guide to the migration from 2 does not name it.
 * Version: Koa 3.3.0 beside 2.16.4, @types/koa 3.0.3.
 * Source:  Koa, lib/response.js (`get`) and lib/request.js (`get`); https://github.com/koajs/koa/pull/1392
 * Who:     whoever adds a middleware to oidc-provider 9, which brings Koa 3: `cache-control` on the answer of revocation, for one.
 *          What works: `ctx.response.has(field)`, which the types do not know, or `ctx.response.get(field) ?? ''`.
 *
 *   node findings/koa-response-get-undefined.mjs
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'koa-get-'));
/** What a middleware of this Koa reads of headers that are not there, and of one that is there twice. */
const readBy = async (Koa) => {
  const app = new Koa();
  let read;
  app.use((ctx) => {
    ctx.response.append('link', ['<a>', '<b>']);
    read = { 'request.get': ctx.request.get('x-none'), 'response.get': ctx.response.get('x-none'), twice: ctx.response.get('link') };
    if (ctx.response.get('cache-control') === '') ctx.response.set('cache-control', 'no-store');
    ctx.status = 204;
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { headers } = await fetch(`http://127.0.0.1:${server.address().port}/`);
    return { ...read, 'cache-control sent': headers.get('cache-control') };
  } finally {
    server.close();
    server.closeAllConnections();
  }
};
try {
  const packages = ['koa@3.3.0', 'koa-2@npm:koa@2.16.4', '@types/koa@3.0.3'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  const versionOf = (name) => JSON.parse(readFileSync(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
  console.log(`koa ${versionOf('koa')} and ${versionOf('koa-2')}, @types/koa ${versionOf('@types/koa')}, Node ${process.version}`);

  const found = { 'Koa 2': await readBy(load('koa-2')), 'Koa 3': await readBy(load('koa')) };
  console.table(found);
  const types = readFileSync(join(folder, 'node_modules/@types/koa/index.d.ts'), 'utf8');
  const typed = types.match(/get\(field: string\): string;/g)?.length ?? 0;
  console.log(`the types say "get(field: string): string" ${typed} times, of the request and of the response`);

  const { 'Koa 2': two, 'Koa 3': three } = found;
  const isAsFound =
    two['response.get'] === '' &&
    two['cache-control sent'] === 'no-store' &&
    three['request.get'] === '' &&
    three['response.get'] === undefined &&
    Array.isArray(three.twice) &&
    three['cache-control sent'] === null &&
    typed === 2;
  console.log(isAsFound ? 'As found.' : 'This has changed: look at the head of this file.');
  process.exitCode = isAsFound ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
