import { spawn } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { acquireLock } from '#engine/state/lock.ts';
import type { Result } from '#infra/apperr/result.ts';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
};

/** Another process that takes the lock and keeps it until it is killed. */
const holderProcess = async (stateDir: string, command: string) => {
  const script = `
    import { acquireLock } from '#engine/state/lock.ts';
    const lock = await acquireLock({ stateDir: process.argv[1], command: process.argv[2] });
    console.log(lock.ok ? 'held' : lock.error.message);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script, stateDir, command], { cwd: ROOT });
  for await (const line of createInterface({ input: child.stdout })) {
    expect(line).toBe('held');
    break;
  }
  return {
    pid: child.pid ?? 0,
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

describe('the lock of a state folder', () => {
  it('tells the second one who holds it, with what command and for how long', async () => {
    await using folder = await temporaryDirectory();
    const command = `demo ${randomUUIDv7()}`;
    const start = Date.now();
    await using _lock = valueOf(await acquireLock({ stateDir: folder.path, command, now: () => start }));
    const second = await acquireLock({ stateDir: folder.path, command: 'down', now: () => start + 42_000 });
    expect(second).toMatchObject({
      ok: false,
      error: { code: 'lock-held', message: `passthru ${command} (pid ${process.pid}) has held the lock of ${folder.path} for 42 s` },
    });
  });

  it('is free again when it was let go, and leaves an empty folder behind', async () => {
    await using folder = await temporaryDirectory();
    const stateDir = join(folder.path, 'state');
    for (const command of ['first', 'second']) await valueOf(await acquireLock({ stateDir, command }))[Symbol.asyncDispose]();
    expect(existsSync(stateDir)).toBe(false);
  });

  it('that came with a copy of the folder holds nothing, while that of the original does; a folder that was moved stays locked', async () => {
    await using folder = await temporaryDirectory();
    const [original, copy, moved] = ['original', 'copy', 'moved'].map((name) => join(folder.path, name)) as [string, string, string];
    const command = `demo ${randomUUIDv7()}`;
    await using _lock = valueOf(await acquireLock({ stateDir: original, command }));
    await cp(original, copy, { recursive: true });
    const warnings: string[] = [];
    await valueOf(await acquireLock({ stateDir: copy, command: 'down', warn: (text) => warnings.push(text) }))[Symbol.asyncDispose]();
    expect(warnings).toEqual([`replaced the lock of "${command}" (pid ${process.pid}), which holds ${original}, not this copy of it`]);
    expect(await acquireLock({ stateDir: original, command: 'down' })).toMatchObject({ ok: false, error: { code: 'lock-held' } });
    await symlink(original, copy);
    expect(await acquireLock({ stateDir: copy, command: 'down' })).toMatchObject({ ok: false, error: { code: 'lock-held' } });
    await rename(original, moved);
    expect(await acquireLock({ stateDir: moved, command: 'down' })).toMatchObject({ ok: false, error: { code: 'lock-held' } });
  });

  it('goes to exactly one of many who ask at once', async () => {
    await using folder = await temporaryDirectory();
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => acquireLock({ stateDir: folder.path, command: `run ${i}` })));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(await readdir(folder.path)).toEqual(['lock']);
  });

  it('is refused while another process holds it, and taken over when that was killed', async () => {
    await using folder = await temporaryDirectory();
    const command = `demo ${randomUUIDv7()}`;
    const holder = await holderProcess(folder.path, command);
    const refused = await acquireLock({ stateDir: folder.path, command: 'down' });
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'lock-held', message: expect.stringContaining(`${command} (pid ${holder.pid})`) },
    });
    await holder.kill();
    const warnings: string[] = [];
    await using _lock = valueOf(await acquireLock({ stateDir: folder.path, command: 'down', warn: (text) => warnings.push(text) }));
    expect(warnings).toEqual([`took over the lock of "${command}" (pid ${holder.pid}), which is gone`]);
  });

  it('of a number that belongs to another process by now is taken over, by one of many', async () => {
    await using folder = await temporaryDirectory();
    const stale = { pid: process.pid, identity: 'another boot:1', command: 'demo all', acquired_at: 0, folder: folder.path };
    await writeFile(join(folder.path, 'lock'), JSON.stringify(stale));
    const results = await Promise.all(Array.from({ length: 10 }, (_, i) => acquireLock({ stateDir: folder.path, command: `run ${i}` })));
    expect(results.filter((result) => result.ok)).toHaveLength(1);
  });

  for (const damage of ['', 'no JSON', '{"pid":1}', '[]', 'null']) {
    it(`that is damaged (${damage || 'empty'}) is replaced, with a warning`, async () => {
      await using folder = await temporaryDirectory();
      await writeFile(join(folder.path, 'lock'), damage);
      const warnings: string[] = [];
      await using _lock = valueOf(await acquireLock({ stateDir: folder.path, command: 'demo all', warn: (text) => warnings.push(text) }));
      expect(warnings).toEqual(['the lock was damaged and has been replaced']);
    });
  }

  it('that somebody else has taken meanwhile is not let go by the one before', async () => {
    await using folder = await temporaryDirectory();
    const lock = valueOf(await acquireLock({ stateDir: folder.path, command: 'demo all' }));
    await writeFile(join(folder.path, 'lock'), 'of somebody else');
    await lock[Symbol.asyncDispose]();
    expect(await readFile(join(folder.path, 'lock'), 'utf8')).toBe('of somebody else');
  });

  it('cannot be had where no folder can be made, which is said with a fix', async () => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'file'), '');
    const result = await acquireLock({ stateDir: join(folder.path, 'file', 'state'), command: 'demo all' });
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'state-folder-unusable', cause: { code: 'enotdir' }, fix: expect.stringContaining('--state-dir') },
    });
    await mkdir(join(folder.path, 'state', 'lock'), { recursive: true });
    expect(await acquireLock({ stateDir: join(folder.path, 'state'), command: 'demo all' })).toMatchObject({ ok: false });
  });
});
