import { describe, expect, it } from 'vitest';
import { plan, resetPlan, upPlan } from '#demo/plan.ts';
import { DEMO_COMMANDS } from '#demo/step/step.ts';
import { DEMO_STEPS, RESET_STEPS } from '#demo/steps.ts';

describe('plan', () => {
  it.each(DEMO_COMMANDS)('puts every step of `demo %s` after all that it needs', (command) => {
    const { steps } = plan({ command });
    for (const [at, { id, needs }] of steps.entries()) {
      const before = steps.slice(0, at).map((step) => step.id);
      for (const need of needs) expect({ id, before }).toMatchObject({ id, before: expect.arrayContaining([need]) });
    }
  });

  it.each(DEMO_COMMANDS)('names each step of `demo %s` once, by its phase', (command) => {
    const { steps } = plan({ command });
    expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
    for (const { id, phase } of steps) expect(id.startsWith(`${phase}.`)).toBe(true);
  });

  it('knows every step that a step needs, also where a command leaves it out', () => {
    const steps = [...DEMO_STEPS, ...RESET_STEPS];
    const ids = steps.map(({ id }) => id);
    expect(steps.flatMap(({ needs }) => needs).filter((need) => !ids.includes(need))).toEqual([]);
  });

  it('starts telemetry before identity before kms', () => {
    expect(plan({ command: 'all' }).services).toEqual(['telemetry', 'identity', 'kms']);
  });

  it('of `up` is that of `demo all` without its flows', () => {
    const { command, profile, services, steps } = upPlan({ profile: 'ci' });
    const all = plan({ command: 'all' });
    expect({ command, profile, services }).toEqual({ command: 'up', profile: 'ci', services: all.services });
    expect(steps).toEqual(all.steps.slice(0, steps.length));
    expect(steps.at(-1)?.id).toBe('seed.kms');
    expect(all.steps[steps.length]?.phase).toBe('identity');
  });

  it('leaves the KMS out of `demo identity`', () => {
    const { services, steps } = plan({ command: 'identity' });
    expect(services).toEqual(['telemetry', 'identity']);
    expect(steps.filter(({ id }) => id.includes('kms') || id.startsWith('integration'))).toEqual([]);
  });

  it('brings Identity up for `demo kms`, whose readiness hangs on it, but runs none of its flows', () => {
    const { services, steps } = plan({ command: 'kms' });
    expect(services).toContain('identity');
    expect(steps.filter(({ phase }) => phase === 'identity' || phase === 'integration')).toEqual([]);
  });

  it('is the same for the same options', () => {
    expect(plan({ command: 'all', profile: 'ci' })).toEqual(plan({ command: 'all', profile: 'ci' }));
  });

  it('looks for an interrupted reset before it resets', () => {
    expect(resetPlan({ command: 'all' }).steps.map(({ id, needs }) => [id, needs])).toEqual([
      ['reset.interrupted', []],
      ['reset.data', ['reset.interrupted']],
    ]);
  });
});
