import { describe, expect, it } from 'vitest';
import { criticalPath } from '#demo/history/critical-path.ts';
import { plan } from '#demo/plan.ts';

const step = (id: string, ...needs: string[]) => ({ id, phase: 'x', title: id, needs });
const STEPS = [step('a'), step('b', 'a'), step('c', 'a'), step('d', 'b', 'c'), step('alone')];

describe('The critical path', () => {
  it('is the chain of needs that takes longest, and not the longest step', () => {
    const times: Readonly<Record<string, number>> = { a: 10, b: 5, c: 50, d: 1, alone: 60 };
    expect(criticalPath(STEPS, (id) => times[id] ?? 0)).toEqual(['a', 'c', 'd']);
    expect(criticalPath(STEPS, (id) => (id === 'alone' ? 100 : 1))).toEqual(['alone']);
  });

  it('is empty for no steps, and begins with the certificates in a real plan', () => {
    expect(criticalPath([], () => 1)).toEqual([]);
    expect(criticalPath(plan({ command: 'kms' }).steps, () => 1).slice(0, 4)).toEqual([
      'bring-up.certificates',
      'bring-up.telemetry',
      'bring-up.identity',
      'bring-up.kms',
    ]);
  });
});
