import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stackProfile } from '#cli/commands/reset-demo.ts';
import { writeStackRecord } from '#cli/engine/stack-record.ts';
import { main } from '#cli/main.ts';
import { freePorts } from '#test/support/cli.ts';
import { fakeSurroundings } from '#test/support/cli-surroundings.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

describe('The profile of a stack that is reset', () => {
  it('is on Docker the one that it was brought up with, and before any start that of the options', async () => {
    await using folder = await temporaryDirectory();
    const options = { stateDir: join(folder.path, 'state'), profile: 'demo' } as const;
    expect(await stackProfile({ kind: 'docker' }, options)).toBe('demo');
    await writeStackRecord(options.stateDir, { portKms: 12_001, portIdentity: 12_002, profile: 'ci' });
    expect(await stackProfile({ kind: 'docker' }, options)).toBe('ci');
    expect(await stackProfile({ kind: 'embedded' }, options)).toBe('demo');
  });

  it.each(['dev', 'ci'])('stands in headline and document: %s', async (profile) => {
    await using folder = await temporaryDirectory();
    const ports = await freePorts();
    const where = ['--state-dir', join(folder.path, 'state'), '--port-kms', `${ports.kms}`, '--port-identity', `${ports.identity}`];
    const reset = async (output: string): Promise<string> => {
      const surroundings = fakeSurroundings({ cwd: folder.path, env: { PASSTHRU_PROFILE: profile } });
      await main(['reset-demo', '--engine', 'embedded', '--output', output, ...where], surroundings);
      process.exitCode = 0;
      return output === 'json' ? surroundings.written.out : surroundings.written.err;
    };
    expect(JSON.parse(await reset('json'))).toMatchObject({ command: 'reset-demo all', profile });
    expect(await reset('human')).toContain(`profile ${profile}`);
  });
});
