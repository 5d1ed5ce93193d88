import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { main } from '#cli/main.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** Runs a command line in an empty folder, without a process of its own. */
const typed = async (line: string, files: Readonly<Record<string, string>> = {}, env: Record<string, string> = {}) => {
  await using folder = await temporaryDirectory();
  const cwd = join(folder.path, 'work');
  await mkdir(cwd);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true });
    await writeFile(join(cwd, name), text);
  }
  const cli = fakeProcess({ cwd, env });
  await main(line === '' ? [] : line.split(' '), cli);
  const code = process.exitCode;
  process.exitCode = 0;
  return { code, ...cli.written };
};

const SINK_WITHOUT_CERTIFICATES = `
server: { host: 127.0.0.1, port: 18850, tls: { ca: ca.pem, cert: sink.pem, key: sink.key } }
directory: received
`;

afterEach(() => {
  process.exitCode = 0;
});

describe('passthru', () => {
  it('prints its version', async () => {
    const { version } = JSON.parse(await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string };
    expect(await typed('--version')).toEqual({ code: 0, out: `${version}\n`, err: '' });
  });

  it.each(['--help', 'demo --help'])('shows in %s how it was called: npx runs what is on no PATH', async (line) => {
    const { out } = await typed(line, {}, { npm_lifecycle_event: 'npx' });
    expect(out).toContain('Usage: npx passthru ');
    expect(out).toMatch(/^ {2}npx passthru demo all/m);
    expect(out).not.toMatch(/^ {2}passthru /m);
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
    ['demo kmss', '<what> must be one of kms, identity, all, not "kmss" fix Did you mean kms?'],
    ['demo', 'fix For example `passthru demo all`.'],
    ['start', "unknown command 'start' fix Did you mean up?"],
    ['stop --volumes', 'fix Did you mean down?'],
    ['run npm test', 'fix Did you mean exec?'],
    ['demo all --engine dokcer', 'fix Did you mean docker?'],
    ['drill kil-kms', 'fix Did you mean kill-kms?'],
    ['drill list', 'fix Did you mean --list?'],
    ['demo all --fail-fats', 'Did you mean --fail-fast?'],
    ['demo all --fail-fast --continue-on-error', 'cannot be used with'],
    ['demo all -q -v', 'cannot be used with'],
    ['status now', 'too many arguments'],
    ['serve kms', '--config'],
    ['logs kmss', '[part] must be one of telemetry, identity, kms, identity-postgres, kms-postgres, not "kmss"'],
    ['logs --tail many', '--tail must be 0 or more lines, for example 100, not "many"'],
    ['logs --tail -1', '--tail must be 0 or more lines, for example 100, not "-1" fix Use 0 or more lines, for example 100.'],
    ['demo all --engine podman', 'one of auto, docker, embedded'],
    ['demo all --port-kms 8082', 'port 8082 is wanted by both the KMS (--port-kms) and Identity'],
    ['status --output xml', '--output must be one of human, json, structured'],
  ])('"%s" is a usage error, exit code 64, that says: %s', async (line, said) => {
    const { code, out, err } = await typed(line);
    expect(code).toBe(64);
    expect(err.replaceAll(/\s+/g, ' ')).toContain(said);
    expect(out).toBe('');
  });

  it.each([
    ['a value of a flag', 'demo all --retry x', 'demo all', '--retry must be a whole number from 0 to 10, not "x"'],
    ['a value of a flag of one command', 'logs --tail x', 'logs', '--tail must be 0 or more lines, for example 100, not "x"'],
    ['an argument', 'demo kmss', 'demo', '<what> must be one of kms, identity, all, not "kmss"'],
    ['an unknown flag', 'status --forever', 'status', "unknown option '--forever'"],
    ['an unknown command', 'dmeo all', '', "unknown command 'dmeo'"],
    ['a flag without its value', 'down --state-dir', 'down', "option '--state-dir <folder>' argument missing"],
    ['flags that exclude each other', 'demo all -q -v', 'demo', "option '-q, --quiet' cannot be used with option '-v, --verbose'"],
    ['a flag that is missing', 'serve kms', 'serve kms', "required option '--config <file...>' not specified"],
  ])('has one shape for each usage error, in each form: %s', async (_which, line, command, message) => {
    const asked = (output: string) => typed(line, {}, { PASSTHRU_OUTPUT: output });
    const [human, json, structured] = await Promise.all(['human', 'json', 'structured'].map(asked));
    expect([human?.code, json?.code, structured?.code]).toEqual([64, 64, 64]);
    expect(human?.out).toBe('');
    expect(human?.err).toMatch(new RegExp(`^passthru ${command}${command === '' ? '' : ' '}failed\n  usage  .*\n(.*\n)*  fix  `));
    expect(human?.err.replaceAll(/\s+/g, ' ')).toContain(`usage ${message} fix `);
    const document = JSON.parse(json?.out ?? '') as { error: { fix: string } };
    expect(document).toEqual({
      version: 1,
      command,
      exit_code: 64,
      error: { code: 'usage', message, cause: null, fix: expect.stringMatching(/./) },
    });
    expect(JSON.parse(structured?.out ?? '')).toMatchObject({
      severityText: 'ERROR',
      eventName: 'passthru.error',
      body: { stringValue: message },
      attributes: [
        { key: 'error.type', value: { stringValue: 'usage' } },
        { key: 'passthru.error.fix', value: { stringValue: document.error.fix } },
        { key: 'passthru.exit_code', value: { intValue: '64' } },
      ],
    });
  });

  it.each(['status --output json --forever', 'status --forever --output=json', 'dmeo --output json'])(
    'finds out that JSON is wanted wherever the flag stands: %s',
    async (line) => {
      const { out } = await typed(line);
      expect(JSON.parse(out)).toMatchObject({ exit_code: 64, error: { code: 'usage' } });
    },
  );

  it.each([
    ['a value of a flag', 'status --state-dir='],
    ['an unknown flag', 'status --forever'],
    ['an unknown command', 'dmeo'],
  ])('finds out that JSON is wanted where a settings file says so: %s', async (_which, line) => {
    for (const file of ['passthru.yml', '.config/passthru/config.yml']) {
      const { out } = await typed(line, { [file]: 'output: json\n' });
      expect(JSON.parse(out), file).toMatchObject({ exit_code: 64, error: { code: 'usage' } });
    }
    const { out, err } = await typed(line, { 'passthru.yml': 'output: json\n' }, { PASSTHRU_OUTPUT: 'human' });
    expect([out, err]).toEqual(['', expect.stringContaining('usage')]);
  });

  it('gives no fix that only repeats which words an argument takes', async () => {
    const { code, out } = await typed('demo everything --output json');
    expect([code, JSON.parse(out)]).toMatchObject([64, { error: { fix: '' } }]);
  });

  it('names the program as it was called where it points to the help', async () => {
    const { err } = await typed('status now', {}, { npm_lifecycle_event: 'npx' });
    expect(err.replaceAll(/\s+/g, ' ')).toContain('fix `npx passthru status --help` lists what there is.');
  });

  it.each([
    ['--help', 'Usage: npx passthru [options]', '  npx passthru status                   is it well?'],
    ['demo --help', 'Usage: npx passthru demo [options] <what>', '  npx passthru demo kms --output json > report.json'],
  ])('names the program as it was called in its help: %s', async (line, usage, example) => {
    const { out } = await typed(line, {}, { npm_lifecycle_event: 'npx' });
    expect(out).toContain(usage);
    expect(out).toContain(example);
    expect(out).not.toMatch(/^ +passthru /m);
  });

  it('names the program as it was called where a server cannot start', async () => {
    await using folder = await temporaryDirectory();
    const config = join(folder.path, 'sink.yml');
    await writeFile(config, SINK_WITHOUT_CERTIFICATES);
    const { code, err } = await typed(`serve telemetry --config ${config}`, {}, { npm_lifecycle_event: 'npx' });
    expect(code).toBe(1);
    expect(err.replaceAll(/\s+/g, ' ')).toContain('Run `npx passthru prepare`, which makes missing certificates again.');
  });

  it.each([
    ['tenant create', ['--administrator <user>', '--operator <folder>']],
    ['account create', ['--tenant <id>', '--email <address>']],
    ['client create', ['--grant <grant...>']],
    ['client change', []],
    ['signing-key list', []],
    ['barrier unseal', ['--operator <folder>']],
    ['audit export', ['--operator <folder>']],
    ['realm add', ['--tenant <name>', '--role <role...>']],
    ['health', ['--ca <file>']],
  ])('marks in the help of %s what must be given, and nothing else', async (name, required) => {
    const { out } = await typed(`${name} --help`);
    const options =
      out
        .split('Options:')[1]
        ?.split('\n\n')[0]
        ?.split(/\n(?= {2}-)/) ?? [];
    const marked = options.filter((option) => option.endsWith('(required)')).map((option) => option.trim().split(/ {2,}/)[0]);
    expect(marked).toEqual(required);
  });

  it.each(['tenant create', 'barrier status', 'audit head'])(
    'says in the help of %s where the files of an operator of a demo are',
    async (name) => {
      const { out } = await typed(`${name} --help`);
      expect(out.replaceAll(/\s+/g, ' ')).toContain('--operator <folder> folder with ca.pem');
      expect(out.replaceAll(/\s+/g, ' ')).toContain('of a demo: .passthru/tls (required)');
      expect(out.split('Examples:')[1]).toContain('--operator .passthru/tls');
    },
  );

  it.each(['account create', 'account list', 'client create', 'client rotate-secret', 'signing-key list'])(
    'says in the help of %s that it finds the stack, and how to ask another Identity',
    async (name) => {
      const { out } = await typed(`${name} --help`);
      expect(out.replaceAll(/\s+/g, ' ')).toContain('cli-client.pem and .key (default: of the stack here)');
      expect(out.split('Examples:')[1]).toContain('--operator /srv/passthru/operator');
    },
  );

  it.each(['tenant create', 'account create', 'client create'])('says in the help of %s how long a password must be', async (name) => {
    const { out } = await typed(`${name} --help`);
    expect(out.replaceAll(/\s+/g, ' ')).toMatch(/--(?:password|secret)-file <file> file with [a-z ]+, at least 12 characters,/);
  });

  it('names of several words those that a flag does not take, as they were typed', async () => {
    const { code, err } = await typed('realm add bob --tenant acme --role usr user king --password-file -');
    expect([code, err]).toEqual([64, expect.stringContaining('not "usr", "king"')]);
  });

  it('names every bad setting at once, each with its source', async () => {
    const { code, err } = await typed('status', { 'passthru.yml': 'retry: x\nprofil: ci\n' }, { PASSTHRU_PORT_KMS: 'y' });
    expect(code).toBe(64);
    expect(err).toContain('environment variable PASSTHRU_PORT_KMS must be a port');
    expect(err).toContain('passthru.yml#/retry must be a whole number');
    expect(err).toContain('passthru.yml#/profil is not a known field');
    expect(err).toContain('3 values are wrong');
  });

  it('names every wrong field of a server configuration, with exit code 1', async () => {
    const { code, err } = await typed('serve kms --config /nowhere/kms.yml');
    expect(code).toBe(1);
    expect(err).toContain('passthru serve kms failed');
    expect(err).toContain('/nowhere/kms.yml');
  });
});
