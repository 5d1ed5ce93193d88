import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tearDown } from '#cli/tear-down.ts';
import type { Engine } from '#engine/engine.ts';
import { fail, ok } from '#infra/apperr/result.ts';

type Down = Engine['down'];

const press = () => {
  const [first, second] = [new AbortController(), new AbortController()];
  return { second, session: { interrupts: { first: first.signal, second: second.signal, [Symbol.dispose]: () => undefined } } };
};

/** An engine of which only the teardown is asked. */
const engineThat = (down: Down): Engine => ({ down }) as Engine;

/** Services that end only when they are killed: when the signal aborts. */
const stubborn: Down = ({ signal }) =>
  new Promise((resolve) => {
    signal?.addEventListener('abort', () => resolve(ok(['kms'])), { once: true });
  });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('The teardown', () => {
  it('asks for nothing where nothing was started', async () => {
    const engine = engineThat(() => Promise.reject(new Error('was asked')));
    expect(await tearDown({ ...press(), engine, services: [], volumes: false })).toEqual({ stopped: [], error: null });
  });

  it('hands on which services, whether with their data, and what was stopped', async () => {
    const asked: unknown[] = [];
    const engine = engineThat(async ({ services, volumes }) => {
      asked.push({ services, volumes });
      return ok(['identity']);
    });
    expect(await tearDown({ ...press(), engine, services: ['identity', 'kms'], volumes: true })).toEqual({
      stopped: ['identity'],
      error: null,
    });
    expect(asked).toEqual([{ services: ['identity', 'kms'], volumes: true }]);
  });

  it('kills instead of waiting at the second Ctrl-C', async () => {
    const { session, second } = press();
    const torn = tearDown({ session, engine: engineThat(stubborn), volumes: false });
    second.abort();
    expect(await torn).toEqual({ stopped: ['kms'], error: null });
  });

  it('says so when even killing does not end in time', async () => {
    const { session, second } = press();
    const torn = tearDown({ session, engine: engineThat(() => new Promise(() => undefined)), volumes: false });
    second.abort();
    await vi.advanceTimersByTimeAsync(7_000);
    expect(await torn).toMatchObject({ stopped: [], error: { code: 'teardown-too-slow', fix: 'Run `passthru down` again.' } });
  });

  it('tells why the engine could not stop them', async () => {
    const engine = engineThat(async () => fail('stop-failed', 'process 4711 cannot be stopped by this user'));
    expect(await tearDown({ ...press(), engine, volumes: false })).toMatchObject({ stopped: [], error: { code: 'stop-failed' } });
  });
});
