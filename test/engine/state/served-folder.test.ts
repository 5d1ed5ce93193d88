import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { processIdentity } from '#engine/state/process-identity.ts';
import { recordsByOwner } from '#engine/state/served-folder.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** A process that runs until it is disposed of, and its record in a state folder. */
const recorded = async (code: string) => {
  const child = spawn(process.execPath, ['-e', `${code}; console.log('ready'); setInterval(() => {}, 1_000);`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const pid = child.pid ?? 0;
  const record = { pid, identity: (await processIdentity(pid)) ?? '', port: 1, config_hash: '', started_at: 0, log_offset: 0, exit: null };
  return { record, [Symbol.dispose]: () => void child.kill('SIGKILL') };
};

describe.runIf(process.platform === 'linux')('The record of a service', () => {
  it('is told of as that of another program where the process says that it runs no service', async () => {
    await using folder = await temporaryDirectory();
    using other = await recorded('0');
    const { own, foreign } = await recordsByOwner({ telemetry: other.record }, folder.path);
    expect([own, foreign]).toEqual([{}, [{ service: 'telemetry', folder: 'another program' }]]);
  });

  it('stays while its process ends, which has no command line any more then', async () => {
    await using folder = await temporaryDirectory();
    using ending = await recorded("process.title = ''");
    const { own, foreign } = await recordsByOwner({ telemetry: ending.record }, folder.path);
    expect([own, foreign]).toEqual([{ telemetry: ending.record }, []]);
  });
});
