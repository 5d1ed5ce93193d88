import { randomUUIDv7 } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { HttpsStream } from '#infra/http/client.ts';
import { formatPosition } from '#infra/security-events/revocation-event.ts';
import { followFeed } from '#kms/access/feed/follow-feed.ts';
import { tokenFacts } from '#test/kms/support/token-facts.ts';

/** A stream that the test writes: each text as the issuer would send it. */
const stream = () => {
  const waiting: string[] = [];
  let wake = Promise.withResolvers<void>();
  let isOver = false;
  async function* body(signal: AbortSignal | undefined): AsyncGenerator<Buffer, void> {
    signal?.addEventListener('abort', () => wake.resolve());
    for (;;) {
      while (waiting.length > 0) yield Buffer.from(waiting.shift() ?? '');
      signal?.throwIfAborted();
      if (isOver) return;
      await wake.promise;
      wake = Promise.withResolvers<void>();
    }
  }
  const send = (text: string): void => {
    waiting.push(text);
    wake.resolve();
  };
  let sequence = 0;
  const beganAt = performance.now();
  return {
    answer: (signal?: AbortSignal, status = 200): HttpsStream => ({ status, headers: {}, body: body(signal) }),
    end: (): void => {
      isOver = true;
      wake.resolve();
    },
    send,
    /** @param elapsedMs how long the stream has run, as the issuer says */
    heartbeat: (position = `${sequence}.${randomUUIDv7()}`, elapsedMs = Math.floor(performance.now() - beganAt)): string => {
      send(`event: heartbeat\nid: ${position}\ndata: {"elapsed_ms":${elapsedMs}}\n\n`);
      return position;
    },
    revoke: (tokenId: string, at = (sequence += 1)): string => {
      const position = formatPosition({ sequence: at, id: randomUUIDv7() });
      send(`event: set\nid: ${position}\ndata: ${tokenId}\n\n`);
      return position;
    },
  };
};

/** A follower of an issuer that answers each request for the stream as the test says. */
const following = (options: { readonly max?: number } = {}) => {
  const clock = { skew: 0 };
  const requests: (string | undefined)[] = [];
  /** Undefined: none. */
  const answers: (((signal?: AbortSignal) => HttpsStream) | undefined)[] = [];
  const events: string[] = [];
  const told = new Map<string, string>();
  const feed = followFeed({
    issuer: 'https://identity.test',
    uri: 'https://identity.test:10082/feed/v1/revocations',
    client: {
      open: async ({ headers, signal }) => {
        requests.push(headers?.['last-event-id']);
        while (answers.length === 0) await setTimeout(5, undefined, signal === undefined ? {} : { signal });
        const answer = answers.shift();
        if (answer === undefined) throw new Error('the issuer does not answer');
        return answer(signal);
      },
    },
    // The test writes ids of tokens in the place of signed events.
    readSet: async (tokenId) => ({
      id: told.get(tokenId) ?? randomUUIDv7(),
      at: 0,
      lifeSeconds: 600,
      event: { kind: 'token-revoked', tokenId },
    }),
    maxTokenSeconds: 600,
    lateMs: 3_000,
    emit: (event) => events.push(event.type === 'revocation-feed-lost' && event.isStarting ? 'not there yet' : event.type),
    elapsed: () => performance.now() + clock.skew,
    ...options,
  });
  const revoke = (on: ReturnType<typeof stream>, tokenId: string, at?: number): string => {
    const position = on.revoke(tokenId, at);
    told.set(tokenId, position.slice(position.indexOf('.') + 1));
    return position;
  };
  return { feed, clock, requests, answers, events, revoke, [Symbol.asyncDispose]: () => feed[Symbol.asyncDispose]() };
};
const SOON = { timeout: 5_000, interval: 5 };

describe('Following the feed of an issuer', () => {
  it('says nothing before the first heartbeat, then who is revoked and who is not', async () => {
    await using world = following();
    const on = stream();
    world.answers.push((signal) => on.answer(signal));
    const token = tokenFacts();
    world.revoke(on, token.tokenId);
    await setTimeout(50);
    expect(world.feed.verdict(token)).toBe('unknown');
    on.heartbeat();
    await expect.poll(() => world.feed.verdict(token), SOON).toBe('revoked');
    expect([world.feed.verdict(tokenFacts()), world.requests, world.events]).toEqual(['live', [undefined], ['revocation-feed-current']]);
  });

  it('says nothing as soon as no heartbeat came for the stated time, and goes on with the next one', async () => {
    await using world = following();
    const on = stream();
    world.answers.push((signal) => on.answer(signal));
    on.heartbeat();
    await expect.poll(() => world.feed.isCurrent(), SOON).toBe(true);
    world.clock.skew = 3_000;
    expect(world.feed.verdict(tokenFacts())).toBe('unknown');
    await expect(world.feed.check()).rejects.toThrow('is late');
    on.heartbeat(undefined, 3_000);
    await expect.poll(() => world.feed.verdict(tokenFacts()), SOON).toBe('live');
    expect(world.requests).toHaveLength(1);
  });

  it('is late, and connects anew, as soon as heartbeats come often enough and each later than the one before', async () => {
    await using world = following();
    const [slow, next] = [stream(), stream()];
    world.answers.push((signal) => slow.answer(signal));
    slow.heartbeat(undefined, 0);
    await expect.poll(() => world.feed.isCurrent(), SOON).toBe(true);
    // Of each 2.9 seconds one second comes through.
    world.clock.skew = 2_900;
    const position = slow.heartbeat(undefined, 1_000);
    await expect.poll(() => world.feed.silentMs() < 2_900, SOON).toBe(true);
    world.clock.skew = 5_800;
    slow.heartbeat(undefined, 2_000);
    await expect.poll(() => world.requests, SOON).toEqual([undefined, position]);
    await expect(world.feed.check()).rejects.toThrow(/tells comes 3\d{3} ms late/);
    expect([world.feed.verdict(tokenFacts()), world.events]).toEqual(['unknown', ['revocation-feed-current', 'revocation-feed-lost']]);
    world.answers.push((signal) => next.answer(signal));
    next.heartbeat(undefined, 0);
    await expect.poll(() => world.feed.verdict(tokenFacts()), SOON).toBe('live');
  });

  it('resumes after the last event when the stream ends, and does not call a planned end a loss', async () => {
    await using world = following();
    const [first, second] = [stream(), stream()];
    world.answers.push(
      (signal) => first.answer(signal),
      (signal) => second.answer(signal),
    );
    const [one, two] = [tokenFacts(), tokenFacts()];
    first.heartbeat();
    const position = world.revoke(first, one.tokenId);
    first.end();
    await expect.poll(() => world.requests, SOON).toEqual([undefined, position]);
    world.revoke(second, two.tokenId, 2);
    await expect.poll(() => [one, two].map(world.feed.verdict), SOON).toEqual(['revoked', 'revoked']);
    expect(world.events).toEqual(['revocation-feed-current']);
  });

  it('begins anew, and says nothing until it has everything, when the issuer does not know the position any more', async () => {
    await using world = following();
    const [first, gone, second] = [stream(), stream(), stream()];
    world.answers.push(
      (signal) => first.answer(signal),
      (signal) => gone.answer(signal, 410),
      (signal) => second.answer(signal),
    );
    const token = tokenFacts();
    const position = first.heartbeat();
    first.end();
    gone.end();
    await expect.poll(() => world.requests, SOON).toEqual([undefined, position, undefined]);
    expect(world.feed.verdict(token)).toBe('unknown');
    world.revoke(second, token.tokenId);
    second.heartbeat(`7.${randomUUIDv7()}`);
    await expect.poll(() => world.feed.verdict(token), SOON).toBe('revoked');
    expect(world.events).toEqual(['revocation-feed-current', 'revocation-feed-lost', 'revocation-feed-current']);
  });

  it.each<[string, (on: ReturnType<typeof stream>) => void]>([
    ['a number that it heard before', (on) => void on.revoke(randomUUIDv7(), 0)],
    ['a message without a position', (on) => on.send('event: set\ndata: x\n\n')],
    ['an event under the position of another', (on) => void on.revoke(randomUUIDv7(), 5)],
    ['a message without an end', (on) => on.send('x'.repeat(20_000))],
    [
      'a heartbeat that does not say how long its stream has run',
      (on) => on.send(`event: heartbeat\nid: 0.${randomUUIDv7()}\ndata: {}\n\n`),
    ],
    ['bytes that are no text', (on) => on.send('event: heartbeat\nid: \uD800\ndata: {}\n\n')],
  ])('does not believe %s: it connects anew', async (_, lie) => {
    await using world = following();
    const [liar, honest] = [stream(), stream()];
    world.answers.push(
      (signal) => liar.answer(signal),
      (signal) => honest.answer(signal),
    );
    const position = liar.heartbeat();
    lie(liar);
    await expect.poll(() => world.requests, SOON).toEqual([undefined, position]);
  });

  it('says nothing about anybody when more is revoked than it may remember', async () => {
    await using world = following({ max: 2 });
    const on = stream();
    world.answers.push((signal) => on.answer(signal));
    on.heartbeat();
    await expect.poll(() => world.feed.isCurrent(), SOON).toBe(true);
    for (let n = 0; n < 3; n += 1) world.revoke(on, randomUUIDv7());
    await expect.poll(() => world.feed.verdict(tokenFacts()), SOON).toBe('unknown');
    await expect(world.feed.check()).rejects.toThrow('revoked more than is remembered');
  });

  it('tells of an issuer that does not answer once, however often it tries', async () => {
    await using world = following();
    world.answers.push(undefined, undefined, undefined);
    await expect.poll(() => world.requests.length > 3, SOON).toBe(true);
    expect(world.events).toEqual(['not there yet']);
    await expect(world.feed.check()).rejects.toThrow('the issuer does not answer');
    world.clock.skew = 10_000;
    world.answers.push(undefined);
    await expect.poll(() => world.events, SOON).toEqual(['not there yet', 'revocation-feed-lost']);
  });
});
