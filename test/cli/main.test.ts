import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { main } from '#cli/main.ts';
import { fakeSurroundings } from '#test/support/cli-surroundings.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** Runs a command line in an empty folder, without a process of its own. */
const typed = async (line: string, files: Readonly<Record<string, string>> = {}, env: Record<string, string> = {}) => {
  await using folder = await temporaryDirectory();
  const cwd = join(folder.path, 'work');
  await mkdir(cwd);
  for (const [name, text] of Object.entries(files)) await writeFile(join(cwd, name), text);
  const surroundings = fakeSurroundings({ cwd, env });
  await main(line === '' ? [] : line.split(' '), surroundings);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, ...surroundings.written };
};

afterEach(() => {
  process.exitCode = 0;
});

describe('passthru', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
    expect(await typed('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it('lists its commands with --help, and not the hidden one', async () => {
    const { code, out } = await typed('--help');
    expect(code).toBe(0);
    for (const command of ['demo', 'reset-demo', 'status', 'logs', 'down', 'prepare', 'serve'])
      expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    expect(out).toContain('Exit codes: 0 all passed');
    expect((await typed('serve --help')).out).not.toContain('telemetry');
  });

  it.each([
    ['', 'Usage: passthru'],
    ['dmeo all', 'Did you mean demo?'],
    ['demo', "missing required argument 'what'"],
    ['demo kmss', 'Allowed choices are kms, identity, all'],
    ['demo all --fail-fats', 'Did you mean --fail-fast?'],
    ['demo all --fail-fast --continue-on-error', 'cannot be used with'],
    ['demo all -q -v', 'cannot be used with'],
    ['status now', 'too many arguments'],
    ['serve kms', '--config'],
    ['logs kmss', 'Allowed choices are telemetry, identity, kms'],
    ['logs --tail many', '--tail must be a whole number'],
    ['demo all --engine podman', 'one of auto, docker, embedded'],
    ['demo all --port-kms 8082', 'port 8082 is wanted by both the KMS (--port-kms) and Identity'],
    ['status --output xml', '--output must be one of human, json, structured'],
  ])('"%s" is a usage error, exit code 64, that says: %s', async (line, said) => {
    const { code, out, err } = await typed(line);
    expect(code).toBe(64);
    expect(err.replaceAll(/\s+/g, ' ')).toContain(said);
    expect(out).toBe('');
  });

  it('tells a usage error as one document where JSON is wanted', async () => {
    const { code, out } = await typed('demo all --output json --retry x');
    expect(code).toBe(64);
    expect(JSON.parse(out)).toMatchObject({ version: 1, command: 'demo all', exit_code: 64, error: { code: 'usage', cause: null } });
  });

  it('names every bad setting at once, each with its source', async () => {
    const { code, err } = await typed('status', { 'passthru.yml': 'retry: x\nprofil: ci\n' }, { PASSTHRU_PORT_KMS: 'y' });
    expect(code).toBe(64);
    expect(err).toContain('environment variable PASSTHRU_PORT_KMS must be a port');
    expect(err).toContain('passthru.yml#/retry must be a whole number');
    expect(err).toContain('passthru.yml#/profil is not a known field');
    expect(err).toContain('3 values are wrong');
  });

  it('tells of every wrong field of a server configuration, with exit code 1', async () => {
    const { code, err } = await typed('serve kms --config /nowhere/kms.yml');
    expect(code).toBe(1);
    expect(err).toContain('passthru serve kms failed');
    expect(err).toContain('/nowhere/kms.yml');
  });
});
