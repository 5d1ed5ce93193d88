import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ToWorker } from '#infra/process/workers/messages.ts';
import { createRelay, type Peer } from '#infra/process/workers/relay.ts';

const keyOf = (words: unknown): Uint8Array => (words as { readonly key: Uint8Array }).key;

describe('what is kept for workers that begin later', () => {
  it('is told to the others and kept, until something else is, and then no byte of it is left', () => {
    const sent: ToWorker[] = [];
    const peer = (number: number): Peer => ({ number, send: (message) => void sent.push(structuredClone(message)), end: () => {} });
    const [one, two] = [peer(1), peer(2)];
    const relay = createRelay({ peers: () => [one, two], spend: () => null });
    const words = { key: new Uint8Array([1, 2, 3]) };
    relay.hear(one, { kind: 'ask', id: 7, topic: 'seal', words, keep: words, orEnd: true });
    expect(sent).toMatchObject([{ kind: 'asked', topic: 'seal', words: { key: new Uint8Array([1, 2, 3]) } }]);
    relay.ended(2);
    expect(words.key).toEqual(new Uint8Array(3));
    const kept = keyOf(relay.kept()['seal']);
    expect(kept).toEqual(new Uint8Array([1, 2, 3]));
    relay.hear(one, { kind: 'ask', id: 8, topic: 'seal', words: { key: null }, keep: { key: null }, orEnd: true });
    expect(kept).toEqual(new Uint8Array(3));
    expect(relay.kept()).toEqual({ seal: { key: null } });
    relay.ended(2);
    expect(sent.filter(({ kind }) => kind === 'answers')).toHaveLength(2);
  });
});

describe('a worker that is asked', () => {
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['ended where all have to follow', true, ['it did not follow (seal): it gave no answer within 10 s']],
    ['left alone where its answer is only missed', false, []],
  ])('and gives no answer within ten seconds is %s, and the others have answered', (_which, orEnd, reasons) => {
    vi.useFakeTimers();
    const sent: ToWorker[] = [];
    const ended: string[] = [];
    const peer = (number: number): Peer => ({ number, send: (message) => void sent.push(message), end: (why) => void ended.push(why) });
    const [one, two, three] = [peer(1), peer(2), peer(3)];
    const relay = createRelay({ peers: () => [one, two, three], spend: () => null });
    relay.hear(one, { kind: 'ask', id: 7, topic: 'seal', words: 'close', orEnd });
    const id = sent.flatMap((message) => (message.kind === 'asked' ? [message.id] : []))[0] ?? 0;
    relay.hear(two, { kind: 'answer', id, ok: true, words: 'closed' });
    vi.advanceTimersByTime(9_999);
    expect(ended).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(ended).toEqual(reasons);
    expect(sent.at(-1)).toEqual({ kind: 'answers', id: 7, answers: ['closed'] });
    // Too late: the question is answered.
    relay.hear(three, { kind: 'answer', id, ok: true, words: 'closed' });
    expect(sent.filter(({ kind }) => kind === 'answers')).toHaveLength(1);
  });
});
