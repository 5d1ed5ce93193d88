import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { processesWithArguments } from '#engine/state/processes.ts';
import { orThrow } from '#infra/apperr/or-throw.ts';
import { claimFreePorts } from '#stack/claims/free-ports.ts';
import { holdFolder, userFolder } from '#stack/claims/user-folder.ts';
import { createEphemeralStack, type EphemeralStackOptions } from '#stack/ephemeral/create-ephemeral-stack.ts';
import { reapAbandonedStacks } from '#stack/ephemeral/reap-abandoned-stacks.ts';
import { openStack } from '#stack/open-stack.ts';
import { ROOT } from '#test/support/engine.ts';
import { listening } from '#test/support/listening.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** Temporary files of this test alone: what is left of a stack is seen there. */
beforeEach(async () => {
  const folder = await temporaryDirectory();
  vi.stubEnv('TMPDIR', folder.path);
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await folder[Symbol.asyncDispose]();
  });
});

const filesOfUser = async (): Promise<readonly string[]> => readdir(process.env['TMPDIR'] ?? '');

const OPTIONS: EphemeralStackOptions = { holder: 'a suite', engine: 'embedded', env: { DOCKER_HOST: 'unix:///no.sock' } };

/** Another process that runs a script on a stack of its own until it is killed; it tells the state folder. */
const ownerProcess = async () => {
  const script = `
    import { createEphemeralStack } from '#stack/ephemeral/create-ephemeral-stack.ts';
    const ephemeral = await createEphemeralStack(${JSON.stringify(OPTIONS)});
    const stack = await ephemeral.open();
    const { signal } = new AbortController();
    await stack.engine.prepare(signal);
    await stack.recordStart();
    await stack.engine.up('telemetry', signal);
    console.log(ephemeral.stateDir);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [stateDir = ''] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    stateDir: String(stateDir),
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

const servicesOf = (stateDir: string) => processesWithArguments(['serve', join(stateDir, 'config/telemetry.yml')]);

describe('An ephemeral stack', () => {
  it('has a state folder that nobody else may enter, and leaves nothing when it ends', async () => {
    const warnings: string[] = [];
    {
      await using ephemeral = await createEphemeralStack({ ...OPTIONS, warn: (text) => warnings.push(text) });
      expect((await stat(await userFolder())).mode & 0o777).toBe(0o700);
      {
        await using stack = await ephemeral.open();
        orThrow(await stack.engine.prepare(new AbortController().signal));
        await stack.recordStart();
        orThrow(await stack.engine.up('telemetry', new AbortController().signal));
      }
      await using found = await openStack({ stateDir: ephemeral.stateDir, purpose: 'find', env: OPTIONS.env });
      {
        await using again = await ephemeral.open();
        expect(found.engine.endpoints()).toEqual(again.engine.endpoints());
      }
    }
    expect([warnings, await filesOfUser()]).toEqual([[], []]);
  });

  it('that is refused what it needs leaves nothing either', async () => {
    await using ephemeral = await createEphemeralStack({ ...OPTIONS, engine: 'docker' });
    await expect(ephemeral.open()).rejects.toMatchObject({ code: expect.stringMatching(/^docker-/) });
    expect(await ephemeral.end(AbortSignal.abort())).toEqual({ ok: true, value: [] });
    expect(await ephemeral.end(AbortSignal.abort())).toEqual({ ok: true, value: [] });
    expect(await filesOfUser()).toEqual([]);
  });

  it('of a living owner is left alone; that of a killed one is reaped, once, with its service', async () => {
    const warnings: string[] = [];
    const reap = () => reapAbandonedStacks({ env: OPTIONS.env, warn: (text) => warnings.push(text) });
    const { stateDir, kill } = await ownerProcess();
    await reap();
    expect([existsSync(stateDir), (await servicesOf(stateDir)).length]).toEqual([true, 1]);
    await kill();
    await Promise.all([reap(), reap(), reap()]);
    expect(warnings).toEqual([`removed the stack that a killed run left behind (${stateDir})`]);
    expect(await servicesOf(stateDir)).toEqual([]);
    expect(await filesOfUser()).toEqual([]);
  });

  it('on which another command still works at its end stays, and is told', async () => {
    const ephemeral = await createEphemeralStack(OPTIONS);
    const busy = await ephemeral.open();
    expect(await ephemeral.end(AbortSignal.abort())).toMatchObject({ ok: false, error: { code: 'lock-held' } });
    await busy[Symbol.asyncDispose]();
    await reapAbandonedStacks(OPTIONS);
    expect(await filesOfUser()).toEqual([]);
  });
});

describe('The folder of a user', () => {
  it('that others may write to is refused', async () => {
    const user = await userFolder();
    await mkdir(user);
    await chmod(user, 0o777);
    await expect(createEphemeralStack(OPTIONS)).rejects.toMatchObject({
      code: 'temporary-folder-unusable',
      cause: { code: 'folder-open' },
    });
  });

  it('is found without a home', async () => {
    vi.stubEnv('HOME', undefined);
    expect(dirname(await userFolder())).toBe(process.env['TMPDIR']);
  });
});

describe('Free ports', () => {
  it('that twenty choose at the same moment are nobody else’s', async () => {
    // All begin at the same place.
    const claims = await Promise.all(Array.from({ length: 20 }, () => claimFreePorts({ holder: 'a suite', random: () => 300 })));
    const bases = claims.map(({ base }) => base).toSorted((one, other) => one - other);
    const distances = bases.slice(1).map((base, index) => base - (bases[index] ?? 0));
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(8);
    for (const claim of claims) await claim[Symbol.asyncDispose]();
    expect(await filesOfUser()).toEqual([]);
  });

  it('are none on which somebody listens, also not on the last of them', async () => {
    const first = await claimFreePorts({ holder: 'a suite' });
    await first[Symbol.asyncDispose]();
    const index = (first.base - 20_000) / 8;
    await using _holder = await listening(createServer(), first.base + 7);
    await using second = await claimFreePorts({ holder: 'a suite', random: () => index });
    expect(second.base).not.toBe(first.base);
  });

  it('are claimed anew where he who claimed them is dead', async () => {
    const held = orThrow(await holdFolder({ of: ['ports', '29000'], holder: 'a suite' }));
    const lock = join(held.path, 'lock');
    await writeFile(lock, (await readFile(lock, 'utf8')).replace(/"identity":"[^"]*"/, '"identity":"gone"'));
    await using claim = await claimFreePorts({ holder: 'a suite', random: () => (29_000 - 20_000) / 8 });
    expect(claim.base).toBe(29_000);
  });
});
