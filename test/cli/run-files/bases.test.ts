import { expect, it } from 'vitest';
import { basesOf } from '#cli/run-files/bases.ts';
import type { DemoEvent } from '#demo/events.ts';
import type { Basis } from '#infra/evidence/recipe.ts';

const check = (id: string, basis?: Basis): DemoEvent => ({
  type: 'check',
  at: 0,
  stepId: 'kms.keys',
  check: { id, title: id, status: 'passed', expected: '1', got: '1', ...(basis === undefined ? {} : { basis }) },
});

it('Each check names the exchanges on which it rests, each once; one that was worked out or observed names none', () => {
  const got = {
    do: 'words',
    with: [
      { take: 'status', of: 'x2' },
      { take: 'body', of: 'x3', at: '/code' },
      { take: 'url', of: 'x2' },
    ],
    between: ' ',
  } as const;
  const expected = { take: 'value', value: '409 conflict' } as const;
  const events = [
    check('refused', { kind: 'exchanges', expected, got }),
    check('same', { kind: 'exchanges', expected: { take: 'text', of: 'x1' }, got: { take: 'text', of: 'x2' } }),
    check('seen', { kind: 'observed', why: 'the step worked it out' }),
    check('unrecorded'),
    // Tried again: the last try counts.
    check('same', { kind: 'exchanges', expected: { take: 'text', of: 'x8' }, got: { take: 'text', of: 'x9' } }),
  ];
  expect(basesOf(events)).toEqual({ 'kms.keys refused': ['x2', 'x3'], 'kms.keys same': ['x9', 'x8'] });
});
