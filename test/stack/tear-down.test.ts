import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tearDown } from '#stack/tear-down.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import { fail, ok } from '#infra/apperr/result.ts';

type Down = StackEngine['down'];

/** A signal that never aborts. */
const unhurried = (): AbortSignal => new AbortController().signal;

/** An engine of which only the teardown is asked. */
const engineThat = (down: Down): StackEngine => ({ down }) as StackEngine;

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
    expect(await tearDown(engine, { services: [], volumes: false, hurry: unhurried() })).toEqual(ok([]));
  });

  it('hands on which services, whether with their data, and what was stopped', async () => {
    const asked: unknown[] = [];
    const engine = engineThat(async ({ services, volumes }) => {
      asked.push({ services, volumes });
      return ok(['identity']);
    });
    expect(await tearDown(engine, { services: ['identity', 'kms'], volumes: true, hurry: unhurried() })).toEqual(ok(['identity']));
    expect(asked).toEqual([{ services: ['identity', 'kms'], volumes: true }]);
  });

  it('kills instead of waiting when it is told to hurry', async () => {
    const hurry = new AbortController();
    const torn = tearDown(engineThat(stubborn), { volumes: false, hurry: hurry.signal });
    hurry.abort();
    expect(await torn).toEqual(ok(['kms']));
  });

  it('says so when even killing does not end in time', async () => {
    const hurry = new AbortController();
    const torn = tearDown(
      engineThat(() => new Promise(() => undefined)),
      { volumes: false, hurry: hurry.signal },
    );
    hurry.abort();
    await vi.advanceTimersByTimeAsync(7_000);
    expect(await torn).toEqual(fail('teardown-too-slow', 'not all services ended in time', { fix: 'Run `passthru down` again.' }));
  });

  it('tells why the engine could not stop them', async () => {
    const engine = engineThat(async () => fail('stop-failed', 'process 4711 cannot be stopped by this user'));
    expect(await tearDown(engine, { volumes: false, hurry: unhurried() })).toMatchObject({ ok: false, error: { code: 'stop-failed' } });
  });
});
