import { describe, expect, it } from 'vitest';
import type { Check } from '#demo/events.ts';
import { wholeSeed } from '#demo/seed/whole-seed.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { createChecker } from '#demo/step/checker.ts';
import { unique } from '#test/support/demo-engine.ts';

const never = new AbortController().signal;

describe('A seed that is read back', () => {
  const read = (got: string | Promise<string>) => {
    const checks: Check[] = [];
    const check = createChecker((each) => void checks.push(each), never);
    const title = unique('The elastic key');
    return { title, checks, done: wholeSeed('kms', check, (watched) => watched('key', title, 'active', got)) };
  };

  it('was changed where an answer tells another value: the reset brings it back', async () => {
    const { title, done } = read('suspended');
    const fix = expect.stringContaining('`passthru reset-demo`');
    await expect(done).rejects.toMatchObject({ code: 'seed-changed', message: expect.stringContaining(title), fix });
  });

  it('was changed where it is refused', async () => {
    await expect(read(Promise.reject(new AppError('unexpected-answer', 401, unique('refused')))).done).rejects.toMatchObject({
      code: 'seed-changed',
    });
  });

  it.each([
    ['is in trouble', () => Promise.resolve('demo: 503 database-unavailable')],
    ['does not answer', () => Promise.reject(new Error('localhost refuses connections'))],
  ])('was not changed where its server %s; the check fails all the same', async (_, got) => {
    const { checks, done } = read(got());
    expect(await done).toBe(false);
    expect(checks).toMatchObject([{ id: 'key', status: 'failed' }]);
  });

  it('is given back where it is whole', async () => {
    expect(await read('active').done).toBe(true);
  });
});
