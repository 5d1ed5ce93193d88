import { randomUUIDv7 } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { listenersOn, listenersOnEach, nameOf, processesWithArguments } from '#engine/state/processes.ts';
import { listenOn } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** A process with one argument that nobody else has; ends with the test. */
const waitingProcess = async (argument: string) => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', argument]);
  await once(child, 'spawn');
  return {
    pid: child.pid ?? 0,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

/** Programs of another platform that print what they would print there. */
const fakePrograms = async (directory: string, outputs: Readonly<Record<string, string>>) => {
  for (const [name, output] of Object.entries(outputs)) {
    const script = `#!${process.execPath}\nprocess.stdout.write(${JSON.stringify(output)});\n`;
    await writeFile(join(directory, name), script, { mode: 0o755 });
  }
  vi.stubEnv('PATH', directory);
};

afterEach(() => void vi.unstubAllEnvs());

describe('processes', () => {
  it('are found by arguments as a whole, all of them', async () => {
    const argument = `/state/${randomUUIDv7()}/kms.yml`;
    await using child = await waitingProcess(argument);
    expect(await processesWithArguments([argument])).toEqual([child.pid]);
    expect(await processesWithArguments([argument.slice(0, -1)])).toEqual([]);
    expect(await processesWithArguments([argument, randomUUIDv7()])).toEqual([]);
  });

  it('are found by the port on which they listen, and named', async () => {
    await using listener = await listenOn(0);
    await using v6 = await listenOn(0, '::1');
    expect(await listenersOn(listener.port)).toEqual([process.pid]);
    expect(await listenersOn(v6.port)).toEqual([process.pid]);
    const closed = await listenOn(0);
    await closed[Symbol.asyncDispose]();
    expect(await listenersOnEach([v6.port, closed.port, listener.port])).toEqual([[process.pid], [], [process.pid]]);
    await using child = await waitingProcess(randomUUIDv7());
    expect(await nameOf(child.pid)).toBe(`node (pid ${child.pid})`);
    expect(await nameOf(2 ** 22 + 1)).toBe(`pid ${2 ** 22 + 1}`);
  });

  it('are not found on a port where nobody listens', async () => {
    const { port, [Symbol.asyncDispose]: close } = await listenOn(0);
    await close();
    expect(await listenersOn(port)).toEqual([]);
  });
});

describe('processes of a platform without /proc', () => {
  it('are found and named by ps and lsof', async () => {
    await using folder = await temporaryDirectory();
    const argument = `/state/${randomUUIDv7()}/kms.yml`;
    const ps = ` 4711 node passthru.js serve kms --config ${argument}\n 4712 node passthru.js serve kms --config ${argument}.old\n${process.pid} test ${argument}\n`;
    await fakePrograms(folder.path, { ps, lsof: 'p4713\nf20\np4714\n' });
    expect(await processesWithArguments(['serve', argument], 'darwin')).toEqual([4711]);
    expect(await listenersOn(8081, 'darwin')).toEqual([4713, 4714]);
    await fakePrograms(folder.path, { ps: '/usr/sbin/httpd -D FOREGROUND\n' });
    expect(await nameOf(4713, 'darwin')).toBe('httpd (pid 4713)');
  });

  it('stay unnamed where there is no lsof', async () => {
    await using folder = await temporaryDirectory();
    await fakePrograms(folder.path, {});
    expect(await listenersOn(8081, 'darwin')).toEqual([]);
    expect(await nameOf(4713, 'darwin')).toBe('pid 4713');
  });
});
