#!/usr/bin/env node
/**
 * A clock that is set back makes @fastify/rate-limit refuse a caller for as long as it was set back.
 *
 * Guess:   a limit of two requests a minute refuses for a minute at most, whatever happens to the clock of the machine: a window is a
 *          duration, and durations are measured by a clock that never goes back.
 * Is:      the store in memory notes `Date.now()` at the begin of a window and compares it with `Date.now()` later. After the clock went
 *          back by an hour, a window that began before ends an hour late, and Retry-After says 3,660 seconds and more.
 * Version: @fastify/rate-limit 11.2.0, fastify 5.12.8.
 * Source:  @fastify/rate-limit, store/LocalStore.js.
 * Who:     whoever runs a server with this limit in a virtual machine that is suspended and resumed, or where NTP corrects a clock that
 *          ran ahead. What works: a store of one's own (option `store`) on `performance.now()`.
 *
 *   node findings/fastify-rate-limit-wall-clock.mjs
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const HOUR_MS = 60 * 60_000;
const WINDOW_S = 60;

const folder = mkdtempSync(join(tmpdir(), 'fastify-rate-limit-'));
try {
  const packages = ['fastify@5.12.8', '@fastify/rate-limit@11.2.0'];
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, ...packages], { stdio: 'inherit' });
  const load = createRequire(join(folder, 'package.json'));
  const { default: fastify } = load('fastify');
  console.log(`@fastify/rate-limit ${load('@fastify/rate-limit/package.json').version}, Node ${process.version}`);

  const app = fastify();
  await app.register(load('@fastify/rate-limit'), { max: 2, timeWindow: WINDOW_S * 1_000 });
  app.get('/', async () => ({}));
  const ask = async () => {
    const { statusCode, headers } = await app.inject('/');
    return `${statusCode}${headers['retry-after'] === undefined ? '' : `, Retry-After: ${headers['retry-after']}`}`;
  };

  // A clock that runs an hour ahead, and is then put right.
  const { now } = Date;
  Date.now = () => now() + HOUR_MS;
  const ahead = await ask();
  Date.now = now;
  const [second, third] = [await ask(), await ask()];
  await app.close();
  console.log(`clock an hour ahead: ${ahead}\nclock put right: ${second}\nthe next request: ${third}`);

  const seconds = Number(/Retry-After: (\d+)/.exec(third)?.[1]);
  if (ahead !== '200' || second !== '200' || !third.startsWith('429') || !(seconds > WINDOW_S)) {
    console.log('This has changed: the window no longer follows the clock of the machine.');
    process.exitCode = 1;
  } else console.log('As found.');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
