import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { ServiceStatus } from '#engine/engine.ts';
import { acquireLock } from '#engine/state/lock.ts';
import { endOfStack } from '#stack/end-of-stack.ts';
import { statusOf } from '#test/support/demo-engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const never = new AbortController().signal;
const lookMs = 20;

/** A stack whose parts have, at one look after the other, these states; the last one stays. An error is an engine that does not answer. */
const stack = (...states: readonly (ServiceStatus['state'] | Error)[]) => {
  let looks = 0;
  const status = async (): Promise<readonly ServiceStatus[]> => {
    const state = states[Math.min(looks, states.length - 1)] ?? 'absent';
    looks += 1;
    if (state instanceof Error) throw state;
    return [{ ...statusOf('kms'), state }, statusOf('identity')];
  };
  return { engine: { status }, looks: () => looks };
};

describe('The end of a stack', () => {
  it('has come when none of the parts was there for some looks, and not before', async () => {
    await using folder = await temporaryDirectory();
    const there = stack('running', 'absent', 'absent', 'exited', new Error('the engine is away'), 'absent');
    await endOfStack({ engine: there.engine, parts: ['kms'], stateDir: folder.path, signal: never, lookMs });
    expect(there.looks()).toBe(5 + 6);
  });

  it('has come when the state folder is gone, whatever runs', async () => {
    const folder = await temporaryDirectory();
    await rm(folder.path, { recursive: true });
    const there = stack('running');
    await endOfStack({ engine: there.engine, parts: ['kms'], stateDir: folder.path, signal: never, lookMs });
    expect(there.looks()).toBe(6);
  });

  it('has not come while a command is at work in the state folder', async () => {
    await using folder = await temporaryDirectory();
    const lock = await acquireLock({ stateDir: folder.path, command: 'demo all' });
    if (!lock.ok) throw new Error(lock.error.message);
    const there = stack('absent');
    const end = endOfStack({ engine: there.engine, parts: ['kms'], stateDir: folder.path, signal: never, lookMs });
    await expect.poll(there.looks).toBeGreaterThan(8);
    const before = there.looks();
    await lock.value[Symbol.asyncDispose]();
    await end;
    // The look that was under way may have found the lock gone.
    expect(there.looks()).toBeGreaterThan(before + 4);
  });

  it('is not waited for any more when nobody wants to know', async () => {
    await using folder = await temporaryDirectory();
    const there = stack('running');
    await endOfStack({ engine: there.engine, parts: ['kms'], stateDir: folder.path, signal: AbortSignal.abort() });
    expect(there.looks()).toBe(0);
  });
});
