import { describe, expect, it } from 'vitest';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { failure, failureFrom, ok } from '#infra/apperr/result.ts';
import { unique } from '#test/support/demo-engine.ts';

describe('orThrow', () => {
  it('gives the value of a success', () => {
    expect(orThrow(ok(7))).toBe(7);
  });

  it('throws a failure as an error from which the same failure comes back, causes and fixes included', () => {
    const error = failure('outer', unique('outside'), {
      fix: 'mend it',
      cause: failure('inner', 'inside', { cause: failure('core', 'deep') }),
    });
    const thrown = (() => {
      try {
        return orThrow({ ok: false, error });
      } catch (caught) {
        return caught;
      }
    })();
    expect(failureFrom(thrown)).toEqual(error);
  });
});
