import { describe, expect, it } from 'vitest';
import { mayBegin, PATIENT, timeOf, WIDTH } from '#demo/side-by-side.ts';
import { DEMO_STEPS } from '#demo/steps.ts';

/** Steps by id, `<phase>.<name>`, with the ids of those that they need. */
const stepsOf = (steps: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(steps).map(([id, needs]) => ({ id, phase: id.split('.')[0] ?? '', title: id, needs }));

const STEPS = stepsOf({
  'up.one': [],
  'kms.first': ['up.one'],
  'kms.second': ['up.one'],
  'kms.third': ['kms.first'],
  'kms.fourth': ['up.one'],
  'kms.fifth': ['up.one'],
  'end.one': ['up.one'],
  'end.last': [],
});

const idsAt = (turn: string, begun: readonly string[], passed: readonly string[]) =>
  mayBegin(STEPS, {
    turn: STEPS.findIndex(({ id }) => id === turn),
    hasBegun: ({ id }) => begun.includes(id),
    hasPassed: ({ id }) => passed.includes(id),
    underWay: begun.length - passed.length,
  }).map(({ id }) => id);

describe('Steps that begin before their turn', () => {
  it(`are at most ${WIDTH} under way, in the order of the plan`, () => {
    expect(idsAt('kms.first', ['up.one', 'kms.first'], ['up.one'])).toEqual(['kms.second', 'kms.fourth']);
    expect(idsAt('kms.first', ['up.one', 'kms.first', 'kms.second', 'kms.fourth'], ['up.one'])).toEqual([]);
  });

  it('wait for what they need, and not for its turn to end', () => {
    expect(idsAt('kms.first', ['up.one', 'kms.first'], ['up.one', 'kms.first'])).toContain('kms.third');
  });

  it('are of the phase whose turn it is, and never the last of all', () => {
    expect(idsAt('up.one', ['up.one'], ['up.one'])).toEqual([]);
    expect(idsAt('end.one', ['up.one', 'end.one'], ['up.one'])).toEqual([]);
  });
});

describe('Flows, whatever their phase,', () => {
  const steps = stepsOf({ 'seed.one': [], 'identity.one': [], 'kms.one': [], 'integration.one': ['kms.one'], 'integration.last': [] });
  const begins = (turn: number, begun: readonly string[]) =>
    mayBegin(steps, { turn, hasBegun: ({ id }) => begun.includes(id), hasPassed: ({ id }) => id === 'seed.one', underWay: 1 }).map(
      ({ id }) => id,
    );

  it('run side by side, behind all that they need', () => {
    expect(begins(1, ['seed.one', 'identity.one'])).toEqual(['kms.one']);
  });

  it('wait until everything is seeded', () => {
    expect(begins(0, ['seed.one'])).toEqual([]);
  });
});

it('Steps that wait for longer than they work begin before others', () => {
  const steps = stepsOf({ 'integration.token': [], 'integration.one': [], 'integration.federation': [], 'integration.last': [] });
  const progress = {
    turn: 0,
    hasBegun: ({ id }: { readonly id: string }) => id === 'integration.token',
    hasPassed: () => false,
    underWay: 1,
  };
  expect(mayBegin(steps, progress).map(({ id }) => id)).toEqual(['integration.federation', 'integration.one']);
});

it('Steps that are said to wait for longer than they work are steps of the demo', () => {
  expect(DEMO_STEPS.map(({ id }) => id)).toEqual(expect.arrayContaining([...PATIENT]));
});

describe('The time of steps side by side', () => {
  const times: Readonly<Record<string, number>> = { 'kms.first': 40, 'kms.third': 30, 'end.last': 5 };
  const timed = (steps: typeof STEPS) => timeOf(steps, (id) => times[id] ?? 10);

  it('is that of the longest chain while few run beside it', () => {
    // up 10; first 40 beside second, fourth and fifth; third 30 behind it; end 10, last 5.
    expect(timed(STEPS)).toBe(10 + 40 + 30 + 10 + 5);
  });

  it('is their sum where each needs the one before, and none for no steps', () => {
    expect(timed(stepsOf({ 'kms.first': [], 'kms.second': ['kms.first'], 'kms.third': ['kms.second'] }))).toBe(40 + 10 + 30);
    expect(timed([])).toBe(0);
  });

  it('is more where more could run at once than may', () => {
    const wide = stepsOf(Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`kms.step-${index}`, []])));
    expect(timed(wide)).toBe(10 * Math.ceil(6 / WIDTH) + 10);
  });
});
