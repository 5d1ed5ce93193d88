import { describe, expect, it } from 'vitest';
import { writeStackRecord } from '#stack/record/stack-record.ts';
import { main } from '#cli/main.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { dockerEngine } from '#test/support/docker.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const hasDocker = await dockerEngine();

/** `reset-demo` where nothing runs: it refuses, and its report names the profile. */
const reset = async (stateDir: string, engine: string, output: string, env: Readonly<Record<string, string>>): Promise<string> => {
  const ports = await reservePorts();
  const where = ['--state-dir', stateDir, '--port-kms', `${ports.kms}`, '--port-identity', `${ports.identity}`];
  const cli = fakeProcess({ cwd: stateDir, env });
  await main(['reset-demo', '--engine', engine, '--output', output, ...where], cli);
  process.exitCode = 0;
  return output === 'json' ? cli.written.out : cli.written.err;
};

describe('The profile of a stack that is reset', () => {
  it.each(['dev', 'ci'])('stands in headline and document: %s', async (profile) => {
    await using folder = await temporaryDirectory();
    const env = { PASSTHRU_PROFILE: profile };
    expect(JSON.parse(await reset(folder.path, 'embedded', 'json', env))).toMatchObject({ command: 'reset-demo all', profile });
    expect(await reset(folder.path, 'embedded', 'human', env)).toContain(`profile ${profile}`);
  });

  it.runIf(hasDocker)('is on Docker the one that it was brought up with, and before any start that of the options', async () => {
    await using folder = await temporaryDirectory();
    const env = { ...(process.env as Readonly<Record<string, string>>), PASSTHRU_PROFILE: 'dev' };
    expect(JSON.parse(await reset(folder.path, 'docker', 'json', env))).toMatchObject({ profile: 'dev' });
    await writeStackRecord({ engine: 'docker', stateDir: folder.path, portKms: 12_001, portIdentity: 12_002, profile: 'ci' });
    expect(JSON.parse(await reset(folder.path, 'docker', 'json', env))).toMatchObject({ profile: 'ci' });
  });
});
