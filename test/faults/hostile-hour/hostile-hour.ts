/**
 * A hostile hour: `npm run hostile -- --minutes 60 --seed 1`, any number of minutes, any seed; `--only kill` leaves
 * the faults with that word in their name.
 *
 * An embedded stack is put under load and broken at random, one fault after the other. After each fault the stack must be ready within a
 * minute, and a sample of the acknowledged writes must be there; at the end, all of them. Then `passthru demo all` must pass on it.
 *
 * test-results/hostile-hour.json    seed, faults, requests by outcome, writes, findings
 * test-results/logs/hostile-hour/   what the services logged
 *
 * Ends with 1 when there is a finding.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type KmsApi, kmsApi } from '#client/kms/kms.ts';
import { basic } from '#client/session/authorization.ts';
import { createSession, type Session } from '#client/session/session.ts';
import { type CallersWeather, startLoad } from '#demo/drills/load/load.ts';
import { lostWrites } from '#demo/drills/load/lost-writes.ts';
import { demoPassword } from '#infra/demo-data/demo-password.ts';
import type { Report } from '#demo/report.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { canMount, smallDisk } from '#test/support/small-disk.ts';
import { type Fault, faultsOf } from './faults.ts';
import { takeOver } from './services.ts';

const ROOT = join(import.meta.dirname, '../../..');
const READY_WITHIN_MS = 60_000;
/** As long as any SIGSTOP takes, and longer. */
const CALLERS_WAIT_MS = 30_000;
const DISK_MB = 256;
/** Keys and ciphertexts that are looked at after each fault. */
const SAMPLE = 10;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string', default: '' },
  },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new TypeError('usage: --minutes MINUTES --seed INTEGER --only TEXT');

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const findings: string[] = [];
const finding = (text: string): void => {
  findings.push(text);
  say(`  FINDING ${text}`);
};

/** A repeatable source of numbers from 0 up to 1 (mulberry32). */
const randomOf = (start: number): (() => number) => {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const results = join(process.cwd(), 'test-results');
await mkdir(results, { recursive: true });
const place = await mkdtemp(join(tmpdir(), 'passthru-hostile-'));
const disk = (await canMount()) ? await smallDisk(DISK_MB) : null;
const folder = join(disk?.path ?? place, 'state');
const passthru = (...args: readonly string[]): string =>
  spawnSync(process.execPath, [join(ROOT, 'bin/passthru.js'), ...args, '--state-dir', folder], {
    cwd: place,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  }).stdout;
const demo = (): Report =>
  JSON.parse(
    passthru('demo', 'all', '--engine', 'embedded', '--output', 'json', '--port-kms', '18861', '--port-identity', '18862'),
  ) as Report;

say(`seed ${seed}, ${minutes} minutes`);
const first = demo();
const ca = await readFile(join(folder, 'tls/ca.pem'), 'utf8');
const { kms, identity } = first.endpoints;
if (kms === undefined || identity === undefined) throw new Error('the demo names no endpoints');

const random = randomOf(seed);
const inflicted = new Map<string, number>();
let weather: CallersWeather = { user: null, token: null };
let counts: Readonly<Record<string, number>> = {};
let writes = 0;

const administrator = (url: string, session: Session): KmsApi =>
  kmsApi({ url, session, authorization: basic('demo-tenant-admin', demoPassword('demo-tenant-admin')) });
/** What callers may see in a fault, beside a limit of requests. */
const inFault = ({ allows }: Fault): CallersWeather => {
  const all = ['no answer', 'no answer in time', '503', ...allows.map(String)];
  return { user: all, token: all };
};

{
  await using services = await takeOver(folder);
  await using client = createHttpsClient({ ca, timeoutMs: 10_000 });
  /** The looks at the end are more than the KMS lets through in a minute. */
  const patient: Pick<HttpsClient, 'request'> = {
    request: async (request) => {
      for (;;) {
        const answer = await client.request(request);
        if (answer.status !== 429) return answer;
        await sleep(Number(answer.headers['retry-after']) * 1_000);
      }
    },
  };
  const caller = administrator(kms.service, createSession({ client: patient }));

  const isReady = async (): Promise<string | null> => {
    for (const url of [kms.ready, identity.ready]) {
      const told = await client.request({ url }).then(
        ({ status, text }) => (status === 200 ? null : `${url} answers ${status}: ${text.slice(0, 300)}`),
        (error: unknown) => `${url}: ${String(error)}`,
      );
      if (told !== null) return told;
    }
    return null;
  };
  const untilReady = async (): Promise<boolean> => {
    const limit = performance.now() + READY_WITHIN_MS;
    for (;;) {
      const red = await isReady();
      if (red === null) return true;
      if (performance.now() > limit) return (finding(`not ready within ${READY_WITHIN_MS} ms: ${red}`), false);
      await sleep(250);
    }
  };
  await services.start();
  if (!(await untilReady())) throw new Error('the stack did not start');
  await using patientCallers = createHttpsClient({ ca, timeoutMs: CALLERS_WAIT_MS });
  await using load = await startLoad({
    endpoints: { service: kms.service, discovery: identity.discovery },
    administrator: async () => administrator(kms.service, createSession({ client: patientCallers })),
    session: async () => createSession({ client: patientCallers }),
    weather: () => weather,
    writers: 3,
    pauseMs: 40,
    random,
  });
  const { ledger } = load;
  const sample = <T>(all: readonly T[]): readonly T[] =>
    all.length <= SAMPLE ? all : Array.from({ length: SAMPLE }, () => all[Math.floor(random() * all.length)] as T);
  const look = async (
    keys = sample(ledger.keys),
    ciphertexts = sample(ledger.ciphertexts),
    asked = sample(ledger.asked),
  ): Promise<void> => {
    const lost = await lostWrites(caller, { keys, ciphertexts, asked }).catch((error: unknown) => [
      `the look at the writes failed: ${String(error)}`,
    ]);
    for (const each of [...lost, ...load.findings.slice(told)]) finding(each);
    told = load.findings.length;
  };
  let told = 0;

  const faults = faultsOf({ services, disk }).filter(({ name }) => name.includes(values.only));
  if (disk === null) say('no full disk: mounting is not allowed here');
  if (!services.hasClock) say('no clock steps: libfaketime is not installed');
  const end = performance.now() + minutes * 60_000;
  let turn: Fault[] = [];
  while (performance.now() < end) {
    await sleep(2_000 + random() * 4_000);
    // Each fault comes once before any comes again.
    if (turn.length === 0) turn = faults.toSorted(() => random() - 0.5);
    const fault = turn.pop();
    if (fault === undefined) break;
    weather = inFault(fault);
    const began = performance.now();
    await fault.run({ services, disk, random });
    const ready = await untilReady();
    // Requests that were under way may still end badly.
    await sleep(1_000);
    for (const dead of services.died()) finding(`${fault.name}: ${dead}`);
    await services.start();
    weather = { user: null, token: null };
    inflicted.set(fault.name, (inflicted.get(fault.name) ?? 0) + 1);
    say(
      `${fault.name.padEnd(30)} ${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${ledger.writes()} writes acknowledged`,
    );
    if (ready) await look();
  }

  await load.rest();
  counts = load.counts();
  writes = ledger.writes();
  say(`looking for all ${writes} writes: ${ledger.keys.length} keys, ${ledger.ciphertexts.length} ciphertexts`);
  await look(ledger.keys, ledger.ciphertexts, ledger.asked);
}

await cp(join(folder, 'logs'), join(results, 'logs/hostile-hour'), { recursive: true });
const last = demo();
if (last.outcome !== 'passed') finding(`the demo on this stack ends with ${last.outcome}`);
passthru('down', '--volumes');
await disk?.[Symbol.asyncDispose]();
await rm(place, { recursive: true, force: true });

const result = {
  revision: spawnSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).stdout.trim(),
  seed,
  minutes,
  faults: Object.fromEntries(inflicted),
  requests: counts,
  writes_acknowledged: writes,
  findings,
};
await writeFile(join(results, 'hostile-hour.json'), `${JSON.stringify(result, null, 2)}\n`);
say(JSON.stringify(result, null, 2));
process.exitCode = findings.length === 0 ? 0 : 1;
