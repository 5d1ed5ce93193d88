import { describe, expect, it } from 'vitest';
import type { PortConflict } from '#engine/engine.ts';
import { checkPorts } from '#stack/ports.ts';
import { fakeEngine } from '#test/support/demo-engine.ts';

const refused = (taken: readonly PortConflict[]) => checkPorts({ ...fakeEngine(), portConflicts: async () => taken }, ['kms', 'identity']);
const ofStack = (port: number, stateDir: string): PortConflict => ({
  port,
  service: 'kms',
  holder: `kms of the stack in ${stateDir} (pid 4711)`,
  stateDir,
});

describe('Ports that are taken', () => {
  it('by one stack are told in one line, with the command that stops that stack', async () => {
    await expect(refused([ofStack(25_001, '/srv/my demo'), ofStack(25_000, '/srv/my demo')])).rejects.toMatchObject({
      code: 'port-taken',
      message: 'ports 25000 and 25001 are held by the stack in /srv/my demo',
      fix: "Stop that stack: `passthru down --state-dir '/srv/my demo'`. Or start beside it: --port-base 0 takes free ports.",
    });
    await expect(refused([ofStack(25_000, '/srv/demo')])).rejects.toMatchObject({
      message: 'port 25000 is held by the stack in /srv/demo',
    });
  });

  it('by more than one holder are told one by one', async () => {
    const java: PortConflict = { port: 8081, service: 'kms', holder: 'java (pid 12)' };
    await expect(refused([ofStack(25_000, '/srv/demo'), java])).rejects.toMatchObject({
      message: 'port 25000 of kms is held by kms of the stack in /srv/demo (pid 4711); port 8081 of kms is held by java (pid 12)',
    });
  });
});
