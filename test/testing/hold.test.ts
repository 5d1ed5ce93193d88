import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { type Acts, hold } from '#testing/holder/hold.ts';
import { linesOf } from '#testing/holder/lines-of.ts';
import type { Answer, Request } from '#testing/protocol.ts';

const acts = (some: Partial<Acts>): Acts => {
  const none = (): never => {
    throw new Error('was not to be asked');
  };
  return { start: none, token: none, reset: none, snapshot: none, restore: none, logs: none, stop: none, ...some };
};

const lines = async function* (...requests: readonly (Request | { id: number; call: string; params: object })[]) {
  for (const request of requests) yield JSON.stringify(request);
};

const NONE = {} as const;

describe('A holder', () => {
  it('does one act after the other, and answers each by its number', async () => {
    const order: string[] = [];
    const answers: Answer[] = [];
    await hold({
      lines: lines({ id: 1, call: 'reset', params: NONE }, { id: 2, call: 'token', params: { username: 'demo-user' } }),
      acts: acts({
        reset: async () => {
          await turn();
          order.push('reset');
          return null;
        },
        token: async ({ username }) => {
          order.push('token');
          return `token of ${username}`;
        },
      }),
      send: (answer) => void answers.push(answer),
      onEnd: () => undefined,
    });
    expect(order).toEqual(['reset', 'token']);
    expect(answers).toEqual([
      { id: 1, result: null },
      { id: 2, result: 'token of demo-user' },
    ]);
  });

  it('answers a failure with its causes and the first fix that one of them names', async () => {
    const answers: Answer[] = [];
    const cause = new AppError('address-taken', 409, 'port 1 is held', { cause: new Error('EADDRINUSE'), fix: 'Free it.' });
    await hold({
      lines: lines({ id: 1, call: 'reset', params: NONE }, { id: 2, call: 'nonsense', params: NONE }),
      acts: acts({ reset: () => Promise.reject(new AppError('reset-failed', 500, 'the reset failed', { cause })) }),
      send: (answer) => void answers.push(answer),
      onEnd: () => undefined,
    });
    expect(answers).toEqual([
      {
        id: 1,
        failed: {
          code: 'reset-failed',
          message: 'the reset failed',
          causes: ['port 1 is held', 'EADDRINUSE'],
          fix: 'Free it.',
          logTail: [],
        },
      },
      { id: 2, failed: expect.objectContaining({ code: 'call-unknown', message: 'a holder knows no call nonsense' }) },
    ]);
  });

  it('says at the end of the requests that nobody waits any more, and ends when the act under way has', async () => {
    const gone = new AbortController();
    let ended = false;
    await hold({
      lines: lines({ id: 1, call: 'reset', params: NONE }),
      acts: acts({
        reset: async () => {
          await new Promise((resolve) => gone.signal.addEventListener('abort', resolve));
          ended = true;
          return null;
        },
      }),
      send: () => undefined,
      onEnd: () => gone.abort(),
    });
    expect(ended).toBe(true);
  });
});

describe('The lines of a stream', () => {
  const chunks = async function* (...texts: readonly (string | Uint8Array)[]) {
    yield* texts;
  };
  const all = (...texts: readonly (string | Uint8Array)[]) => Array.fromAsync(linesOf(chunks(...texts), new AbortController().signal));

  it('are whole wherever the chunks were cut, within a character, too', async () => {
    const euro = Buffer.from('€');
    expect(await all('a', 'b\nc', '\n\nd\n', euro.subarray(0, 1), euro.subarray(1), '\n')).toEqual(['ab', 'c', '', 'd', '€']);
  });

  it('do not count one without an end: its writer was killed while it wrote', async () => {
    expect(await all('a\n{"id":')).toEqual(['a']);
  });

  it('end when the signal aborts, though the stream goes on', async () => {
    const told = new AbortController();
    const endless = (async function* () {
      yield 'a\n';
      await new Promise(() => undefined);
    })();
    const seen: string[] = [];
    for await (const line of linesOf(endless, told.signal)) {
      seen.push(line);
      queueMicrotask(() => told.abort());
    }
    expect(seen).toEqual(['a']);
  });
});
