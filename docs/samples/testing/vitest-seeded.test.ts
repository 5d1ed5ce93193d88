import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startStack, type TestStack } from 'passthru/testing';

let stack: TestStack;
beforeAll(async () => {
  stack = await startStack({ engine: 'embedded', snapshot: inject('seeded') });
}, 120_000);
afterAll(() => stack?.stop(), 60_000);

it('starts with the data of the global setup', () => {
  expect(stack.startedFrom).toBe('snapshot');
});
