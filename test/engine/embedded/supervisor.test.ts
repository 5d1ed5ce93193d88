import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { createRecords } from '#engine/embedded/children/process-records.ts';
import { createSupervisor } from '#engine/embedded/children/supervisor.ts';
import { layoutOf } from '#engine/embedded/files/layout.ts';
import { processIdentity } from '#engine/state/process-identity.ts';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

it('A service that shows no command line any more, as one that is ending, is waited for and ended, because it is recorded', async () => {
  await using folder = await temporaryDirectory();
  const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1_000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const ended = once(child, 'exit');
  const pid = child.pid ?? 0;
  const identity = (await processIdentity(pid)) ?? '';
  const layout = layoutOf({ stateDir: folder.path, packageRoot: ROOT, profile: 'demo', portKms: 1, portIdentity: 2 });
  const [warn, now] = [() => {}, Date.now];
  const records = createRecords(layout, { warn, now });
  const times = { started_at: now(), log_offset: 0, exit: null };
  const supervisor = createSupervisor({
    layout,
    records: {
      ...records,
      read: async () => ({ identity: { pid, identity, port: 2, config_hash: '', ...times } }),
      processes: async () => [],
    },
    demoSeed: true,
    stopGraceMs: 8_000,
    now,
    warn,
  });
  expect(await supervisor.stop('identity')).toBe(true);
  expect(await ended).toEqual([null, 'SIGTERM']);
  expect(await supervisor.stop('identity')).toBe(false);
});
