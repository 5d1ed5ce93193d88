import { describe, expect, it } from 'vitest';
import { expectStatus, problemOf } from '#client/problem.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { unique } from '#test/support/demo-engine.ts';

const answer = (status: number, body: unknown) => ({ status, text: typeof body === 'string' ? body : JSON.stringify(body) });

const failureOf = (status: number, body: unknown) => {
  try {
    expectStatus(answer(status, body), 200, 'kms: GET /somewhere');
  } catch (thrown) {
    return failureFrom(thrown);
  }
  throw new Error('nothing was thrown');
};

describe('expectStatus', () => {
  it('gives the answer back when it is the one that is needed', () => {
    const right = answer(200, '{}');
    expect(expectStatus(right, 200, 'kms: GET /somewhere')).toBe(right);
  });

  it('nests the code, detail and fix of Problem Details', () => {
    const detail = unique('no such key');
    expect(failureOf(404, { code: 'elastic-key-not-found', detail, fix: 'look again' })).toMatchObject({
      code: 'unexpected-answer',
      message: 'kms: GET /somewhere answered 404, not 200',
      cause: { code: 'elastic-key-not-found', message: detail, fix: 'look again' },
    });
  });

  it('nests an OAuth error', () => {
    expect(failureOf(400, { error: 'invalid_grant', error_description: 'gone' }).cause).toMatchObject({
      code: 'invalid_grant',
      message: 'gone',
    });
  });

  it.each(['', 'a proxy page', 'null', '7'])('says that a body which is no error (%j) names none', (body) => {
    expect(failureOf(502, body).cause).toMatchObject({ code: 'no-error-code', message: 'no detail given' });
  });
});

describe('problemOf', () => {
  it('reads the scope that is missing', () => {
    expect(problemOf(answer(403, { scope: 'kms:encrypt' })).scope).toBe('kms:encrypt');
  });
});
