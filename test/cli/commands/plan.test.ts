import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, describe, expect, it } from 'vitest';
import { type PlanDocument, planSchema } from '#cli/documents/plan.ts';
import { main } from '#cli/main.ts';
import { planLines } from '#cli/reporters/lines/plan-lines.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { recordText, type RunRecord } from '#demo/history/run-record.ts';
import { plan } from '#demo/plan.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { listenOn } from '#test/support/engine.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

afterEach(() => {
  process.exitCode = 0;
});

/** A folder with ports of its own, and earlier runs that are remembered there. */
const place = async (earlier: readonly RunRecord[] = []) => {
  const folder = await temporaryDirectory();
  const { kms, identity } = await reservePorts();
  const history = join(folder.path, 'memory/passthru/runs');
  await mkdir(history, { recursive: true });
  for (const [at, run] of earlier.entries())
    await writeFile(join(history, `${String(at).padStart(15, '0')}-${'0'.repeat(12)}.json`), recordText(run));
  const run = async (line: string) => {
    // Certificates are made by the clock of this machine.
    const cli = { ...fakeProcess({ cwd: folder.path, env: { XDG_STATE_HOME: join(folder.path, 'memory') } }), now: () => Date.now() };
    const flags = ['--engine', 'embedded', '--port-kms', String(kms), '--port-identity', String(identity)];
    await main([...line.split(' '), ...flags], cli);
    const code = process.exitCode;
    return { code, ...cli.written };
  };
  const planned = async (line = 'plan kms'): Promise<PlanDocument> => {
    const { code, out } = await run(`${line} --output json`);
    expect(code).toBe(0);
    const document = JSON.parse(out) as PlanDocument;
    const validate = new Ajv2020().compile(JSON.parse(JSON.stringify(planSchema)) as object);
    expect(validate(document) || validate.errors).toBe(true);
    return document;
  };
  return {
    path: folder.path,
    stateDir: join(folder.path, '.passthru'),
    kms,
    identity,
    run,
    planned,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
};

/** Everything below a folder: names, modes, times and contents. */
const contentsOf = async (folder: string): Promise<readonly string[]> => {
  const names = (await readdir(folder, { recursive: true })).toSorted();
  return Promise.all(
    names.map(async (name) => {
      const stats = await stat(join(folder, name));
      const text = stats.isFile() ? await readFile(join(folder, name), 'base64') : '';
      return [name, stats.mode, stats.mtimeMs, stats.ino, text].join(' ');
    }),
  );
};

const earlierRun = (milliseconds: number): RunRecord => ({
  command: 'demo kms',
  engine: 'embedded',
  profile: 'demo',
  start: 'fresh',
  images: null,
  release: '0.1.0',
  outcome: 'passed',
  at: '2026-01-02T03:04:05.000Z',
  durationMs: milliseconds,
  steps: plan({ command: 'kms' }).steps.map(({ id }) => ({ id, status: 'passed', durationMs: milliseconds })),
});

describe('passthru plan', () => {
  it('is the plan of the demo, changes nothing, and makes no state folder', async () => {
    await using here = await place();
    const before = await contentsOf(here.path);
    const document = await here.planned();
    expect(await contentsOf(here.path)).toEqual(before);
    expect(document).toMatchObject({ run: 'demo kms', engine: 'embedded', missing_images: null, data: [], profile: 'demo' });
    expect(document.steps.map(({ id, phase, title, needs }) => ({ id, phase, title, needs }))).toEqual(plan({ command: 'kms' }).steps);
    expect(document.services.map(({ service, state }) => `${service} ${state}`)).toEqual([
      'telemetry absent',
      'identity absent',
      'kms absent',
    ]);
    expect(document.certificates.authority).toEqual({ state: 'missing', why: null });
    expect((await here.planned('plan identity')).services.map(({ service }) => service)).toEqual(['telemetry', 'identity']);
    expect((await here.planned('plan')).run).toBe('demo all');
  });

  it('leaves a state folder byte for byte as it was, and says what of it is kept', async () => {
    await using here = await place();
    expect((await here.run('prepare')).code).toBe(0);
    await mkdir(join(here.stateDir, 'data/kms'), { recursive: true });
    await writeFile(join(here.stateDir, 'data/kms/kms.db'), 'data');
    const before = await contentsOf(here.path);
    const document = await here.planned();
    const human = await here.run('plan kms');
    expect(await contentsOf(here.path)).toEqual(before);
    expect(document).toMatchObject({ data: ['kms'], certificates: { authority: { state: 'sound' } } });
    expect(document.prediction.start).toBe('kept');
    expect(new Set(document.certificates.leaves.map(({ state }) => state))).toEqual(new Set(['sound']));
    expect(human.out).toMatch(/^ {2}Certificates {3}11, kept$/m);
    expect(human.out).toMatch(/^ {2}Data {11}of kms stays$/m);
  });

  it('predicts the time of each step, and of all, by the median of earlier runs', async () => {
    await using here = await place([earlierRun(100), earlierRun(900), earlierRun(200)]);
    const document = await here.planned();
    const { steps } = plan({ command: 'kms' });
    // Fourteen steps of 200 ms: four of the bring-up one after the other, the others up to three side by side, the last one by itself.
    expect(steps).toHaveLength(14);
    expect(document.prediction).toEqual({ duration_ms: 2_000, runs: 3, start: 'fresh', images: null });
    expect(document.steps.every(({ predicted_ms: predicted, runs }) => predicted === 200 && runs === 3)).toBe(true);
    expect(document.critical_path.slice(0, 2)).toEqual(['bring-up.certificates', 'bring-up.telemetry']);
    const { out } = await here.run('plan kms');
    expect(out).toMatch(/^ {2}\[ 1\/14\] Certificates .* 200 ms$/m);
    expect(out).toMatch(/^ {2}About 2\.0 s, by 3 earlier runs that began with nothing\.$/m);
  });

  it('says so where there was no earlier run of the steps, or of some', async () => {
    await using here = await place([earlierRun(100)]);
    expect((await here.run('plan identity')).out).toMatch(/no earlier run$/m);
    expect((await here.run('plan all -q')).out).toContain('How long it takes is not known: no earlier run that began with nothing passed');
    await using nowhere = await place();
    expect((await nowhere.run('plan -q')).out).toContain('How long it takes is not known: no earlier run began with nothing.');
  });

  it('names the port of the second Identity, and who holds it, where a step starts that', async () => {
    await using here = await place();
    const partner = here.identity + 3000;
    await using _holder = await listenOn(partner);
    const portsOf = async (line: string) => (await here.planned(line)).services.flatMap(({ ports }) => ports.map(({ port }) => port));
    expect(await portsOf('plan all')).toContain(partner);
    expect(await portsOf('plan identity')).not.toContain(partner);
    expect((await here.run('plan all -q')).out).toMatch(new RegExp(`^ +✗ port ${partner} of identity is held by `, 'm'));
  });

  it('names who holds a port', async () => {
    await using here = await place();
    const holder = createServer().listen(here.kms, '127.0.0.1');
    await once(holder, 'listening');
    const { out } = await here.run('plan -q');
    holder.close();
    expect(out).toMatch(new RegExp(`^ +✗ port ${here.kms} of kms is held by .*\\(pid ${process.pid}\\)$`, 'm'));
  });
});

describe('The lines of a plan', () => {
  const { paintOut: paint } = createTerminal(fakeProcess({ cwd: '/' }));
  const certificate = { state: 'sound', why: null } as const;
  const document: PlanDocument = {
    version: 1,
    command: 'plan',
    exit_code: 0,
    run: 'demo all',
    engine: 'docker',
    engine_reason: 'Docker Engine 28.5',
    profile: 'demo',
    services: [{ service: 'kms', state: 'running', ports: [{ port: 8081, holder: null }] }],
    missing_images: ['passthru-kms:1', 'postgres:17'],
    certificates: {
      authority: certificate,
      leaves: [
        { name: 'kms', state: 'faulty', why: 'it expires soon' },
        { name: 'identity', state: 'missing', why: null },
      ],
    },
    data: ['identity', 'kms'],
    steps: [],
    prediction: { duration_ms: 4_000, runs: 1, start: 'running', images: 'missing' },
    critical_path: ['a', 'b'],
  };
  const lines = (change: Partial<PlanDocument> = {}) =>
    planLines({ ...document, ...change }, { paint, width: 100, isBrief: true }).join('\n');

  it('tell images to build or pull, and certificates that are made anew, with the reason', () => {
    expect(lines()).toContain('to build or pull: passthru-kms:1 · postgres:17');
    expect(lines()).toContain('to make anew: kms (it expires soon) · identity');
    expect(lines()).toContain('About 4.0 s, by 1 earlier run that began with all services up; images come first');
    expect(lines({ missing_images: [] })).toContain('all there');
  });

  it('name no port where the start chooses free ones', () => {
    expect(lines({ services: [{ service: 'kms', state: 'absent', ports: [] }] })).toContain('free ones, which the start chooses');
  });

  it('tell that a whole CA is made anew, and why', () => {
    const authority = { state: 'faulty', why: 'the root key is gone' } as const;
    expect(lines({ certificates: { ...document.certificates, authority } })).toContain(
      'a CA and 2 certificates, to make anew: the root key is gone',
    );
  });
});
