import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { identityInPs, isAlive, processIdentity } from '#engine/state/process-identity.ts';

describe('the identity of a process', () => {
  it('is the same while it lives, another for every process, and none when it has ended', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(child, 'spawn');
    const pid = child.pid ?? 0;
    const identity = (await processIdentity(pid)) ?? '';
    expect(identity).not.toBe('');
    expect(await processIdentity(pid)).toBe(identity);
    expect(await processIdentity(process.pid)).not.toBe(identity);
    expect(await isAlive({ pid, identity })).toBe(true);
    expect(await isAlive({ pid: process.pid, identity })).toBe(false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await processIdentity(pid)).toBeNull();
    expect(await isAlive({ pid, identity })).toBe(false);
  });

  it('is read from ps where there is no /proc; a process that nobody has reaped has none', () => {
    expect(identityInPs('S    Mon Nov 23 06:26:11 2026\n')).toBe('Mon Nov 23 06:26:11 2026');
    expect(identityInPs('Ss+ Mon Nov 23 06:26:11 2026\n')).toBe('Mon Nov 23 06:26:11 2026');
    expect(identityInPs('Z+   Mon Nov 23 06:26:11 2026\n')).toBeNull();
    expect(identityInPs('')).toBeNull();
  });
});
