import { describe, expect, it } from 'vitest';
import { createBatch } from '#engine/docker/batch.ts';

describe('calls that come in one turn', () => {
  it('are one piece of work, and the next ones wait until it is done', async () => {
    const batches: string[][] = [];
    let running = 0;
    const { do: call } = createBatch<string, string>(async (keys) => {
      running += 1;
      expect(running).toBe(1);
      batches.push([...keys]);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return new Map(keys.map((key) => [key, `${key} done`]));
    });
    const signal = new AbortController().signal;
    const first = ['a', 'b', 'a'].map((key) => call(key, signal));
    await new Promise((resolve) => setImmediate(resolve));
    const later = call('c', signal);
    expect(await Promise.all([...first, later])).toEqual(['a done', 'b done', 'a done', 'c done']);
    expect(batches).toEqual([['a', 'b'], ['c']]);
  });

  it('are waited for by whoever wants nothing under way, however they end', async () => {
    const { promise: going, reject } = Promise.withResolvers<ReadonlyMap<string, string>>();
    const batch = createBatch<string, string>(() => going);
    await batch.idle();
    const call = batch.do('a', new AbortController().signal);
    const events: string[] = [];
    const idle = batch.idle().then(() => events.push('idle'));
    const failed = call.catch(() => events.push('failed'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(events).toEqual([]);
    reject(new Error('no engine'));
    await Promise.all([idle, failed]);
    expect(events.toSorted()).toEqual(['failed', 'idle']);
  });

  it('fail together, and the next ones do not fail with them', async () => {
    let first = true;
    const { do: call } = createBatch<string, string>((keys) => {
      if (!first) return Promise.resolve(new Map(keys.map((key) => [key, 'done'])));
      first = false;
      return Promise.reject(new Error('no engine'));
    });
    const signal = new AbortController().signal;
    await expect(Promise.all([call('a', signal), call('b', signal)])).rejects.toThrow('no engine');
    expect(await call('c', signal)).toBe('done');
  });
});
