import { describe, expect, it } from 'vitest';
import { createChecker } from '#demo/step/checker.ts';
import type { Check } from '#demo/events.ts';
import { unique } from '#test/support/demo-engine.ts';

const checker = (signal = new AbortController().signal) => {
  const checks: Check[] = [];
  return { checks, check: createChecker((each) => void checks.push(each), signal) };
};

describe('a check', () => {
  it('passes when what came is what was expected', async () => {
    const { check, checks } = checker();
    const title = unique('title');
    await expect(check('one', title, 200, Promise.resolve(200))).resolves.toBe(true);
    expect(checks).toEqual([{ id: 'one', title, status: 'passed', expected: '200', got: '200' }]);
  });

  it('fails when something else came, of another type included', async () => {
    const { check, checks } = checker();
    await expect(check('number', 'a number', 200, '200')).resolves.toBe(false);
    await expect(check('list', 'a list', ['a', 'b'], ['a b'])).resolves.toBe(false);
    expect(checks.map(({ status }) => status)).toEqual(['failed', 'failed']);
  });

  it('fails with the error when the answer never came, and does not throw', async () => {
    const { check, checks } = checker();
    const message = unique('no answer');
    await expect(check('gone', 'an answer', 200, Promise.reject(new Error(message)))).resolves.toBe(false);
    expect(checks[0]?.got).toContain(message);
  });

  it('is recorded in the order of asking, however long each takes', async () => {
    const { check, checks } = checker();
    const slow = Promise.withResolvers<number>();
    const all = [
      check('slow', 'slow', 1, slow.promise),
      check('fast', 'fast', 1, 1),
      check('third', 'third', 1, Promise.reject(new Error('no'))),
    ];
    await Promise.resolve();
    expect(checks).toEqual([]);
    slow.resolve(1);
    await expect(Promise.all(all)).resolves.toEqual([true, true, false]);
    expect(checks.map(({ id }) => id)).toEqual(['slow', 'fast', 'third']);
  });

  it('is not counted when it was interrupted', async () => {
    const { check, checks } = checker(AbortSignal.abort());
    await expect(check('gone', 'an answer', 200, Promise.reject(new Error(unique('cut off'))))).rejects.toThrow('aborted');
    expect(checks).toEqual([]);
  });

  it('refuses an id that the step has used already', async () => {
    const { check } = checker();
    await check('twice', 'first', 1, 1);
    await expect(check('twice', 'second', 1, 1)).rejects.toThrow('check twice exists twice');
  });

  it('cuts long values but compares them whole', async () => {
    const { check, checks } = checker();
    const long = 'x'.repeat(500);
    await check('long', 'long', `${long}a`, `${long}b`);
    expect(checks[0]?.status).toBe('failed');
    expect(checks[0]?.got.length).toBeLessThanOrEqual(160);
  });
});
