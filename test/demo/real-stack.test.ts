import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoDataApi } from '#client/admin/demo-data.ts';
import { keyApi } from '#client/kms/key.ts';
import type { KmsBody } from '#client/kms/operations.ts';
import { type Connections, createConnections } from '#client/session/connections.ts';
import { createRecorder } from '#demo/evidence/recorder.ts';
import { createChecker, UNSAID } from '#demo/step/checker.ts';
import { type StackAccess, stackAccess } from '#demo/step/stack-access.ts';
import { tenantAdmin } from '#demo/world/callers.ts';
import { withFlowKeys } from '#demo/world/flow-keys.ts';
import { seededKey } from '#demo/world/keys.ts';
import type { Check, DemoEvent } from '#demo/events.ts';
import type { Outcome } from '#demo/outcome.ts';
import { plan, type Plan } from '#demo/plan.ts';
import { resetDemo } from '#demo/reset.ts';
import { run } from '#demo/run.ts';
import type { Step, StepWork } from '#demo/step/step.ts';
import { toReport } from '#demo/to-report.ts';
import { checkIdentitySeed } from '#demo/seed/identity-seed.ts';
import { checkKmsSeed } from '#demo/seed/kms-seed.ts';
import { stackStatus } from '#demo/health/status.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { evaluate } from '#infra/evidence/evaluate.ts';
import { newFlowKeyName } from '#infra/demo-data/flow-keys.ts';
import type { DemoTenants } from '#infra/demo-data/demo-tenants.ts';
import { ROOT, testStack, type TestStack } from '#test/support/engine.ts';
import { eventLog, unique } from '#test/support/demo-engine.ts';
import { SEEDED_KEYS } from '#test/support/seeded-keys.ts';

const never = new AbortController().signal;
const LONG = 180_000;

let place: TestStack;
let engine: StackEngine;
let connections: Connections;
let stack: StackAccess;
let whole: Outcome;
const recorder = createRecorder();

beforeAll(async () => {
  place = await testStack();
  engine = place.engine({ packageRoot: ROOT });
  whole = await run(plan({ command: 'all' }), { engine, emit: () => {}, signal: never, healthTimeoutMs: 60_000, recorder });
  const endpoints = engine.endpoints();
  connections = createConnections({ caFile: endpoints.caFile });
  stack = stackAccess({ endpoints, connections, signal: never });
}, LONG);
afterAll(async () => {
  await connections?.[Symbol.asyncDispose]();
  await place?.[Symbol.asyncDispose]();
}, LONG);

/** A part of the plan, on servers that run already. */
const only = (...ids: readonly string[]): Plan => {
  const all = plan({ command: 'all' });
  const needsOf = (id: string): readonly string[] =>
    all.steps.filter((step) => step.id === id).flatMap(({ needs }) => [...needs, ...needs.flatMap(needsOf)]);
  return {
    ...all,
    steps: all.steps
      .filter(({ id }) => ids.includes(id))
      .map((step) => ({ ...step, needs: needsOf(step.id).filter((need) => ids.includes(need)) })),
  };
};

const go = async (part: Plan) => {
  const log = eventLog();
  const outcome = await run(part, { engine, emit: log.emit, signal: never, healthTimeoutMs: 60_000 });
  return { outcome, log, errors: outcome.steps.flatMap(({ error }) => error ?? []) };
};

/** The demo data of one server, as an operator reaches it. */
const demoData = async (server: 'kms' | 'identity') =>
  demoDataApi({ server, url: stack.endpoints[server].admin, session: await stack.session({ certificate: stack.endpoints.client }) });
const tenantsOf = async (server: 'kms' | 'identity') => (await (await demoData(server)).state()).tenants;

const fresh = () => ({ demo: randomUUID(), 'demo-other': randomUUID() });

describe('a whole demo on real servers', () => {
  it('passes every step', () => {
    expect(whole.steps.flatMap(({ step, error, checks }) => (error === null ? [] : [{ step: step.id, error, checks }]))).toEqual([]);
    expect([whole.outcome, whole.exitCode]).toEqual(['passed', 0]);
  });

  it('makes at least 70 checks, several in every step', () => {
    expect(whole.steps.flatMap(({ checks }) => checks).length).toBeGreaterThanOrEqual(70);
    expect(whole.steps.filter(({ checks }) => checks.length < 2).map(({ step }) => step.id)).toEqual([]);
  });

  it('tells no secret in what it expects and what it gets', () => {
    const told = JSON.stringify(whole.steps);
    expect(told).not.toMatch(/eyJ[\w-]{10,}\./);
    expect(told).not.toMatch(/BEGIN [A-Z ]*PRIVATE KEY/);
    expect(told).not.toMatch(/demo-[a-z-]+-password/);
  });
});

describe('the record of a whole demo', () => {
  const checks = () => whole.steps.flatMap(({ step, checks: all }) => all.map((check) => ({ ...check, step: step.id })));
  const find = (id: string) => recorder.exchanges.find((exchange) => exchange.id === id);

  it('gives each check its basis: a way to make it again, or the reason why there is none', () => {
    const unsaid = checks().filter(({ basis }) => basis === undefined || (basis.kind === 'observed' && basis.why === UNSAID));
    expect(unsaid.map(({ step, id }) => `${step} ${id}`)).toEqual([]);
    expect(checks().filter(({ basis }) => basis?.kind === 'exchanges').length / checks().length).toBeGreaterThan(0.75);
  });

  it('shows each check again from what is kept, where secrets have digests in their place', () => {
    const again = checks().flatMap(({ step, id, basis }) => {
      if (basis?.kind !== 'exchanges') return [];
      const [expected, got] = [evaluate(basis.expected, find), evaluate(basis.got, find)];
      return JSON.stringify(expected) === JSON.stringify(got) ? [] : [{ step, id, expected, got }];
    });
    expect(again).toEqual([]);
  });

  it('holds no password, no token and no signature', () => {
    const kept = JSON.stringify(recorder.exchanges);
    expect(kept.match(/demo-[a-z-]+-password[^ "]*/g)).toBeNull();
    const signatures = kept.match(/eyJ[\w-]+\.[\w-]+\.[\w-]{20,}/g);
    expect(signatures).toBeNull();
    expect(kept.split(/[^\w.~+/=-]+/).filter((word) => recorder.digests.isSecret(word))).toEqual([]);
  });
});

describe('the steps after the bring-up', () => {
  it(
    'pass side by side and from the last to the first, each in a run of its own: none uses what another left',
    async () => {
      // The keys that earlier runs left go with seed.tenants, and those of runs beside it would, too.
      expect((await go(only('seed.tenants'))).errors).toEqual([]);
      const later = plan({ command: 'all' }).steps.filter(({ id, phase }) => phase !== 'bring-up' && id !== 'seed.tenants');
      const left = later.map(({ id }) => id);
      const outcomes: Outcome[] = [];
      const worker = async (): Promise<void> => {
        for (let id = left.pop(); id !== undefined; id = left.pop()) outcomes.push((await go(only(id))).outcome);
      };
      // Several log in as demo-user, and Identity delays an account at which more than a few guesses come at once.
      await Promise.all([worker(), worker(), worker()]);
      expect(outcomes.flatMap(({ steps }) => steps).filter(({ status }) => status !== 'passed')).toEqual([]);
      expect(outcomes).toHaveLength(later.length);
    },
    LONG,
  );
});

describe('the step of the one trace', () => {
  it('fails at once where the collector has ended, whose file gets no more spans', async () => {
    let looks = 0;
    const withoutCollector: StackEngine = Object.create(engine, {
      status: {
        value: async () => (await engine.status()).map((each) => (each.service === 'telemetry' ? { ...each, state: 'exited' } : each)),
      },
      telemetryRecords: {
        value: () => {
          looks += 1;
          return (async function* () {})();
        },
      },
    }) as StackEngine;
    const options = { engine: withoutCollector, emit: () => {}, signal: never, healthTimeoutMs: 60_000 };
    const { steps } = await run(only('integration.trace'), options);
    expect([looks, steps.map(({ status }) => status)]).toEqual([1, ['failed']]);
  });
});

const failedOf = (checks: readonly Check[]) => checks.filter(({ status }) => status === 'failed').map(({ id }) => id);

describe('the checks of the seed', () => {
  it('fail where Identity has other tenants than those expected', async () => {
    const checks: Check[] = [];
    await checkIdentitySeed({ stack, tenants: fresh(), check: createChecker((check) => void checks.push(check), never) });
    // That one ends before it tells a tenant.
    const others = checks.filter(({ id }) => id !== 'account-demo-two-factor').map(({ id }) => id);
    expect([others.length, failedOf(checks)]).toEqual([checks.length - 1, others]);
  });

  it('fail where the KMS holds a key that is not of the seed', async () => {
    const checks: Check[] = [];
    const check = createChecker((each) => void checks.push(each), never);
    await (await tenantAdmin(stack)).invoke('createElasticKey', { body: { name: unique('mine'), algorithm: 'A256KW' } });
    await checkKmsSeed({ stack, tenants: await engine.demoTenants(), check, exact: true });
    expect(failedOf(checks)).toEqual(['keys-demo']);
  });
});

describe('the checks of the seed in the KMS', () => {
  it('fail for every account of a tenant whose key cannot be used, the service too, and for nobody else', async () => {
    const owner = await tenantAdmin(stack);
    const { id } = await seededKey(owner, 'demo-encryption-key');
    await owner.invoke('changeElasticKey', { path: { id }, body: { state: 'suspended' } });
    try {
      const checks: Check[] = [];
      const check = createChecker((each) => void checks.push(each), never);
      const { accounts } = await checkKmsSeed({ stack, tenants: await engine.demoTenants(), check, exact: false });
      const wanted = accounts.filter(({ tenant }) => tenant === 'demo').map(({ username }) => `user-${username}`);
      expect(wanted).toContain('user-demo-service');
      // A caller of another tenant gets its own answer first: as if there were no such key.
      expect(failedOf(checks)).toEqual(['state-demo-demo-encryption-key', ...wanted]);
    } finally {
      await owner.invoke('changeElasticKey', { path: { id }, body: { state: 'active' } });
    }
  });
});

describe('resetDemo on real servers', () => {
  it('leaves exactly the seed, under new tenant ids', async () => {
    const before = await engine.demoTenants();
    const outcome = await resetDemo({ target: 'all', engine, emit: () => {}, signal: never });
    expect(outcome.steps.flatMap(({ error }) => error ?? [])).toEqual([]);
    const after = await engine.demoTenants();
    expect(Object.values(after).filter((id) => Object.values(before).includes(id))).toEqual([]);
    expect([await tenantsOf('kms'), await tenantsOf('identity')]).toEqual([after, after]);
  });

  it('brings the old data and the old tenants file back when something goes wrong before the end', async () => {
    const before = await engine.demoTenants();
    const why = unique('disk full');
    let failures = 0;
    const broken: StackEngine = Object.create(engine, {
      demoTenants: {
        value: async (options?: Parameters<StackEngine['demoTenants']>[0]) => {
          if (options?.set !== undefined && (failures += 1) === 1) throw new Error(why);
          return engine.demoTenants(options);
        },
      },
    }) as StackEngine;
    const outcome = await resetDemo({ target: 'all', engine: broken, emit: () => {}, signal: never });
    expect([outcome.outcome, outcome.exitCode]).toEqual(['partial', 1]);
    const [, data] = outcome.steps;
    expect(data).toMatchObject({ status: 'failed', error: { code: 'reset-failed', cause: { message: why } } });
    expect(data?.checks.at(-1)).toMatchObject({ id: 'old-data-back', status: 'passed' });
    expect([await engine.demoTenants(), await tenantsOf('kms'), await tenantsOf('identity')]).toEqual([before, before, before]);
  });

  /** The engine with a tenants file that cannot be written: `write` is what becomes of the attempt before it fails. */
  const unwritable = (why: string, write: (set: DemoTenants) => Promise<unknown> = async () => {}): StackEngine =>
    Object.create(engine, {
      demoTenants: {
        value: async (options?: Parameters<StackEngine['demoTenants']>[0]) => {
          if (options?.set === undefined) return engine.demoTenants();
          await write(options.set);
          throw new Error(why);
        },
      },
    }) as StackEngine;

  it('brings the old data back on both servers when the tenants file cannot be written at all', async () => {
    const before = await engine.demoTenants();
    const why = unique('read-only');
    const outcome = await resetDemo({ target: 'all', engine: unwritable(why), emit: () => {}, signal: never });
    expect(outcome.steps[1]).toMatchObject({ status: 'failed', error: { code: 'reset-failed', cause: { message: why } } });
    expect([await engine.demoTenants(), await tenantsOf('kms'), await tenantsOf('identity')]).toEqual([before, before, before]);
  });

  it('tells that the tenants file stays as it is, and why the reset failed; the next demo mends it', async () => {
    const before = await engine.demoTenants();
    const why = unique('disk full');
    const log = eventLog();
    const changedOnce = unwritable(why, async (set) => {
      if (!Object.values(before).includes(set['demo'] ?? '')) await engine.demoTenants({ set });
    });
    const outcome = await resetDemo({ target: 'all', engine: changedOnce, emit: log.emit, signal: never });
    expect(outcome.steps[1]).toMatchObject({ error: { code: 'reset-failed', cause: { message: why } } });
    expect(log.of('warning').map(({ text }) => text)).toEqual([
      expect.stringContaining(`the tenants file could not be brought back: ${why}`),
    ]);
    expect([await tenantsOf('kms'), await tenantsOf('identity')]).toEqual([before, before]);

    expect((await go(only('seed.tenants'))).errors).toEqual([]);
    expect(await engine.demoTenants()).toEqual(before);
  });

  it('brings the old data back when it is interrupted', async () => {
    const before = await engine.demoTenants();
    const interrupt = new AbortController();
    const emit = (event: DemoEvent): void => {
      if (event.type === 'check' && event.stepId === 'reset.data') interrupt.abort();
    };
    const outcome = await resetDemo({ target: 'all', engine, emit, signal: interrupt.signal });
    expect(outcome.exitCode).toBe(130);
    expect([await engine.demoTenants(), await tenantsOf('kms'), await tenantsOf('identity')]).toEqual([before, before, before]);
  });
});

/** The names of the elastic keys in the tenant demo. */
const keyNames = async (): Promise<readonly string[]> =>
  (await (await tenantAdmin(stack)).all('listElasticKeys', {})).map(({ name }) => name);

describe('a key of the seed that a visitor changed', () => {
  const change = async (body: KmsBody<'changeElasticKey'>) => {
    const owner = await tenantAdmin(stack);
    const { id } = await seededKey(owner, 'demo-encryption-key');
    await owner.invoke('changeElasticKey', { path: { id }, body });
  };
  const reset = () => resetDemo({ target: 'all', engine, emit: () => {}, signal: never });

  it('is added again by the next demo, which says so, where it was renamed; the renamed one stays', async () => {
    const name = unique('mine');
    await change({ name });
    const { errors, outcome } = await go(only('seed.tenants', 'seed.identity', 'seed.kms', 'integration.token'));
    expect(errors).toEqual([]);
    expect(outcome.warnings.map(({ text }) => text)).toEqual(['kms: some of the demo data was missing, and has been added again']);
    expect(await keyNames()).toEqual(expect.arrayContaining([name, ...SEEDED_KEYS]));
  });

  it.each<[string, () => KmsBody<'changeElasticKey'>]>([
    ['suspended', () => ({ state: 'suspended' })],
    ['expired', () => ({ expires_at: new Date(Date.now() + 2_000).toISOString() })],
    ['kept from encrypting', () => ({ operations: ['decrypt'] })],
  ])('fails the next demo with the reset as the fix, where it was %s, and the reset brings it back', async (_, body) => {
    await change(body());
    const owner = await tenantAdmin(stack);
    const key = keyApi(owner, (await seededKey(owner, 'demo-encryption-key')).id);
    await expect.poll(async () => (await key.call('encrypt', { plaintext: '' })).status).not.toBe(200);
    const { outcome } = await go(only('seed.tenants', 'seed.kms'));
    expect(outcome.steps.map(({ status }) => status)).toEqual(['passed', 'failed']);
    expect(outcome.steps[1]?.error?.cause).toMatchObject({ code: 'seed-changed', fix: expect.stringContaining('`passthru reset-demo`') });
    expect((await reset()).steps.flatMap(({ error }) => error ?? [])).toEqual([]);
    expect((await keyNames()).toSorted()).toEqual(SEEDED_KEYS);
  });

  it('may be suspended where it is there for that, and the next demo passes', async () => {
    const owner = await tenantAdmin(stack);
    const { id } = await seededKey(owner, 'demo-suspension-key');
    await owner.invoke('changeElasticKey', { path: { id }, body: { state: 'suspended' } });
    const { errors, outcome } = await go(only('seed.tenants', 'seed.kms'));
    expect([errors, outcome.steps.map(({ status }) => status)]).toEqual([[], ['passed', 'passed']]);
    expect((await seededKey(owner, 'demo-suspension-key')).state).toBe('suspended');
  });

  it('is no obstacle for a reset, whatever became of it', async () => {
    const before = Object.values(await engine.demoTenants());
    await change({ name: unique('mine') });
    const outcome = await reset();
    expect([outcome.exitCode, outcome.steps.flatMap(({ error }) => error ?? [])]).toEqual([0, []]);
    expect(Object.values(await engine.demoTenants()).filter((id) => before.includes(id))).toEqual([]);
    expect((await keyNames()).toSorted()).toEqual(SEEDED_KEYS);
  });

  it('names the tenant and the key where it cannot be added, and the reset', async () => {
    const checks: Check[] = [];
    const check = createChecker((each) => void checks.push(each), never);
    await change({ name: unique('mine') });
    const tenants = await engine.demoTenants();
    await expect(checkKmsSeed({ stack, tenants, check, exact: false })).rejects.toMatchObject({
      code: 'seed-key-missing',
      message: 'the KMS has no encryption key demo-encryption-key in the tenant demo',
      fix: expect.stringContaining('`passthru reset-demo`'),
    });
    expect((await go(only('seed.tenants'))).errors).toEqual([]);
  });
});

describe('the keys that flows of the demo make', () => {
  const flowKeys = async () => (await keyNames()).filter((name) => name.startsWith('flow-'));

  it('are gone when their steps end, those of a step that fails, too', async () => {
    const broken: Step = {
      id: 'kms.keys',
      phase: 'kms',
      title: 'broken',
      needs: [],
      targets: [],
      run: withFlowKeys(async ({ check }, _kms, keys) => {
        await keys.newKey('A256KW');
        await check('there', 'Keys of the flow', 1, (await flowKeys()).length);
        throw new Error(unique('broken'));
      }),
    };
    const failed = await run(only('kms.keys'), { engine, emit: () => {}, signal: never, steps: [broken] });
    expect(failed.steps[0]?.checks).toMatchObject([{ id: 'there', status: 'passed' }]);
    expect(failed.steps[0]?.status).toBe('failed');
    expect(await flowKeys()).toEqual([]);
    expect((await go(only('kms.keys', 'kms.crypto', 'kms.rotation', 'kms.states', 'kms.audit'))).errors).toEqual([]);
    expect(await flowKeys()).toEqual([]);
  });

  it('are deleted by the next run where one was killed; keys of a visitor stay, whatever they are called', async () => {
    const owner = await tenantAdmin(stack);
    const own = ['flow-of-water', unique('Flow')];
    for (const name of [newFlowKeyName(), newFlowKeyName(), ...own]) {
      await owner.invoke('createElasticKey', { body: { name, algorithm: 'A256KW' } });
    }
    const { errors, log } = await go(only('seed.tenants'));
    expect(errors).toEqual([]);
    expect(log.of('warning').map(({ text }) => text)).toEqual(['kms: 2 keys that an earlier run had left are deleted']);
    expect((await keyNames()).filter((name) => /^flow/i.test(name)).toSorted()).toEqual(own.toSorted());
  });

  it(
    'have room beside a thousand keys of a visitor',
    async () => {
      const owner = await tenantAdmin(stack);
      const before = await keyNames();
      const left = Array.from({ length: 1_000 }, () => unique('mine'));
      const make = async (): Promise<void> => {
        for (let name = left.pop(); name !== undefined; name = left.pop()) {
          await owner.invoke('createElasticKey', { body: { name, algorithm: 'A256KW' } });
        }
      };
      await Promise.all(Array.from({ length: 8 }, make));
      const { errors } = await go(only(...plan({ command: 'all' }).steps.map(({ id }) => id)));
      expect(errors).toEqual([]);
      expect(await keyNames()).toHaveLength(1_000 + before.length);
    },
    LONG,
  );
});

describe('a reset that was left half done', () => {
  it('is rolled back by the next demo when only one server began it', async () => {
    const before = await engine.demoTenants();
    await (await demoData('kms')).reset(fresh());
    const { errors, log } = await go(only('seed.tenants'));
    expect(errors).toEqual([]);
    expect(log.of('warning')[0]?.text).toBe('kms: an interrupted reset was found, rollback');
    expect(await tenantsOf('kms')).toEqual(before);
  });

  it('is committed by the next demo when the other server had committed', async () => {
    const tenants = fresh();
    const [identity, kms] = [await demoData('identity'), await demoData('kms')];
    await identity.commit((await identity.reset(tenants)).reset_id);
    await kms.reset(tenants);
    const { errors } = await go(only('seed.tenants'));
    expect(errors).toEqual([]);
    expect([await engine.demoTenants(), await tenantsOf('kms'), await tenantsOf('identity')]).toEqual([tenants, tenants, tenants]);
  });

  it('is made good by a reset of both when the servers disagree for good', async () => {
    const kms = await demoData('kms');
    await kms.commit((await kms.reset(fresh())).reset_id);
    const { errors, log } = await go(only('seed.tenants', 'seed.kms'));
    expect(errors).toEqual([]);
    expect(log.of('warning')[0]?.text).toContain('the servers disagree about the demo tenants');
    const agreed = await engine.demoTenants();
    expect([await tenantsOf('kms'), await tenantsOf('identity')]).toEqual([agreed, agreed]);
  });
});

describe('stackStatus on real servers', () => {
  it('finds every service ready', async () => {
    const { ready, services } = await stackStatus({ engine });
    expect(services.map(({ state, cause }) => [state, cause])).toEqual([
      ['ready', null],
      ['ready', null],
      ['ready', null],
    ]);
    expect(ready).toBe(true);
  });

  it('names Identity as the cause when it is down, and the next bring-up repairs it', async () => {
    await engine.down({ services: ['identity'], volumes: false });
    const kms = async () => (await stackStatus({ engine })).services.find(({ service }) => service === 'kms');
    // What the KMS learnt of Identity serves its /readyz for a second.
    await expect.poll(kms, { timeout: 10_000 }).toMatchObject({ state: 'not-ready', cause: expect.stringContaining('identity') });
    expect((await stackStatus({ engine })).ready).toBe(false);
    const { errors } = await go(only('bring-up.certificates', 'bring-up.telemetry', 'bring-up.identity', 'bring-up.kms'));
    expect(errors).toEqual([]);
  });
});

describe('the Identity phase without a KMS', () => {
  it('is not red because of it', async () => {
    await engine.down({ services: ['kms'], volumes: false });
    const { errors, outcome } = await go(only('identity.client-credentials'));
    expect(errors).toEqual([]);
    expect(outcome.steps.flatMap(({ checks }) => failedOf(checks))).toEqual([]);
    expect((await go(only('bring-up.kms'))).errors).toEqual([]);
  });
});

describe('a service that is killed in the last step', () => {
  it.each(['telemetry', 'identity', 'kms'] as const)(
    'fails that step, which had no need of it any more: %s is the root cause',
    async (service) => {
      const pid = (await engine.status()).find((each) => each.service === service)?.pid ?? Number.NaN;
      const asserts: StepWork = async ({ check }) => {
        await check('fine', 'fine', true, true);
        return 'done';
      };
      const asserting: StepWork = async (context) => {
        const isOver = async () => (await engine.status()).find((each) => each.service === service)?.state;
        process.kill(pid, 'SIGKILL');
        // A busy machine takes a moment to end it.
        await expect.poll(isOver).toBe('exited');
        return asserts(context);
      };
      const works = { 'kms.description': asserts, 'kms.realms': asserting };
      const steps = Object.entries(works).map(([id, work]): Step => ({ id, phase: '', title: id, needs: [], targets: [], run: work }));
      const outcome = await run(only(...Object.keys(works)), { engine, emit: () => {}, signal: never, steps });
      const report = toReport(outcome, { endpoints: engine.endpoints(), credentials: [], clients: [] });
      expect(report).toMatchObject({ outcome: 'partial', exit_code: 1, root_cause: { chain: expect.arrayContaining([service]) } });
      expect(report.root_cause?.line).toMatch(new RegExp(`^${service} was ended by SIGKILL`));
      expect(report.steps.map(({ status }) => status)).toEqual(['passed', 'failed']);
      expect(report.steps[1]?.error).toMatchObject({ code: 'stack-not-usable', fix: expect.stringContaining(`passthru logs ${service}`) });
      expect((await go(only('bring-up.certificates', 'bring-up.telemetry', 'bring-up.identity', 'bring-up.kms'))).errors).toEqual([]);
    },
    LONG,
  );
});

describe('a reset after Identity was killed', () => {
  it('is refused before anything is changed', async () => {
    const identityNow = async () => (await engine.status()).find(({ service }) => service === 'identity');
    const [tenants, kms, identity] = [await engine.demoTenants(), await tenantsOf('kms'), await identityNow()];
    process.kill(identity?.pid ?? Number.NaN, 'SIGKILL');
    await expect.poll(async () => (await identityNow())?.state).toBe('exited');
    const outcome = await resetDemo({ target: 'all', engine, emit: () => {}, signal: never });
    expect(outcome.exitCode).not.toBe(0);
    expect(outcome.steps.flatMap(({ error }) => error ?? [])).toContainEqual(
      expect.objectContaining({ code: 'server-down', fix: 'Bring it back first: `passthru demo all`.' }),
    );
    expect([await engine.demoTenants(), await tenantsOf('kms')]).toEqual([tenants, kms]);
  });
});
