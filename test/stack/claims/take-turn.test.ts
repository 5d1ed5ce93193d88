import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { takeTurn } from '#stack/claims/take-turn.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const NEVER = new AbortController().signal;

let folder: AsyncDisposable & { readonly path: string };
beforeEach(async () => {
  folder = await temporaryDirectory();
  vi.stubEnv('TMPDIR', folder.path);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await folder[Symbol.asyncDispose]();
});

const take = (options: { signal?: AbortSignal; onWait?: () => void } = {}) =>
  takeTurn({ holder: 'test', turns: 2, signal: NEVER, onWait: () => undefined, ...options });

describe('Turns', () => {
  it('are as many as there may be at once; who comes later waits until one is free, and is told so once', async () => {
    const [first, second] = [await take(), await take()];
    let waits = 0;
    const third = take({ onWait: () => (waits += 1) });
    await expect.poll(() => waits).toBe(1);
    await second[Symbol.asyncDispose]();
    await (await third)[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    expect(waits).toBe(1);
    expect(await readdir(folder.path)).toEqual([]);
  });

  it('end with a process that was killed', async () => {
    const program = `import { takeTurn } from ${JSON.stringify(import.meta.resolve('#stack/claims/take-turn.ts'))};
      for (let turn = 0; turn < 2; turn += 1) await takeTurn({ holder: 'test', turns: 2, signal: new AbortController().signal, onWait() {} });
      process.stdout.write('has both');
      setInterval(() => {}, 1e6);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    let waits = 0;
    const next = take({ onWait: () => (waits += 1) });
    await expect.poll(() => waits).toBe(1);
    child.kill('SIGKILL');
    await (await next)[Symbol.asyncDispose]();
  });

  it('are not waited for when the signal aborts', async () => {
    await using _first = await take();
    await using _second = await take();
    const caller = new AbortController();
    const third = take({ signal: caller.signal, onWait: () => caller.abort(new Error('no more')) });
    await expect(third).rejects.toThrow('no more');
  });
});
