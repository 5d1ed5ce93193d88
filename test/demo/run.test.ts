import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { expectStatus } from '#client/problem.ts';
import type { Plan } from '#demo/plan.ts';
import { run, type RunOptions } from '#demo/run.ts';
import type { Step, StepWork } from '#demo/step/step.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { fail } from '#infra/apperr/result.ts';
import { eventLog, fakeEngine, statusOf, unique } from '#test/support/demo-engine.ts';
import { listening } from '#test/support/listening.ts';
import { makePki } from '#test/support/pki.ts';

/** A plan of these steps, each with the ids of those that it needs. */
const planOf = (...steps: readonly [id: string, ...needs: string[]][]): Plan => ({
  command: unique('demo'),
  target: 'all',
  profile: 'demo',
  services: ['telemetry', 'identity', 'kms'],
  steps: steps.map(([id, ...needs]) => ({ id, phase: id.split('.')[0] ?? '', title: id, needs })),
});

const passes: StepWork = async ({ check }) => {
  await check('fine', 'fine', true, true);
  return 'done';
};
const fails: StepWork = async ({ check }) => {
  await check('answer', 'the answer', 42, 41);
  return 'done';
};
const throws =
  (message: string): StepWork =>
  async ({ check }) => {
    await check('fine', 'fine', true, true);
    throw new AppError('step-broke', 500, message, { fix: 'mend it', cause: new AppError('deep-down', 500, 'the reason') });
  };

const startsBoth: StepWork = async ({ start, check }) => {
  const [kms, identity] = [await start('kms'), await start('identity')];
  await check('kms', 'kms', 'no memory', kms.ok ? 'started' : kms.error.message);
  await check('identity', 'identity', 'up-failed', identity.ok ? 'started' : identity.error.code);
  return 'done';
};

/** Runs a plan with this work under the ids of its steps. */
const go = async (plan: Plan, works: Readonly<Record<string, StepWork>>, options: Partial<RunOptions> = {}) => {
  const log = eventLog();
  const steps = Object.entries(works).map(([id, work]): Step => ({ id, phase: '', title: id, needs: [], targets: [], run: work }));
  const outcome = await run(plan, { engine: fakeEngine(), emit: log.emit, signal: new AbortController().signal, steps, ...options });
  return { outcome, log, statuses: Object.fromEntries(outcome.steps.map(({ step, status }) => [step.id, status])) };
};

describe('run', () => {
  it('passes with exit code 0 when every step passed', async () => {
    const { outcome, log } = await go(planOf(['bring-up.kms'], ['kms.keys', 'bring-up.kms']), {
      'bring-up.kms': passes,
      'kms.keys': passes,
    });
    expect([outcome.outcome, outcome.exitCode]).toEqual(['passed', 0]);
    expect(outcome.steps.map(({ detail }) => detail)).toEqual(['done', 'done']);
    expect(log.events.at(0)?.type).toBe('run-started');
    expect(log.events.at(-1)?.type).toBe('run-finished');
  });

  it('skips what needs a failed step and goes on with the rest: partial, exit code 1', async () => {
    const plan = planOf(['seed.kms'], ['kms.keys', 'seed.kms'], ['kms.crypto', 'kms.keys'], ['identity.pkce']);
    const { outcome, statuses, log } = await go(plan, {
      'seed.kms': fails,
      'kms.keys': passes,
      'kms.crypto': passes,
      'identity.pkce': passes,
    });
    expect(statuses).toEqual({ 'seed.kms': 'failed', 'kms.keys': 'skipped', 'kms.crypto': 'skipped', 'identity.pkce': 'passed' });
    expect([outcome.outcome, outcome.exitCode]).toEqual(['partial', 1]);
    expect(log.of('step-finished').find(({ stepId }) => stepId === 'kms.keys')?.detail).toBe('needs seed.kms');
  });

  it('has failed with exit code 2 when nothing beyond the bring-up passed', async () => {
    const plan = planOf(['bring-up.certificates'], ['bring-up.kms'], ['kms.keys', 'bring-up.kms']);
    const { outcome } = await go(plan, { 'bring-up.certificates': passes, 'bring-up.kms': fails, 'kms.keys': passes });
    expect([outcome.outcome, outcome.exitCode]).toEqual(['failed', 2]);
  });

  it('fails a step that asserts nothing', async () => {
    const { outcome } = await go(planOf(['kms.keys']), { 'kms.keys': async () => 'looks fine' });
    expect(outcome.steps[0]).toMatchObject({ status: 'failed', error: { code: 'nothing-asserted' } });
  });

  it('fails a planned step that nobody has written', async () => {
    const { outcome } = await go(planOf(['kms.keys']), {});
    expect(outcome.steps[0]).toMatchObject({ status: 'failed', error: { code: 'step-unknown' } });
  });

  it('says what was expected and what came when a check failed', async () => {
    const { outcome } = await go(planOf(['kms.keys']), { 'kms.keys': fails });
    expect(outcome.steps[0]?.error).toMatchObject({ code: 'check-failed', message: 'the answer: expected 42, got 41' });
  });

  it('keeps code, cause and fix of what a step throws', async () => {
    const message = unique('broken');
    const { outcome } = await go(planOf(['kms.keys']), { 'kms.keys': throws(message) });
    expect(outcome.steps[0]?.error).toMatchObject({ code: 'step-broke', message, fix: 'mend it', cause: { code: 'deep-down' } });
  });

  it('stops at the first failed step with failFast', async () => {
    const plan = planOf(['kms.keys'], ['identity.pkce']);
    const { statuses } = await go(plan, { 'kms.keys': fails, 'identity.pkce': passes }, { failFast: true });
    expect(statuses).toEqual({ 'kms.keys': 'failed', 'identity.pkce': 'skipped' });
  });

  it('tries a failed step again with growing delays, and reports the checks of the last attempt only', async () => {
    let attempts = 0;
    const waits: number[] = [];
    const work: StepWork = async (context) => ((attempts += 1) < 3 ? fails(context) : passes(context));
    const { outcome, log } = await go(
      planOf(['kms.keys']),
      { 'kms.keys': work },
      { retry: { times: 3, delayMs: 100, backoff: 2 }, sleep: async (milliseconds) => void waits.push(milliseconds) },
    );
    expect(outcome.steps[0]).toMatchObject({ status: 'passed', checks: [{ id: 'fine' }] });
    expect(waits).toEqual([100, 200]);
    expect(log.of('step-started').map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
  });

  it('gives up after the retries that were allowed', async () => {
    const { outcome, log } = await go(
      planOf(['kms.keys']),
      { 'kms.keys': fails },
      { retry: { times: 2, delayMs: 1, backoff: 1 }, sleep: async () => {} },
    );
    expect(outcome.steps[0]?.status).toBe('failed');
    expect(log.of('step-started')).toHaveLength(3);
  });

  it('ends the step under way when interrupted, skips the rest, and exits with 130', async () => {
    const interrupt = new AbortController();
    const waiting: StepWork = async ({ signal }) => {
      interrupt.abort();
      await delay(60_000, undefined, { signal });
      return 'never';
    };
    const { outcome, statuses, log } = await go(
      planOf(['kms.keys'], ['identity.pkce']),
      { 'kms.keys': waiting, 'identity.pkce': passes },
      { signal: interrupt.signal, retry: { times: 5, delayMs: 1, backoff: 1 } },
    );
    expect(outcome.exitCode).toBe(130);
    expect(statuses).toEqual({ 'kms.keys': 'failed', 'identity.pkce': 'skipped' });
    expect(log.of('interrupted')).toHaveLength(1);
    expect(log.of('step-started')).toHaveLength(1);
  });

  it('lets an interrupted step undo what it was in the middle of before it ends', async () => {
    const interrupt = new AbortController();
    let undone = false;
    const work: StepWork = async ({ signal }) => {
      interrupt.abort();
      try {
        await delay(60_000, undefined, { signal });
      } finally {
        await delay(5);
        undone = true;
      }
      return 'never';
    };
    await go(planOf(['kms.keys']), { 'kms.keys': work }, { signal: interrupt.signal });
    expect(undone).toBe(true);
  });

  it('starts nothing when interrupted before it began', async () => {
    const { statuses, outcome } = await go(planOf(['kms.keys']), { 'kms.keys': passes }, { signal: AbortSignal.abort() });
    expect(statuses).toEqual({ 'kms.keys': 'skipped' });
    expect(outcome.exitCode).toBe(130);
  });

  it('names the service that died, once, and skips the rest', async () => {
    const line = unique('last words');
    const engine = fakeEngine({
      status: async () => [
        statusOf('telemetry', { state: 'exited', exitCode: 137, pid: null }),
        statusOf('identity', { state: 'exited', exitCode: 0, pid: null }),
      ],
      diagnose: async (service) => ({ service, exitCode: null, signal: 'SIGKILL', outOfMemory: false, lastProbe: null, logTail: [line] }),
    });
    const { log, statuses } = await go(
      planOf(['kms.keys'], ['identity.pkce'], ['identity.tokens']),
      { 'kms.keys': fails, 'identity.pkce': passes, 'identity.tokens': passes },
      { engine },
    );
    const causes = log.of('root-cause');
    expect(causes).toHaveLength(1);
    expect(causes[0]?.line).toMatch(/^identity was ended by SIGKILL, which blocks kms;.* telemetry was ended by SIGKILL, too$/);
    expect(causes[0]?.logTail).toEqual([line]);
    expect(statuses).toEqual({ 'kms.keys': 'failed', 'identity.pkce': 'skipped', 'identity.tokens': 'skipped' });
  });

  it('waits a moment for the engine to tell of an end that clients noticed already', async () => {
    let looks = 0;
    const engine = fakeEngine({
      status: async () => [statusOf('identity', (looks += 1) < 4 ? {} : { state: 'exited', exitCode: 137, pid: null }), statusOf('kms')],
      diagnose: async (service) => ({ service, exitCode: 137, signal: 'SIGKILL', outOfMemory: false, lastProbe: null, logTail: [] }),
    });
    const { log } = await go(planOf(['kms.keys']), { 'kms.keys': fails }, { engine, sleep: async () => {} });
    expect(log.of('root-cause')).toMatchObject([{ line: expect.stringMatching(/^identity was ended by SIGKILL, which blocks kms/) }]);
  });

  it('gives up that wait, and blames what is not ready', async () => {
    let clock = 0;
    const engine = fakeEngine({ status: async () => [statusOf('identity'), statusOf('kms')] });
    const sleep = async (milliseconds: number) => void (clock += milliseconds);
    const { log } = await go(planOf(['kms.keys']), { 'kms.keys': fails }, { engine, sleep, now: () => clock });
    expect(log.of('root-cause')).toMatchObject([{ line: expect.stringMatching(/^identity is not ready, which blocks kms/) }]);
    expect(clock).toBe(2_500);
  });

  it('has not passed when a service died that no step needed any more', async () => {
    const engine = fakeEngine({ status: async () => [statusOf('telemetry', { state: 'exited', exitCode: 1, pid: null })] });
    const { outcome, log } = await go(planOf(['identity.pkce'], ['kms.keys']), { 'identity.pkce': passes, 'kms.keys': passes }, { engine });
    expect([outcome.outcome, outcome.exitCode]).toEqual(['partial', 1]);
    expect(outcome.steps[1]).toMatchObject({ status: 'failed', error: { code: 'stack-not-usable' } });
    expect(log.of('root-cause')).toHaveLength(1);
  });

  it('names the engine, alone, when it cannot be asked any more, and skips the rest', async () => {
    const error = new AppError('engine-gone', 503, unique('no engine answers'), { fix: 'Start it.' });
    const engine = fakeEngine({ status: () => Promise.reject(error) });
    const { outcome, statuses } = await go(
      planOf(['kms.keys'], ['identity.pkce']),
      { 'kms.keys': fails, 'identity.pkce': passes },
      { engine },
    );
    expect(outcome.rootCause).toEqual({
      line: `the embedded engine cannot tell how its services are: ${error.message}`,
      chain: ['engine'],
      logTail: [],
      fix: 'Start it.',
    });
    expect(statuses['identity.pkce']).toBe('skipped');
  });

  it('tells when a service starts or exits while it runs', async () => {
    const engine = fakeEngine();
    const work: StepWork = async (context) => {
      engine.tell({ type: 'service-exited', service: 'kms', exitCode: null, signal: 'SIGKILL' });
      return passes(context);
    };
    const { log } = await go(planOf(['kms.keys']), { 'kms.keys': work }, { engine });
    expect(log.of('service')).toMatchObject([{ service: 'kms', state: 'exited', text: 'exited with SIGKILL' }]);
    engine.tell({ type: 'service-started', service: 'kms', pid: 1 });
    expect(log.of('service')).toHaveLength(1);
  });

  it('tells what the engine does before something runs as progress of the step that waits for it', async () => {
    const engine = fakeEngine();
    const text = unique('building passthru-kms');
    const work: StepWork = async (context) => {
      engine.tell({ type: 'progress', text });
      return passes(context);
    };
    const { log } = await go(
      planOf(['bring-up.certificates'], ['bring-up.kms']),
      { 'bring-up.certificates': passes, 'bring-up.kms': work },
      { engine },
    );
    expect(log.of('step-progress')).toMatchObject([{ stepId: 'bring-up.kms', text }]);
  });

  it('names a database that died as the cause, of the services of the run only', async () => {
    const parts = ['identity-postgres', 'kms-postgres', 'telemetry', 'identity', 'kms'] as const;
    const dead = { state: 'exited', exitCode: 137, pid: null } as const;
    const engine = fakeEngine({
      kind: 'docker',
      parts,
      status: async () => parts.map((part) => statusOf(part, part.endsWith('-postgres') ? dead : {})),
      diagnose: async (service) => ({ service, exitCode: 137, signal: 'SIGKILL', outOfMemory: false, lastProbe: null, logTail: [] }),
    });
    const plan: Plan = { ...planOf(['identity.pkce']), services: ['telemetry', 'identity'] };
    const { log, outcome } = await go(plan, { 'identity.pkce': passes }, { engine });
    expect(log.of('root-cause')).toMatchObject([
      { line: expect.stringMatching(/^identity-postgres was ended by SIGKILL, which blocks identity/) },
    ]);
    expect(log.of('root-cause')[0]?.line).not.toContain('kms');
    expect(outcome.exitCode).toBe(2);
  });

  it('tells each request under the step that sent it, without its query', async () => {
    await using pki = await makePki();
    const [cert, key] = await Promise.all([readFile(pki.server.cert), readFile(pki.server.key)]);
    await using server = await listening(createServer({ cert, key }, (_request, response) => void response.end('{}')));
    const url = `https://localhost:${server.port}/`;
    const engine = fakeEngine({ endpoints: () => ({ ...fakeEngine().endpoints(), caFile: `${pki.folder}/ca.pem` }) });
    const asks: StepWork = async ({ stack, check }) => {
      const session = await stack.session();
      await check(
        'answer',
        'answer',
        200,
        session.get(`${url}?code=secret`).then(({ status }) => status),
      );
      return 'done';
    };
    const { outcome } = await go(planOf(['kms.keys'], ['kms.crypto']), { 'kms.keys': asks, 'kms.crypto': asks }, { engine });
    expect(outcome.requests.map(({ stepId, method, url, status }) => [stepId, method, url, status])).toEqual([
      ['kms.keys', 'GET', url, 200],
      ['kms.crypto', 'GET', url, 200],
    ]);
  });

  it('names a clock that differs: a warning once, and the cause of a failure about times', async () => {
    await using pki = await makePki();
    const [cert, key] = await Promise.all([readFile(pki.server.cert), readFile(pki.server.key)]);
    const fast = createServer({ cert, key }, (_request, response) => {
      response.writeHead(401, { date: new Date(Date.now() + 3_600_000).toUTCString() }).end('{"code":"token-expired","detail":"expired"}');
    });
    await using server = await listening(fast);
    const engine = fakeEngine({ endpoints: () => ({ ...fakeEngine().endpoints(), caFile: `${pki.folder}/ca.pem` }) });
    const asks: StepWork = async ({ stack }) => {
      const session = await stack.session();
      expectStatus(await session.get(`https://localhost:${server.port}/`), 200, 'the KMS');
      return 'done';
    };
    const { outcome } = await go(planOf(['kms.keys'], ['kms.crypto']), { 'kms.keys': asks, 'kms.crypto': asks }, { engine });
    const said = expect.stringMatching(/^the clock of localhost:\d+ is (3599|3600) s ahead of the clock of this machine$/);
    expect(outcome.warnings).toEqual([{ stepId: 'kms.keys', text: said }]);
    expect(outcome.steps.map(({ error }) => error?.cause?.cause)).toEqual([
      { code: 'clock-skew', message: said, cause: null, fix: expect.stringContaining('Set the clocks') },
      { code: 'clock-skew', message: said, cause: null, fix: expect.stringContaining('Set the clocks') },
    ]);
  });

  it('starts all services at the first wait, and each again only when asked again', async () => {
    const engine = fakeEngine();
    const work: StepWork = async ({ start, check }) => {
      await start('telemetry');
      expect(engine.upCalls).toEqual(['telemetry', 'identity', 'kms']);
      await start('kms');
      await start('kms');
      await check('calls', 'calls', ['telemetry', 'identity', 'kms', 'kms'], engine.upCalls);
      return 'done';
    };
    const { outcome } = await go(planOf(['bring-up.telemetry']), { 'bring-up.telemetry': work }, { engine });
    expect(outcome.steps[0]?.error).toBeNull();
  });

  it('turns a start that throws into a failure of its service alone', async () => {
    const engine = fakeEngine({
      up: async (service) => (service === 'kms' ? Promise.reject(new Error('no memory')) : fail('up-failed', `${service} did not start`)),
    });
    const { outcome } = await go(planOf(['bring-up.kms']), { 'bring-up.kms': startsBoth }, { engine });
    expect(outcome.steps[0]?.error).toBeNull();
  });
});
