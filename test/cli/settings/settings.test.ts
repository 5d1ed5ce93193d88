import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandTree } from '#cli/main.ts';
import { resolveSettings } from '#cli/settings/resolve-settings.ts';
import { fileKeyOf, flagOf, type Setting, variableOf } from '#cli/settings/setting.ts';
import { type CliSettings, SETTINGS } from '#cli/settings/settings.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

type SettingKey = keyof typeof SETTINGS;

/** A good value of each setting that is not its default: as text, as YAML has it, and as the CLI works with it. */
const OTHERS: Readonly<Record<SettingKey, readonly [text: string, yaml: string, value: unknown]>> = {
  engine: ['docker', 'docker', 'docker'],
  stateDir: ['/srv/state', '/srv/state', '/srv/state'],
  portKms: ['18081', '18081', 18_081],
  portIdentity: ['18082', '18082', 18_082],
  portBase: ['0', '0', 0],
  output: ['json', 'json', 'json'],
  color: ['no', 'false', false],
  verbosity: ['quiet', 'quiet', 'quiet'],
  host: ['kms.test, 0:0::1', '[kms.test, 0:0::1]', ['kms.test', '::1']],
  profile: ['dev', 'dev', 'dev'],
  onFailure: ['stop', 'stop', 'stop'],
  healthTimeout: ['2m', '2m', 120_000],
  retry: ['3', '3', 3],
  retryDelay: ['250ms', '250ms', 250],
  retryBackoff: ['1.5', '1.5', 1.5],
  rm: ['yes', 'true', true],
  onPartial: ['cleanup', 'cleanup', 'cleanup'],
  report: ['/srv/report.html', '/srv/report.html', '/srv/report.html'],
  browser: ['true', 'true', true],
  evidence: ['/srv/evidence', '/srv/evidence', '/srv/evidence'],
  junit: ['/srv/junit.xml', '/srv/junit.xml', '/srv/junit.xml'],
};

const resolved = async (sources: { stated?: object; env?: Record<string, string>; project?: string }): Promise<CliSettings> => {
  await using folder = await temporaryDirectory();
  const { stated = {}, env = {}, project } = sources;
  if (project !== undefined) await writeFile(join(folder.path, 'passthru.yml'), project);
  const places = { cwd: folder.path, home: folder.path, startsStack: true, warn: (text: string) => expect.unreachable(text) };
  return (await resolveSettings({ stated: { ...stated }, flags: {}, env, ...places })).settings;
};

/** Flags of the commands that have all settings between them. */
const offered = commandTree(fakeProcess({ cwd: '/' }))
  .commands.filter((command) => ['demo', 'exec', 'prepare'].includes(command.name()))
  .flatMap((command) => command.options.map((option) => ({ command: command.name(), option })));

describe.each(Object.entries<Setting<unknown>>(SETTINGS))('The row of %s', (key, row) => {
  const [text, yaml, value] = OTHERS[key as SettingKey];

  it('gives a variable and a key of a settings file, which mean the same', async () => {
    const usual = await resolved({});
    expect(usual[key as SettingKey]).not.toEqual(value);
    expect(await resolved({ env: { [variableOf(key)]: text } })).toEqual({ ...usual, stateDir: expect.anything(), [key]: value });
    expect(await resolved({ project: `${fileKeyOf(key)}: ${yaml}\n` })).toMatchObject({ [key]: value });
  });

  it('gives its flags to commander, with help, default and choices', () => {
    for (const { group, spelling = `${flagOf(key)} <${row.type.placeholder}>`, help, means, hasOwnDefault = false } of row.flags) {
      const where = group === 'prepare' || group === 'exec' ? group : 'demo';
      const option = offered.find((each) => each.command === where && each.option.flags === spelling)?.option;
      expect(option?.description).toBe(help);
      if (means !== undefined) continue;
      expect([option?.argChoices, option?.defaultValue]).toEqual([
        row.type.choices,
        hasOwnDefault ? undefined : (row.default ?? undefined),
      ]);
    }
  });

  it('words the error of a bad value', async () => {
    await expect(resolved({ stated: { [key]: '' } })).rejects.toMatchObject({
      code: 'usage',
      message: `${flagOf(key)} must be ${row.type.form}, not ""`,
      fix: `Use ${row.type.form}.`,
    });
  });
});
