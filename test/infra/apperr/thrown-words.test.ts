import { jwtVerify, SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { causeChain } from '#infra/apperr/cause-chain.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import { thrownMessage, thrownWords } from '#infra/apperr/thrown-words.ts';
import { unique } from '#test/support/demo-engine.ts';

const text = unique('the disk is full');
const unreadable = new Proxy(
  {},
  {
    get: () => {
      throw new Error('no');
    },
  },
);

describe('The words of a thrown value', () => {
  it.each([
    ['a text', text, text],
    ['an empty text', ' ', 'an empty text was thrown'],
    ['undefined', undefined, 'undefined was thrown, which gives no reason'],
    ['null', null, 'null was thrown, which gives no reason'],
    ['a number', 42, '42'],
    ['a symbol', Symbol('why'), 'Symbol(why)'],
    ['an object with a message', { code: 'ENOSPC', message: text }, `ENOSPC: ${text}`],
    ['an object without one', { claim: 'exp', reason: 'check_failed', payload: { sub: 'x' } }, 'claim: exp, reason: check_failed'],
    ['an object that holds a secret', { password: 'demo', access_token: 'eyJ', status: 500 }, 'status: 500'],
    ['an object that says nothing', {}, 'an object without a message was thrown'],
    ['an object without a prototype', Object.create(null), 'an object without a message was thrown'],
    ['an object that cannot be read', unreadable, 'a value that cannot be read (object)'],
    ['an error with a code', Object.assign(new Error(text), { code: 'EIO' }), `EIO: ${text}`],
    ['an error without a message', new RangeError(), 'RangeError'],
    ['several errors at once', new AggregateError([new Error('one'), 'two', new Error('one')]), 'one; two'],
  ])('tell %s', (_, thrown, words) => {
    expect(thrownWords(thrown)).toBe(words);
  });

  it('are the message alone where only that is wanted', () => {
    expect(thrownMessage(Object.assign(new Error(text), { code: 'EIO' }))).toBe(text);
  });

  it('stand in the cause of a failure and in the log, where the cause is no error', () => {
    for (const cause of [text, { message: text }, new AggregateError([new Error(text)])]) {
      const error = new AppError('outer', 503, 'outside', { cause });
      expect(failureFrom(error).cause?.message).toBe(text);
      expect(causeChain(error)).toBe(`outer: outside; caused by ${text}`);
    }
  });

  it('tell which claim of a token was refused, which jose gives as an object', async () => {
    const secret = new TextEncoder().encode(unique('secret'));
    const expired = await new SignJWT({}).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(1).sign(secret);
    const thrown: unknown = await jwtVerify(expired, secret).catch((error: unknown) => error);
    expect(failureFrom(thrown)).toMatchObject({ code: 'err-jwt-expired', cause: { message: 'claim: exp, reason: check_failed' } });
  });
});
