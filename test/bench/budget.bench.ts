import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fastify from 'fastify';
import { readTls, serverTlsOptions } from '#infra/tls/options.ts';
import { SERVICE_PREFIX } from '#kms/api/service-routes.ts';
import { ROOT } from '#test/support/engine.ts';
import { basic, kmsHouse, runKms } from '#test/kms/support/kms-server.ts';
import { makePki } from '#test/support/pki.ts';
import recorded from './budget.json' with { type: 'json' };
import { callersOf, each, processorTimeOf } from './processor-time.ts';
import type { Compared, Comparison } from './suite.ts';

/** A step back of more than this is one too many. */
const MARGIN = 1.3;

const STARTS = 9;
const ROUNDS = 15;
const CALLS = 400;

const PASSTHRU = join(ROOT, 'bin/passthru.js');

/** What a program loads before it does anything, beside a Node that does nothing: `serve` ends at a configuration that is not there. */
const starts = async (): Promise<readonly Omit<Compared, 'aim'>[]> => {
  const programs = {
    'the command line': [PASSTHRU, '--version'],
    'the KMS, up to its configuration': [PASSTHRU, 'serve', 'kms', '--config', join(ROOT, 'no-such-file.yml')],
  };
  const compared: Omit<Compared, 'aim'>[] = [];
  for (const [ours, args] of Object.entries(programs)) {
    const pairs: [number, number][] = [];
    // Modules are compiled once.
    await processorTimeOf(args);
    for (let n = 0; n < STARTS; n += 1) pairs.push([await processorTimeOf(args), await processorTimeOf(['--eval', '0'])]);
    compared.push({ ours, theirs: 'a Node that does nothing', pairs });
  }
  return compared;
};

/** A call of the KMS beside one of a bare server of the same framework, which gives back the same body over the same TLS. */
const encryption = async (): Promise<Omit<Compared, 'aim'>> => {
  await using house = await kmsHouse({ change: (config) => void (config.server.rate_limit.max = 10_000_000) });
  await using kms = await runKms(house);
  await using pki = await makePki();
  const bare = fastify({ https: serverTlsOptions(await readTls(pki.server), 'none') });
  bare.post('/echo', async (request) => request.body);
  const url = await bare.listen({ host: '127.0.0.1', port: 0 });
  const body = { plaintext: Buffer.from('x'.repeat(64)).toString('base64url') };
  const headers = basic('demo-user', 'demo-user-password');
  const path = `${SERVICE_PREFIX}/elastic-keys/demo-encryption-key/encrypt`;
  await using ours = callersOf({ url: `${kms.url}${path}`, headers, body, tls: { ca: house.ca } });
  await using theirs = callersOf({ url: `${url.replace('127.0.0.1', 'localhost')}/echo`, headers, body, tls: { ca: pki.ca } });
  const call = (callers: typeof ours) => each(CALLS, () => callers.call(CALLS));
  for (const callers of [ours, theirs, ours, theirs]) await call(callers);
  const pairs: [number, number][] = [];
  for (let round = 0; round < ROUNDS; round += 1) pairs.push([await call(ours), await call(theirs)]);
  await bare.close();
  return { ours: 'an encryption', theirs: 'an echo of a bare server', pairs };
};

/** Processor time beside that of bare yardsticks, each with what was recorded for it and a margin as its aim. */
export const budgetComparison: Comparison = async () => {
  // What runs for a newcomer; where sources changed since, it would be they that are measured.
  await promisify(execFile)(process.execPath, [join(ROOT, 'build/bundle.ts')]);
  return [...(await starts()), await encryption()].map((compared) => {
    const budget = (recorded as Readonly<Record<string, number>>)[compared.ours];
    if (budget === undefined) throw new Error(`budget.json has no ratio for ${compared.ours}`);
    return { ...compared, aim: Number((budget * MARGIN).toFixed(2)), isBudget: true };
  });
};
