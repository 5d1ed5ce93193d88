import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { browserOf, openIn } from '#cli/commands/open/browser.ts';
import { pageOf } from '#cli/commands/open/open.ts';
import { main } from '#cli/main.ts';
import { writeLastReport } from '#stack/record/last-report.ts';
import { writeStackRecord } from '#stack/record/stack-record.ts';
import { fakeEngine } from '#test/support/demo-engine.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

afterEach(() => {
  process.exitCode = 0;
});

/** A program of that name in a folder of its own, the only one on the path, which writes its arguments down and ends with a code. */
const fakeProgram = async (folder: string, name: string, code = 0) => {
  const told = join(folder, 'told');
  const file = join(folder, name);
  await writeFile(
    file,
    `#!${process.execPath}\nrequire('node:fs').writeFileSync(${JSON.stringify(told)}, JSON.stringify(process.argv.slice(2)));\nprocess.exitCode = ${code};\n`,
  );
  await chmod(file, 0o755);
  return { env: { PATH: folder, DISPLAY: ':0' }, told: async (): Promise<unknown> => JSON.parse(await readFile(told, 'utf8')) };
};

const programOf = (surroundings: Parameters<typeof browserOf>[0]) => {
  const browser = browserOf(surroundings);
  if ('program' in browser) return browser;
  throw new Error(`no browser: ${browser.reason}`);
};

const runOpen = async (
  folder: string,
  words: readonly string[],
  options: { readonly env?: Record<string, string>; readonly tty?: boolean } = {},
) => {
  const cli = fakeProcess({ cwd: folder, ...options });
  await main(['open', ...words, '--state-dir', join(folder, 'state')], cli);
  return { code: process.exitCode, ...cli.written };
};

/** A state folder whose last run wrote a report. */
const withReport = async (folder: string): Promise<string> => {
  await mkdir(join(folder, 'state/config'), { recursive: true, mode: 0o700 });
  const file = join(folder, 'a report & more.html');
  await writeFile(file, '<!doctype html>');
  await writeLastReport(join(folder, 'state'), file);
  return file;
};

describe('The browser of a user', () => {
  const here = { env: { DISPLAY: ':0' }, isTerminal: true } as const;

  it.each([
    ['linux', 'xdg-open', ['https://a.test/?b=c&d']],
    ['darwin', 'open', ['https://a.test/?b=c&d']],
    ['win32', 'rundll32.exe', ['url.dll,FileProtocolHandler', 'https://a.test/?b=c&d']],
  ] as const)('is asked on %s by %s, which takes the address as one argument and no shell', (platform, program, args) => {
    const browser = programOf({ ...here, platform });
    expect([browser.program, browser.args('https://a.test/?b=c&d')]).toEqual([program, args]);
  });

  it.each([
    ['stdout is no terminal', { ...here, isTerminal: false }],
    ['this is a pipeline', { ...here, env: { ...here.env, CI: 'true' } }],
    ['a browser here would open on the other side of SSH', { ...here, env: { ...here.env, SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' } }],
    ['there is no screen', { ...here, env: {} }],
  ])('is asked nothing where %s', (reason, surroundings) => {
    expect(browserOf({ platform: 'linux', ...surroundings })).toEqual({ reason });
  });

  it('that fails, or is not there, gives a reason; one that stays open has shown the page', async () => {
    await using folder = await temporaryDirectory();
    const { env } = await fakeProgram(folder.path, 'xdg-open', 3);
    const browser = programOf({ ...here, platform: 'linux' });
    expect(await openIn(browser, 'https://a.test', { env })).toBe('xdg-open ended with 3');
    expect(await openIn(browser, 'https://a.test', { env: { PATH: '/nowhere' } })).toBe('there is no xdg-open here');
    const staying = { program: process.execPath, args: () => ['-e', 'setTimeout(() => {}, 2_000)'], reason: null };
    expect(await openIn(staying, 'https://a.test', { env: {}, patience: 20 })).toBeNull();
  });
});

describe('passthru open', () => {
  it('shows the page of the KMS for people, without it the Swagger UI, without that the service; of Identity its first page', () => {
    const { kms, identity } = fakeEngine().endpoints();
    expect(pageOf('kms', { kms, identity })).toBe('https://localhost:1/ui/');
    expect(pageOf('kms', { kms: { ...kms, pages: null }, identity })).toBe('https://localhost:1/ui/swagger/');
    expect(pageOf('kms', { kms: { ...kms, pages: null, swagger: null }, identity })).toBe('https://localhost:1/');
    expect(pageOf('identity', { kms, identity })).toBe('https://localhost:3');
  });

  it.skipIf(process.platform !== 'linux')('report shows the last report that a run wrote', async () => {
    await using folder = await temporaryDirectory();
    const { env, told } = await fakeProgram(folder.path, 'xdg-open');
    const url = pathToFileURL(await withReport(folder.path)).href;
    const { code, out } = await runOpen(folder.path, ['report'], { env, tty: true });
    expect([code, out]).toEqual([0, `${url}\n`]);
    expect(await told()).toEqual([url]);
  });

  it('prints the address alone where stdout is no terminal, and says so in its document', async () => {
    await using folder = await temporaryDirectory();
    const url = pathToFileURL(await withReport(folder.path)).href;
    expect(await runOpen(folder.path, ['report'])).toEqual({ code: 0, out: `${url}\n`, err: '' });
    const { out } = await runOpen(folder.path, ['report', '--output', 'json']);
    expect(JSON.parse(out)).toEqual({
      version: 1,
      command: 'open',
      exit_code: 0,
      page: 'report',
      url,
      opened: false,
      reason: 'stdout is no terminal',
    });
  });

  it('report says how to get one where there is none, or none any more', async () => {
    await using folder = await temporaryDirectory();
    const never = await runOpen(folder.path, ['report']);
    expect([never.code, never.err]).toEqual([2, expect.stringContaining('wrote a report')]);
    await withReport(folder.path);
    await writeLastReport(join(folder.path, 'state'), join(folder.path, 'gone.html'));
    const gone = await runOpen(folder.path, ['report']);
    expect([gone.code, gone.err]).toEqual([2, expect.stringContaining('is gone')]);
    expect(gone.err).toContain('passthru demo all --report report.html');
  });

  it.each(['kms', 'identity'])('%s says that it does not run, in the place of a page that no browser can load', async (page) => {
    await using folder = await temporaryDirectory();
    const stateDir = join(folder.path, 'state');
    const { kms, identity } = await reservePorts();
    await writeStackRecord({ engine: 'embedded', stateDir, portKms: kms, portIdentity: identity, profile: 'demo' });
    const { code, out, err } = await runOpen(folder.path, [page]);
    expect([code, out]).toEqual([2, '']);
    expect(err.replaceAll(/\s+/g, ' ')).toContain('does not run fix Start the stack with `passthru up');
  });
});
