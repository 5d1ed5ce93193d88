import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DEMO_COMMANDS } from '#demo/step/step.ts';
import { missingIs } from '#infra/apperr/system-error.ts';
import { fileKeyOf } from '#cli/settings/setting.ts';
import { SETTINGS } from '#cli/settings/settings.ts';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

interface Step {
  readonly name: string;
  readonly id?: string;
  readonly if?: string;
  readonly run?: string;
  readonly shell?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, string>>;
}

const text = await readFile(join(ROOT, 'action.yml'), 'utf8');
const action = parse(text) as {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description: string; readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
};
const { inputs, outputs, runs } = action;
const stepNamed = (name: string): Step => {
  const step = runs.steps.find((each) => each.name === name);
  if (step === undefined) throw new Error(`no step ${name}`);
  return step;
};
const demo = stepNamed('Run the demo');

/** A program of that name which writes down how it was called, a line an argument, and the settings that it was given. */
const recorder = async (folder: string, name: string): Promise<void> => {
  const script = `#!${process.execPath}
const given = Object.fromEntries(Object.entries(process.env).filter(([key]) => key.startsWith('PASSTHRU_')));
require('node:fs').appendFileSync(${JSON.stringify(join(folder, 'told'))}, JSON.stringify({ program: ${JSON.stringify(name)}, args: process.argv.slice(2), given }) + '\\n');
`;
  const file = join(folder, 'bin', name);
  await writeFile(file, script);
  await chmod(file, 0o755);
};

interface Called {
  readonly program: string;
  readonly args: readonly string[];
  readonly given: Readonly<Record<string, string>>;
}

/** Runs a step as a runner does: its expressions are replaced, and its script is read by bash. */
const runStep = async (step: Step, stated: Readonly<Record<string, string>> = {}) => {
  await using folder = await temporaryDirectory();
  await mkdir(join(folder.path, 'bin'));
  await mkdir(join(folder.path, 'work'));
  for (const name of ['npm', 'npx', 'node']) await recorder(folder.path, name);
  const valueOf = (name: string): string => stated[name] ?? inputs[name]?.default ?? '';
  const given = Object.entries(step.env ?? {}).map(([key, value]) => [
    key,
    value.replaceAll(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, name: string) => valueOf(name)),
  ]);
  const env = { PATH: `${join(folder.path, 'bin')}:/usr/bin:/bin`, GITHUB_ACTION_PATH: '/the action', ...Object.fromEntries(given) };
  const args = ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run ?? ''];
  const { code, stdout } = await promisify(execFile)('bash', args, { cwd: join(folder.path, 'work'), env }).then(
    (ended) => ({ code: 0, stdout: ended.stdout }),
    (ended: { readonly code: number; readonly stdout: string }) => ended,
  );
  const told = (await readFile(join(folder.path, 'told'), 'utf8').catch(missingIs(''))).split('\n').filter((line) => line !== '');
  return { code, stdout, calls: told.map((line) => JSON.parse(line) as Called), left: await readdir(join(folder.path, 'work')) };
};

describe('action.yml', () => {
  it('shows what its inputs say, and gives settings as the variables that the CLI reads', async () => {
    const { calls } = await runStep(demo, { what: 'kms', engine: 'embedded', args: '--retry 2\n  --fail-fast' });
    expect(calls).toEqual([
      {
        program: 'node',
        args: ['/the action/bin/passthru.js', 'demo', '--retry', '2', '--fail-fast', '--', 'kms'],
        given: {
          PASSTHRU_ENGINE: 'embedded',
          PASSTHRU_PROFILE: 'demo',
          PASSTHRU_REPORT: 'passthru-report/report.html',
          PASSTHRU_JUNIT: 'passthru-report/junit.xml',
          PASSTHRU_EVIDENCE: '',
        },
      },
    ]);
    const variables = Object.keys(SETTINGS).map((key) => `PASSTHRU_${fileKeyOf(key).toUpperCase()}`);
    for (const name of Object.keys(calls[0]?.given ?? {})) expect(variables).toContain(name);
    expect(DEMO_COMMANDS).toContain(inputs['what']?.default);
  });

  it('runs the code at its own ref, or a version of the npm package', async () => {
    const install = stepNamed('Install passthru');
    expect(install.if).toBe("inputs.version == ''");
    const { calls } = await runStep(install);
    expect(calls[0]).toMatchObject({ program: 'npm', args: ['ci', '--omit=dev', '--no-audit', '--no-fund', '--prefix', '/the action'] });
  });

  it.each(['1.2.3', '1.0.0-beta.1+x86', 'latest', 'v2'])('runs that version of the npm package: %s', async (version) => {
    const { code, calls } = await runStep(demo, { version });
    expect([code, calls]).toMatchObject([0, [{ program: 'npx', args: ['--yes', `passthru@${version}`, 'demo', '--', 'all'] }]]);
  });

  it.each([
    'npm:other@1',
    'git+https://evil.test/x.git',
    'file:evil',
    'https://evil.test/x',
    '../evil',
    'c:evil',
    'evil.tgz',
    'evil.tar',
    'evil.tar.GZ',
    '1.2.3\nevil',
    '-1',
    '>=1',
  ])('runs nothing for a version that npm would take for something else: %j', async (version) => {
    const { code, stdout, calls } = await runStep(demo, { version });
    expect([code, calls]).toEqual([64, []]);
    expect(stdout).toMatch(/^::error title=passthru::The input version is no version of the npm package%0AFix: [^\n]+\n$/);
  });

  it.each(['$(touch evil)', '`touch evil`', "'; touch evil; '", '"; touch evil; "', '*', '-n evil', '${IFS}&&touch${IFS}evil'])(
    'reads no input as code: %s',
    async (evil) => {
      for (const name of Object.keys(inputs)) {
        const { calls, left } = await runStep(demo, { [name]: evil });
        expect(calls, name).toHaveLength(name === 'version' ? 0 : 1);
        expect(left, name).toEqual([]);
      }
      // Words of a flag are split, and nothing else is done to them.
      const { calls } = await runStep(demo, { args: evil, what: evil });
      expect(calls[0]?.args.slice(2)).toEqual([...evil.split(' '), '--', evil]);
    },
  );

  it('writes no expression into a script, needs no secret, and pins the actions of others by commit', () => {
    const scripts = runs.steps.filter(({ run }) => run !== undefined);
    expect(scripts.map(({ shell }) => shell)).toEqual(scripts.map(() => 'bash'));
    for (const { run } of scripts) expect(run).not.toContain('${{');
    for (const uses of runs.steps.flatMap((step) => step.uses ?? [])) expect(uses).toMatch(/^actions\/[\w-]+@[0-9a-f]{40}$/);
    expect(text).not.toMatch(/secrets\.|github\.token|GITHUB_TOKEN/);
  });

  it('keeps the files of a run that failed, too, and passes on the outputs that the CLI writes', async () => {
    const upload = stepNamed('Keep report, result and evidence');
    expect(upload.if).toContain('!cancelled()');
    expect(upload.with).toMatchObject({
      name: '${{ inputs.artifact }}',
      path: '${{ inputs.report }}\n${{ inputs.junit }}\n${{ inputs.evidence }}\n',
    });
    const reporter = await readFile(join(ROOT, 'src/cli/reporters/github.ts'), 'utf8');
    for (const [name, { value }] of Object.entries(outputs)) {
      expect(value).toContain(`steps.${demo.id ?? ''}.outputs.${name}`);
      expect(reporter).toMatch(new RegExp(`^ {4}'?${name}'?[:,]`, 'm'));
    }
  });

  it('has every input and output in docs/ci.md', async () => {
    const page = await readFile(join(ROOT, 'docs/ci.md'), 'utf8');
    for (const name of [...Object.keys(inputs), ...Object.keys(outputs)]) expect(page, name).toContain(`| \`${name}\` |`);
  });
});
