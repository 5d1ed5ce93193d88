import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gatherQuestions } from '#kms/access/tokens/gather-questions.ts';

/** An issuer that answers when it is told to, and counts. */
const slowIssuer = () => {
  const requests: (readonly string[])[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const answer = async (tokens: readonly string[]): Promise<readonly string[]> => {
    requests.push(tokens);
    const end = Promise.withResolvers<void>();
    ends.push(end);
    await end.promise;
    return tokens.map((token) => `of ${token}`);
  };
  return {
    requests,
    single: async (token: string) => (await answer([token]))[0] ?? '',
    batch: answer,
    /** Ends the requests that are under way, and those that follow them. */
    release: async (fails = false): Promise<void> => {
      for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
        if (fails) end.reject(new Error('gone'));
        else end.resolve();
        await new Promise(setImmediate);
      }
    },
  };
};
const names = (count: number): string[] => Array.from({ length: count }, () => `token-${randomUUIDv7()}`);

describe('questions about tokens', () => {
  it('are one request for a thousand who ask about one token at the same time', async () => {
    const issuer = slowIssuer();
    const ask = gatherQuestions(issuer);
    const [token = ''] = names(1);
    const asked = Array.from({ length: 1_000 }, () => ask(token));
    await issuer.release();
    expect(new Set(await Promise.all(asked))).toEqual(new Set([`of ${token}`]));
    expect(issuer.requests).toEqual([[token]]);
  });

  it('wait for nobody while few are under way, and are gathered by fifty once four are', async () => {
    const issuer = slowIssuer();
    const ask = gatherQuestions(issuer);
    const tokens = names(104);
    const asked = tokens.map(ask);
    expect(issuer.requests.map(({ length }) => length)).toEqual([1, 1, 1, 1]);
    await issuer.release();
    expect(await Promise.all(asked)).toEqual(tokens.map((token) => `of ${token}`));
    expect(issuer.requests.map(({ length }) => length)).toEqual([1, 1, 1, 1, 50, 50]);
  });

  it('go one a request where the issuer has no batch, each token once', async () => {
    const issuer = slowIssuer();
    const ask = gatherQuestions({ single: issuer.single, batch: null });
    const tokens = names(20);
    const asked = [...tokens, ...tokens].map(ask);
    expect(issuer.requests).toHaveLength(20);
    await issuer.release();
    expect(await Promise.all(asked)).toHaveLength(40);
  });

  it('are asked again after a failure, which every one of its group hears and nothing remembers', async () => {
    const issuer = slowIssuer();
    const ask = gatherQuestions(issuer);
    const tokens = names(6);
    const failed = Promise.allSettled(tokens.map(ask));
    await issuer.release(true);
    expect((await failed).map(({ status }) => status)).toEqual(tokens.map(() => 'rejected'));
    const again = tokens.map(ask);
    await issuer.release();
    expect(await Promise.all(again)).toEqual(tokens.map((token) => `of ${token}`));
  });

  it('fail together where a batch is answered with another number of answers', async () => {
    const issuer = slowIssuer();
    const ask = gatherQuestions({ ...issuer, batch: async () => ['one'] });
    const [first, last] = [names(4).map(ask), names(2).map(ask)];
    const settled = Promise.allSettled(last);
    await issuer.release();
    expect(await Promise.all(first)).toHaveLength(4);
    expect((await settled).map((each) => (each.status === 'rejected' ? (each.reason as { code: string }).code : ''))).toEqual([
      'introspection-malformed',
      'introspection-malformed',
    ]);
  });
});
