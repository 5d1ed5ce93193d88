import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';
import { createConnections } from '#client/session/connections.ts';
import { plan } from '#demo/plan.ts';
import { run } from '#demo/run.ts';
import { stackAccess } from '#demo/step/stack-access.ts';
import { person } from '#demo/world/callers.ts';
import { USER_SCOPE } from '#demo/world/names.ts';
import { openStack } from '#stack/open-stack.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { processorTimeOfPid } from './commands/spent.ts';
import type { Comparison } from './suite.ts';

const hash = promisify(pbkdf2);

/** Of the demo's accounts, and of every new hash. */
const ROUNDS = 600_000;
const PAIRS = 5;
const TIMES = 20;
const NEVER = new AbortController().signal;

/** One after the other: equal passwords that come at once are checked once. */
const inTurn = async (work: () => Promise<unknown>): Promise<void> => {
  for (let n = 0; n < TIMES; n += 1) await work();
};

/** Processor time of Identity for a log-in with PKCE, from the first page to the tokens, beside that of the password's hash alone. */
export const logInComparison: Comparison = async () => {
  await using folder = await temporaryDirectory();
  await using stack = await openStack({
    stateDir: `${folder.path}/stack`,
    engine: 'embedded',
    purpose: 'start',
    holder: 'bench',
    ports: await reservePorts(),
    env: {},
  });
  // The services of a stack outlive who started them.
  await using _down = { [Symbol.asyncDispose]: () => stack.tearDown({ volumes: true, hurry: NEVER }).then(() => undefined) };
  const { engine } = stack;
  const whole = plan({ command: 'all' });
  const steps = whole.steps.filter(({ phase }) => phase === 'bring-up' || phase === 'seed');
  const { outcome } = await run({ ...whole, steps }, { engine, emit: () => undefined, signal: NEVER });
  if (outcome !== 'passed') throw new Error(`the start ended as ${outcome}`);
  const pidNow = async (): Promise<number> => {
    const pid = (await engine.status()).find(({ service }) => service === 'identity')?.pid;
    if (pid === undefined || pid === null) throw new Error('Identity does not run');
    return pid;
  };
  const endpoints = engine.endpoints();
  await using connections = createConnections({ caFile: endpoints.caFile });
  const access = stackAccess({ endpoints, connections, signal: NEVER });

  const logIns = async (): Promise<number> => {
    const pid = await pidNow();
    const before = await processorTimeOfPid(pid);
    await inTurn(() => person(access, 'demo-user', USER_SCOPE));
    if ((await pidNow()) !== pid) throw new Error('Identity is another process than before');
    return ((await processorTimeOfPid(pid)) - before) / TIMES;
  };
  const hashes = async (): Promise<number> => {
    const before = process.cpuUsage();
    await inTurn(() => hash('demo-user-password', 'a salt of the bench', ROUNDS, 32, 'sha256'));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000 / TIMES;
  };

  await logIns();
  const pairs: [number, number][] = [];
  for (let n = 0; n < PAIRS; n += 1) pairs.push([await logIns(), await hashes()]);
  // 85 % of what the hash alone would allow.
  return { ours: 'a log-in with PKCE, processor time of Identity', theirs: 'the hash of its password', aim: 1.18, pairs };
};
