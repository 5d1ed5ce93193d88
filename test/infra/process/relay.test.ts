import { describe, expect, it } from 'vitest';
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
