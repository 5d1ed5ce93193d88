import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { StackEngine } from '#engine/stack-engine.ts';
import { listening, testStack } from '#test/support/engine.ts';

const never = new AbortController().signal;

const kmsOf = async (engine: StackEngine) => {
  const kms = (await engine.status()).find(({ service }) => service === 'kms');
  return { state: kms?.state, pid: kms?.pid ?? 0 };
};

/** R, S, T (it stands still), … as the kernel says. @see proc_pid_stat(5) */
const kernelState = async (pid: number): Promise<string> => {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
};

describe('Faults of processes', () => {
  it('a service that is killed has ended, and starts as it is without anything being prepared', async () => {
    await using stack = await testStack();
    const engine = stack.engine();
    await engine.up('kms', never);
    await listening(engine, 'kms');
    const { pid } = await kmsOf(engine);
    await engine.faults.inflict({ kind: 'killed', part: 'kms' });
    expect((await kmsOf(engine)).state).toBe('exited');
    expect((await engine.diagnose('kms')).signal).toBe('SIGKILL');
    expect(await engine.faults.start('kms')).toEqual({ ok: true, value: 'started' });
    const again = await kmsOf(engine);
    expect([again.state, again.pid === pid]).toEqual(['running', false]);
    expect(await engine.up('kms', never)).toEqual({ ok: true, value: 'already-running' });
  });

  it('a service that is frozen stands still until another process repairs, as after a kill of the first', async () => {
    await using stack = await testStack();
    const engine = stack.engine();
    await engine.up('kms', never);
    await listening(engine, 'kms');
    const { pid } = await kmsOf(engine);
    await engine.faults.inflict({ kind: 'frozen', part: 'kms' });
    expect(await kernelState(pid)).toBe('T');
    await engine.faults.thaw('kms');
    expect(await kernelState(pid)).not.toBe('T');
    expect(await stack.engine().faults.repair()).toEqual([{ kind: 'frozen', part: 'kms' }]);
    expect((await kmsOf(engine)).pid).toBe(pid);
  });

  it('there is no PostgreSQL to break', async () => {
    await using stack = await testStack();
    expect(await stack.engine().faults.whyNot({ kind: 'stopped', part: 'kms-postgres' })).toContain('SQLite');
  });
});
