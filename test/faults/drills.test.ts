import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DRILL_NAMES, type DrillName } from '#infra/magic/drill-names.ts';
import { drillOutcome } from '#demo/drills/outcome.ts';
import { planDrills } from '#demo/drills/plan-drills.ts';
import type { DrillMeans } from '#demo/drills/run-drill.ts';
import type { Outcome } from '#demo/outcome.ts';
import type { Report } from '#demo/report.ts';
import { run } from '#demo/run.ts';
import type { Engine } from '#engine/engine.ts';
import type { FaultDoor } from '#engine/fault-door.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { ok } from '#infra/apperr/result.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { openStack } from '#stack/open-stack.ts';
import { type DemoPlace, demoPlace, kmsOf } from '#test/support/cli.ts';
import { unique } from '#test/support/demo-engine.ts';

/** One stack for the whole file: each test leaves it well. */
let place: DemoPlace;
let report: Report;
const LONG = 300_000;

beforeAll(async () => {
  place = await demoPlace();
  const up = await place.run('demo', 'kms', '--output', 'json');
  report = JSON.parse(up.stdout) as Report;
}, LONG);
afterAll(() => place?.[Symbol.asyncDispose](), 60_000);

const faultsFile = () => join(place.stateDir, 'drill', 'faults.json');
/** The text of the faults that are written down; empty where there are none. */
const writtenDown = (): Promise<string> => readFile(faultsFile(), 'utf8').catch(missingIs(''));

const expectWell = async (): Promise<void> => {
  expect(await writtenDown()).toBe('');
  const { code, stdout, stderr } = await place.run('status');
  expect([code, stderr], stdout).toEqual([0, '']);
};

/** The names of the keys of the tenant `demo`, as its administrator finds them. */
const keyNames = async (): Promise<readonly string[]> => {
  await using client = createHttpsClient({ ca: await readFile(join(place.stateDir, 'tls', 'ca.pem'), 'utf8') });
  return (await kmsOf(report, client, 'demo-tenant-admin').all('listElasticKeys', {})).map(({ name }) => name);
};

describe('passthru drill', () => {
  it(
    'holds in all that can be broken here, leaves the stack well, its data as they were and no key of its own',
    async () => {
      const own = unique('own');
      {
        await using client = createHttpsClient({ ca: await readFile(join(place.stateDir, 'tls', 'ca.pem'), 'utf8') });
        const made = await kmsOf(report, client, 'demo-tenant-admin').call('POST', '/elastic-keys', { name: own, algorithm: 'ES256' });
        expect(made.status).toBe(201);
      }
      const before = await keyNames();
      const { code, stdout, stderr } = await place.run('drill', '--output', 'json');
      const drilled = JSON.parse(stdout) as Report;
      const skipped = drilled.steps.filter(({ status }) => status === 'skipped');
      expect(drilled.steps.filter(({ status }) => status === 'failed').map(({ id, checks, error }) => ({ id, checks, error }))).toEqual([]);
      expect(skipped.filter(({ detail }) => !detail.startsWith('not possible here: '))).toEqual([]);
      // A machine may let nobody mount, or have no library for clocks; PostgreSQL is for containers.
      const postgres = ['drill.postgres-restarted', 'drill.postgres-slow', 'drill.postgres-refusing'];
      expect(skipped.map(({ id }) => id)).toEqual(expect.arrayContaining(postgres));
      expect([...postgres, 'drill.disk-full', 'drill.clock-step']).toEqual(expect.arrayContaining(skipped.map(({ id }) => id)));
      expect([code, drilled.outcome, drilled.steps.map(({ id }) => id)], stderr).toEqual([
        0,
        'passed',
        ['before.stack', ...DRILL_NAMES.map((name) => `drill.${name}`)],
      ]);
      expect(await keyNames()).toEqual(before);
      expect(before).toContain(own);
      await expectWell();
    },
    LONG,
  );

  it(
    'that is killed in the middle is told by status, and its fault is taken back by the next command',
    async () => {
      const drill = place.start('drill', 'identity-away');
      await expect.poll(writtenDown).toContain('frozen');
      drill.child.kill('SIGKILL');
      await drill.done;
      const status = await place.run('status');
      expect(status.stderr.replaceAll(/\s+/g, ' ')).toContain('a drill was ended in the middle: identity was frozen');
      const next = await place.run('drill', 'two-clis');
      expect([next.code, next.stderr]).toEqual([0, expect.stringContaining('taken back')]);
      await expectWell();
    },
    LONG,
  );

  it(
    'that is interrupted repairs before it ends: lost secrets are where they were, and what was killed runs',
    async () => {
      const share = join(place.stateDir, 'secrets', 'unseal-share-1');
      const before = await readFile(share, 'utf8');
      const drill = place.start('drill', 'lost-secret');
      await expect.poll(() => stat(share).then(() => 'there', missingIs('away'))).toBe('away');
      drill.child.kill('SIGINT');
      const { code, stderr } = await drill.done;
      expect([code, stderr]).toEqual([130, expect.stringContaining('repairing what this drill broke')]);
      expect(await readFile(share, 'utf8')).toBe(before);
      await expectWell();
    },
    LONG,
  );
});

/** Runs one drill on the stack, in this process, with a door or an engine that does not do what it says. */
const drillWith = async (
  name: DrillName,
  change: {
    readonly faults?: (door: FaultDoor) => Partial<FaultDoor>;
    readonly engine?: Partial<Engine>;
    readonly healthTimeoutMs?: number;
  },
): Promise<Outcome> => {
  await using stack = await openStack({ stateDir: place.stateDir, engine: 'embedded', purpose: 'find', holder: unique('test'), env: {} });
  const door = stack.engine.faults;
  const engine: Engine = { ...stack.engine, ...change.engine };
  const means: DrillMeans = { faults: { ...door, ...change.faults?.(door) }, secondCli: async () => ({ code: 2, said: '' }) };
  const { plan, steps } = planDrills({ names: [name], engine, means, command: 'drill' });
  const { signal } = new AbortController();
  return drillOutcome(await run(plan, { engine, steps, signal, emit: () => undefined, healthTimeoutMs: change.healthTimeoutMs ?? 30_000 }));
};

const failuresOf = ({ steps }: Outcome): string =>
  JSON.stringify(steps.map(({ checks, error }) => [checks.filter(({ status }) => status === 'failed'), error]));

/** By the commands of the product, whatever a test left. */
const mend = async (): Promise<void> => {
  expect((await place.run('demo', 'kms')).code).toBe(0);
};

describe('A drill is red', () => {
  it(
    'where the repair does nothing',
    async () => {
      const outcome = await drillWith('kill-telemetry', {
        faults: () => ({ repair: async () => [] }),
        engine: { up: async () => ok('already-running' as const) },
        healthTimeoutMs: 1_000,
      });
      expect([outcome.outcome, failuresOf(outcome)]).toEqual(['failed', expect.stringMatching(/service-exited|health-timeout/)]);
      await mend();
      await expectWell();
    },
    LONG,
  );

  it(
    'where the stack lost what it wrote last, though it said that it was written',
    async () => {
      const forgetful = (door: FaultDoor): Partial<FaultDoor> => ({
        inflict: async (fault) => {
          await door.inflict(fault);
          const data = join(place.stateDir, 'data', 'kms');
          const logs = (await readdir(data, { recursive: true })).filter((name) => name.endsWith('-wal') || name.endsWith('-shm'));
          for (const name of logs) await rm(join(data, name));
        },
      });
      const outcome = await drillWith('kill-kms', { faults: forgetful, healthTimeoutMs: 5_000 });
      expect(outcome.outcome, failuresOf(outcome)).toBe('failed');
      // What was lost stays lost: the demo data are made anew.
      expect((await place.run('down', '--volumes')).code).toBe(0);
      await mend();
    },
    LONG,
  );

  it(
    'where nothing was broken: nobody proves what holds without a fault',
    async () => {
      const outcome = await drillWith('kill-kms', { faults: () => ({ inflict: async () => undefined }) });
      expect([outcome.outcome, failuresOf(outcome)]).toEqual(['failed', expect.stringContaining('Callers are refused at once')]);
      await mend();
    },
    LONG,
  );
});
