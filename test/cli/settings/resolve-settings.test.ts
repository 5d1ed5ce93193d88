import { randomUUIDv7 } from 'node:crypto';
import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SettingRows } from '#cli/settings/setting.ts';
import { writeStackRecord } from '#stack/record/stack-record.ts';
import { resolveSettings, type SettingSources } from '#cli/settings/resolve-settings.ts';

import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** A working folder and a home, with the settings files that a test writes. */
const place = async (files: { project?: string; user?: string } = {}) => {
  const folder = await temporaryDirectory();
  const inputs = { cwd: join(folder.path, 'work'), home: join(folder.path, 'home') };
  await mkdir(inputs.cwd, { recursive: true });
  if (files.project !== undefined) await writeFile(join(inputs.cwd, 'passthru.yml'), files.project);
  const user = join(inputs.home, '.config/passthru/config.yml');
  await mkdir(dirname(user), { recursive: true });
  if (files.user !== undefined) await writeFile(user, files.user);
  const warnings: string[] = [];
  return {
    ...inputs,
    warnings,
    user,
    resolve: async (rest: Partial<Omit<SettingSources<SettingRows>, 'flags'>> = {}) =>
      (
        await resolveSettings({
          stated: {},
          flags: {},
          env: {},
          startsStack: true,
          ...inputs,
          warn: (text) => warnings.push(text),
          ...rest,
        })
      ).settings,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
};

const refusal = (promise: Promise<unknown>): Promise<{ code: string; message: string; fix: string }> =>
  promise.then(
    (value) => Promise.reject(new Error(`was accepted: ${JSON.stringify(value)}`)),
    (error: unknown) => error as { code: string; message: string; fix: string },
  );

describe('Settings', () => {
  it('have the documented defaults, with the state below the working folder', async () => {
    await using here = await place();
    expect(await here.resolve()).toEqual({
      engine: 'auto',
      stateDir: join(here.cwd, '.passthru'),
      portKms: 8081,
      portIdentity: 8082,
      output: 'human',
      color: undefined,
      verbosity: 'normal',
      profile: 'demo',
      onFailure: 'continue',
      healthTimeout: 30_000,
      retry: 0,
      retryDelay: 1000,
      retryBackoff: 2,
      rm: false,
      browser: false,
      onPartial: 'keep',
    });
  });

  it('come from flags before environment before project file before user file', async () => {
    await using here = await place({ project: 'port_kms: 13000\nretry: 3\n', user: 'port_kms: 14000\nretry: 4\nport_identity: 24000\n' });
    const env = { PASSTHRU_PORT_KMS: '12000' };
    expect(await here.resolve({ stated: { portKms: '11000' }, env })).toMatchObject({ portKms: 11_000, portIdentity: 24_000 });
    expect((await here.resolve({ env })).portKms).toBe(12_000);
    expect((await here.resolve()).portKms).toBe(13_000);
    expect((await here.resolve()).retry).toBe(3);
    expect((await here.resolve({ cwd: here.home })).portKms).toBe(14_000);
  });

  it('read the user file from an absolute XDG_CONFIG_HOME, and ignore a relative one', async () => {
    await using here = await place({ user: 'retry: 4\n' });
    await mkdir(join(here.home, 'xdg/passthru'), { recursive: true });
    await writeFile(join(here.home, 'xdg/passthru/config.yml'), 'retry: 5\n');
    expect((await here.resolve({ env: { XDG_CONFIG_HOME: join(here.home, 'xdg') } })).retry).toBe(5);
    expect((await here.resolve({ env: { XDG_CONFIG_HOME: 'xdg' } })).retry).toBe(4);
  });

  describe('of the last start', () => {
    const startedOn = async (cwd: string, portKms: number, portIdentity: number): Promise<void> => {
      await writeStackRecord({ engine: 'embedded', stateDir: join(cwd, '.passthru'), portKms, portIdentity, profile: 'ci' });
    };

    it('are remembered by the state folder; whatever is stated counts more for a start', async () => {
      await using here = await place({ project: 'port_kms: 13000\n' });
      await startedOn(here.cwd, 18_081, 18_082);
      expect(await here.resolve()).toMatchObject({ portKms: 13_000, portIdentity: 18_082, profile: 'ci', rm: true });
      expect(await here.resolve({ stated: { portIdentity: '11500' } })).toMatchObject({ portIdentity: 11_500 });
      expect(here.warnings).toEqual([
        `${join(here.cwd, 'passthru.yml')}#/port_kms says 13000; this stack was last started on 18081`,
        `${join(here.cwd, 'passthru.yml')}#/port_kms says 13000; this stack was last started on 18081`,
        '--port-identity says 11500; this stack was last started on 18082',
      ]);
    });

    it('count more than variables and files for a command that looks for the stack, and less than its flags', async () => {
      await using here = await place({ project: 'port_kms: 13000\n' });
      await startedOn(here.cwd, 18_081, 18_082);
      const env = { PASSTHRU_PORT_IDENTITY: '12000', PASSTHRU_PROFILE: 'dev' };
      const find = { startsStack: false, env };
      expect(await here.resolve(find)).toMatchObject({ portKms: 18_081, portIdentity: 18_082, profile: 'ci' });
      const ofVariable =
        'environment variable PASSTHRU_PORT_IDENTITY says 12000; this stack was last started on 18082, which is what counts here';
      expect(here.warnings).toEqual([
        expect.stringMatching(/port_kms says 13000; this stack was last started on 18081, which is what counts here$/),
        ofVariable,
      ]);
      here.warnings.length = 0;
      expect((await here.resolve({ ...find, stated: { portKms: '11000' } })).portKms).toBe(11_000);
      expect(here.warnings).toEqual(['--port-kms says 11000; this stack was last started on 18081', ofVariable]);
    });

    it('are named where a stated port clashes with them', async () => {
      await using here = await place();
      await startedOn(here.cwd, 18_081, 18_082);
      const { message } = await refusal(here.resolve({ stated: { portKms: '17082' } }));
      expect(message).toBe(
        "port 18082 is wanted by both the KMS's admin listener (--port-kms) and Identity (port_identity of the last start)",
      );
    });
  });

  it('in a subfolder are those of the project above, whose state folder it is', async () => {
    await using here = await place({ project: 'retry: 3\n' });
    const stateDir = join(here.cwd, '.passthru');
    await writeStackRecord({ engine: 'embedded', stateDir, portKms: 18_081, portIdentity: 18_082, profile: 'demo' });
    const below = join(here.cwd, 'docs/guides');
    await mkdir(below, { recursive: true });
    expect(await here.resolve({ cwd: below })).toMatchObject({ stateDir, retry: 3, portKms: 18_081 });
    expect(await here.resolve({ cwd: below, stated: { stateDir: 'own' } })).toMatchObject({ stateDir: join(below, 'own'), portKms: 8081 });
    await writeFile(join(below, 'passthru.yml'), 'retry: 5\n');
    expect(await here.resolve({ cwd: below })).toMatchObject({ stateDir, retry: 5 });
  });

  describe.runIf(process.getuid?.() === 0)('of a state folder that belongs to another user', () => {
    const OTHER = 54_321;

    /** A folder in which everybody may write, and in it a stack that another user put there. */
    const planted = async (files: { project?: string } = {}) => {
      const here = await place(files);
      const stateDir = join(here.cwd, '.passthru');
      await writeStackRecord({ engine: 'embedded', stateDir, portKms: 18_081, portIdentity: 18_082, profile: 'demo' });
      await chown(stateDir, OTHER, OTHER);
      await chmod(here.cwd, 0o1777);
      return { ...here, stateDir };
    };
    const notOurs = (path: string) => ({
      code: 'state-folder-not-ours',
      message: `the state folder ${path} belongs to another user (uid ${OTHER})`,
      fix: expect.stringContaining('--state-dir'),
    });

    it('are not read where it is ours and others may write to it', async () => {
      await using here = await place();
      const stateDir = join(here.cwd, '.passthru');
      await writeStackRecord({ engine: 'embedded', stateDir, portKms: 18_081, portIdentity: 18_082, profile: 'demo' });
      await chmod(stateDir, 0o777);
      expect(await refusal(here.resolve())).toMatchObject({ code: 'folder-open', fix: expect.stringContaining('chmod go-w') });
    });

    it.each([true, false])('are not read, in the working folder, too (a command that starts a stack: %s)', async (startsStack) => {
      await using here = await planted();
      expect(await refusal(here.resolve({ startsStack }))).toMatchObject(notOurs(here.stateDir));
    });

    it('are not read where a flag, a variable or a settings file names it, or a link leads to it', async () => {
      await using here = await planted({ project: 'state_dir: .passthru\n' });
      const link = join(here.home, `link-${randomUUIDv7()}`);
      await symlink(here.stateDir, link);
      expect(await refusal(here.resolve())).toMatchObject(notOurs(here.stateDir));
      expect(await refusal(here.resolve({ stated: { stateDir: link } }))).toMatchObject(notOurs(link));
      expect(await refusal(here.resolve({ env: { PASSTHRU_STATE_DIR: here.stateDir } }))).toMatchObject(notOurs(here.stateDir));
    });

    it('do not keep anybody from a folder of their own beside it, or in it', async () => {
      await using here = await planted();
      for (const stateDir of [join(here.cwd, 'own'), join(here.stateDir, 'own')])
        expect(await here.resolve({ stated: { stateDir } })).toMatchObject({ stateDir, portKms: 8081 });
    });
  });

  it('take times with and without a unit, in every source', async () => {
    await using here = await place({ project: 'retry_delay: 250ms\nhealth_timeout: 7\n' });
    expect(await here.resolve({ env: { PASSTHRU_HEALTH_TIMEOUT: '2m' } })).toMatchObject({
      healthTimeout: 120_000,
      retryDelay: 250,
    });
    expect((await here.resolve()).healthTimeout).toBe(7000);
    expect((await here.resolve({ stated: { healthTimeout: '500ms' } })).healthTimeout).toBe(500);
    expect((await here.resolve({ stated: { healthTimeout: '1.5' } })).healthTimeout).toBe(1500);
  });

  it('tear down at the end by default in the ci profile only, and --no-rm keeps the stack there', async () => {
    await using here = await place();
    expect((await here.resolve({ stated: { profile: 'ci' } })).rm).toBe(true);
    expect((await here.resolve({ stated: { profile: 'dev' } })).rm).toBe(false);
    expect((await here.resolve({ stated: { profile: 'ci', rm: false } })).rm).toBe(false);
  });

  it('start a relative state folder where it was stated', async () => {
    const name = randomUUIDv7();
    await using here = await place({ user: `state_dir: ${name}\n` });
    expect((await here.resolve()).stateDir).toBe(join(dirname(here.user), name));
    expect((await here.resolve({ env: { PASSTHRU_STATE_DIR: name } })).stateDir).toBe(join(here.cwd, name));
  });

  it('count an empty variable as not set', async () => {
    await using here = await place();
    expect((await here.resolve({ env: { PASSTHRU_PORT_KMS: '' } })).portKms).toBe(8081);
  });

  it('warn of a variable that is almost a setting, and leave foreign ones alone', async () => {
    await using here = await place();
    await here.resolve({ env: { PASSTHRU_PROT_KMS: '1', PASSTHRU_SOMETHING_QUITE_DIFFERENT: '1', HOME: '/' } });
    expect(here.warnings).toEqual(['PASSTHRU_PROT_KMS in the environment is not a setting; did you mean PASSTHRU_PORT_KMS?']);
  });
});

describe('Variables of the Compose files', () => {
  const env = { PASSTHRU_PORT_KMS_ADMIN: '1', PASSTHRU_TAG: '1', PASSTHRU_PORT_IDENTITY: '18082' };

  it('are no slips, and a start tells which of them it does not read', async () => {
    await using here = await place();
    expect((await here.resolve({ env })).portIdentity).toBe(18_082);
    expect(here.warnings).toEqual(
      ['PASSTHRU_PORT_KMS_ADMIN', 'PASSTHRU_TAG'].map(
        (name) => `${name} in the environment is for plain Compose; this command does not read it`,
      ),
    );
  });

  it('are nothing to tell of for a command that starts nothing', async () => {
    await using here = await place();
    await here.resolve({ env, startsStack: false });
    expect(here.warnings).toEqual([]);
  });
});

describe('A bad setting', () => {
  it('is refused as a usage error that names where it came from, what is wrong and how to mend it', async () => {
    await using here = await place({ project: 'retry: many\n' });
    const error = await refusal(here.resolve({ stated: { portKms: '80x' }, env: { PASSTHRU_HEALTH_TIMEOUT: 'soon' } }));
    expect(error.code).toBe('usage');
    expect(error.message).toContain('--port-kms must be a port from 1 to 62535');
    expect(error.message).toContain(
      'environment variable PASSTHRU_HEALTH_TIMEOUT must be a time from 100ms to 1h, for example 30s, not "soon"',
    );
    expect(error.message).toContain(`${join(here.cwd, 'passthru.yml')}#/retry must be a whole number from 0 to 10, not "many"`);
    expect(error.fix).toContain('Use a port from 1 to 62535');
  });

  it.each([
    ['engine', 'podman', 'one of auto, docker, embedded'],
    ['profile', 'production', 'one of dev, demo, ci, prod'],
    ['output', 'xml', 'one of human, json, structured'],
    ['portKms', '0', 'a port'],
    ['portKms', '62536', 'a port'],
    ['portIdentity', '-1', 'a port'],
    ['portIdentity', '80.5', 'a port'],
    ['healthTimeout', '-4', 'a time'],
    ['healthTimeout', '2h', 'a time'],
    ['retry', '1e3', 'a whole number'],
    ['retryBackoff', '0.5', 'a factor'],
    ['onPartial', 'burn', 'one of keep, cleanup'],
    ['stateDir', '', 'the path of a folder'],
  ])('%s=%s is refused', async (key, value, form) => {
    await using here = await place();
    const error = await refusal(here.resolve({ stated: { [key]: value } }));
    expect([error.code, error.message]).toEqual(['usage', expect.stringContaining(form)]);
  });

  it('of the wrong YAML type is refused: no text passes for a number there', async () => {
    await using here = await place({ project: 'port_kms: "13000"\n' });
    expect((await refusal(here.resolve())).message).toContain('passthru.yml#/port_kms must be a port');
  });

  it('that is unknown in a settings file is refused, with the name that was meant', async () => {
    await using here = await place({ project: 'prot_kms: 13000\n' });
    expect(await refusal(here.resolve())).toMatchObject({ code: 'usage', fix: 'Did you mean port_kms?' });
  });

  it('file that is not YAML, or states a key twice, or is a list, is refused with its line', async () => {
    for (const [project, said] of [
      ['port_kms: [1\n', 'line'],
      ['retry: 1\nretry: 2\n', 'line 2'],
      ['- retry\n', 'map of settings'],
    ] as const) {
      await using here = await place({ project });
      expect(await refusal(here.resolve())).toMatchObject({ code: 'usage', message: expect.stringContaining(said) });
    }
  });

  it('port_base gives both public ports, and what counts more than it says otherwise', async () => {
    await using here = await place({ project: 'port_base: 13000\n' });
    expect(await here.resolve()).toMatchObject({ portBase: 13_000, portKms: 13_000, portIdentity: 13_001 });
    expect(await here.resolve({ stated: { portBase: '0' } })).toMatchObject({ portBase: 0 });
    const apart = await here.resolve({ stated: { portKms: '18081' } });
    expect([apart.portBase, apart.portKms, apart.portIdentity]).toEqual([undefined, 18_081, 8082]);
    expect(await refusal(here.resolve({ stated: { portBase: '13000', portKms: '18081' } }))).toMatchObject({
      code: 'usage',
      message: '--port-base and --port-kms both say where the stack listens',
    });
    expect(await refusal(here.resolve({ stated: { portBase: '65529' } }))).toMatchObject({ code: 'usage' });
  });

  it('port_base of the last start is found again, by a later command without a flag', async () => {
    await using here = await place();
    const stateDir = join(here.cwd, '.passthru');
    await writeStackRecord({ engine: 'embedded', stateDir, portKms: 18_000, portIdentity: 18_001, portStep: 2, profile: 'demo' });
    const found = { portBase: 18_000, portKms: 18_000, portIdentity: 18_001 };
    expect(await here.resolve()).toMatchObject(found);
    expect(await here.resolve({ startsStack: false, env: { PASSTHRU_PORT_BASE: '0' } })).toMatchObject(found);
  });

  it.each([
    [{ portKms: '8082' }, 'the KMS (--port-kms)', 'Identity (the default of port_identity)'],
    [{ portKms: '7082' }, "the KMS's admin listener (--port-kms)", 'Identity (the default of port_identity)'],
    [{ portKms: '6082' }, 'telemetry (--port-kms)', 'Identity (the default of port_identity)'],
    [{ portKms: '5082' }, "telemetry's health (--port-kms)", 'Identity (the default of port_identity)'],
    [{ portKms: '9082' }, 'the KMS (--port-kms)', "Identity's admin listener (the default of port_identity)"],
    [{ portIdentity: '9081' }, "the KMS's admin listener (the default of port_kms)", 'Identity (--port-identity)'],
    [{ portIdentity: '9000', portKms: '8000' }, "the KMS's admin listener (--port-kms)", 'Identity (--port-identity)'],
    [{ portIdentity: '9000', portKms: '9000' }, 'the KMS (--port-kms)', 'Identity (--port-identity)'],
  ])('port that clashes is refused with both names: %j', async (stated, one, other) => {
    await using here = await place();
    const error = await refusal(here.resolve({ stated }));
    expect(error.code).toBe('usage');
    expect(error.message).toContain(one);
    expect(error.message).toContain(other);
  });
});
