import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '#cli/context/run-command.ts';
import type { RunFiles } from '#cli/run-files/run-file.ts';
import { withRunFiles } from '#cli/run-files/run-files.ts';
import type { ExitCode } from '#cli/process/exit-codes.ts';
import { advance, NOT_STARTED, outcomeOf } from '#demo/outcome.ts';
import { readLastReport } from '#stack/record/last-report.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { FAILED_RUN, PASSED_RUN, recordedReport } from '#test/support/cli-events.ts';
import { fakeEngine } from '#test/support/demo-engine.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { serviceLine } from '#test/support/log-lines.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';
import { allNamed, readXml } from '#test/support/xml.ts';

/** A command in `cwd` that writes the files of its run; its work is given. */
const runIn = async (cwd: string, stated: Readonly<Record<string, string>>, work: (files: RunFiles) => Promise<ExitCode>) => {
  const cli = fakeProcess({ cwd, env: { npm_lifecycle_event: 'npx' } });
  const paths = Object.fromEntries(Object.entries(stated).map(([key, path]) => [key, join(cwd, path)]));
  const called = { command: 'demo all', argument: undefined, stated: paths, flags: {}, process: cli };
  const code = await runCommand(called, { first: 'stopping', second: 'killing' }, (context) => withRunFiles(context, work));
  return { code, said: cli.written.err.replaceAll(/\s+/g, ' ') };
};

const report = (exitCode: ExitCode) => ({ ...recordedReport(exitCode === 0 ? PASSED_RUN : FAILED_RUN, 'ca.pem'), exit_code: exitCode });
const written = async (cwd: string, file: string) => readXml(await readFile(join(cwd, file), 'utf8'));

describe('--junit', () => {
  it.each([0, 1, 130] as const)(
    'writes the result of a run that ended with %d, in a folder that it makes, and leaves the exit code',
    async (exitCode) => {
      await using folder = await temporaryDirectory();
      const { code } = await runIn(folder.path, { junit: 'results/junit.xml' }, async (files) => {
        expect(files.recorder).toBeNull();
        const { report: told, exitCode: ends } = await files.write(report(exitCode), exitCode);
        expect(told).toEqual(report(exitCode));
        return ends;
      });
      expect(code).toBe(exitCode);
      expect((await written(folder.path, 'results/junit.xml')).attributes).toMatchObject({
        tests: '8',
        failures: exitCode === 0 ? '0' : '1',
      });
      expect(await readdir(join(folder.path, 'results'))).toEqual(['junit.xml']);
    },
  );

  it('prints commands in it as they work from where the reader is', async () => {
    await using folder = await temporaryDirectory();
    await runIn(folder.path, { junit: 'junit.xml' }, async (files) => (await files.write(report(1), 1)).exitCode);
    expect(await readFile(join(folder.path, 'junit.xml'), 'utf8')).toContain('`npx passthru logs kms`');
  });

  it('has the end of a log as the terminal has it', async () => {
    await using folder = await temporaryDirectory();
    const failed = report(1);
    const cause = { line: 'kms exited', chain: ['kms'], log_tail: [serviceLine({ severity: 'WARN', body: 'on its way out' })], fix: '' };
    const names = { junit: 'junit.xml', report: 'report.html' };
    await runIn(folder.path, names, async (files) => (await files.write({ ...failed, root_cause: cause }, 1)).exitCode);
    expect(await readFile(join(folder.path, 'junit.xml'), 'utf8')).toContain('| 03:04:05 WARN on its way out');
    expect(await readFile(join(folder.path, 'report.html'), 'utf8')).toContain('03:04:05 WARN on its way out');
  });

  it('says of a run that did not begin why, and the file of an earlier run is gone meanwhile', async () => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'junit.xml'), 'of an earlier run');
    const { code, said } = await runIn(folder.path, { junit: 'junit.xml' }, async () => {
      expect(await readdir(folder.path)).toEqual([]);
      throw new AppError('port-taken', 500, 'port 8081 is taken', { fix: 'Name another with --port-kms.' });
    });
    expect([code, said]).toEqual([2, expect.stringContaining('port-taken')]);
    expect(allNamed(await written(folder.path, 'junit.xml'), 'error')).toMatchObject([{ attributes: { type: 'port-taken' } }]);
  });

  it('that cannot be written is told before the run begins', async () => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'results'), '');
    const { code, said } = await runIn(folder.path, { junit: 'results/junit.xml' }, async () => expect.unreachable('the run began'));
    expect(code).toBe(2);
    expect(said).toContain(`file-not-written --junit ${join(folder.path, 'results/junit.xml')} cannot be written`);
    expect(said).toContain('fix Name a file, in a folder that is there or can be made.');
  });

  it('that cannot be written at the end fails a run that passed, in its document, too', async () => {
    await using folder = await temporaryDirectory();
    const { code, said } = await runIn(folder.path, { junit: 'junit.xml' }, async (files) => {
      await mkdir(join(folder.path, 'junit.xml'));
      const { report: told, exitCode, written: there } = await files.write(report(0), 0);
      expect([told, there]).toEqual([{ ...report(0), exit_code: 1 }, {}]);
      return exitCode;
    });
    expect([code, said]).toEqual([1, expect.stringContaining('file-not-written')]);
    expect(await readdir(folder.path)).toEqual(['junit.xml']);
  });
});

describe('--report', () => {
  it('writes the page of a run from its events, with commands as they work from where the reader is, and remembers where', async () => {
    await using folder = await temporaryDirectory();
    const stateDir = join(folder.path, '.passthru');
    await mkdir(join(stateDir, 'config'), { recursive: true });
    const { code } = await runIn(folder.path, { report: 'report.html' }, async (files) => {
      for (const event of FAILED_RUN) files.emit(event);
      expect(files.recorder?.exchanges).toEqual([]);
      await files.observe(fakeEngine(), outcomeOf(FAILED_RUN.reduce(advance, NOT_STARTED)));
      const { exitCode, written: there } = await files.write(report(1), 1);
      expect(there).toEqual({ report: join(folder.path, 'report.html') });
      return exitCode;
    });
    expect(code).toBe(1);
    const page = await readFile(join(folder.path, 'report.html'), 'utf8');
    expect(page).toContain('<h1>Part of it failed</h1>');
    expect(page).toContain('The run waited for <strong>telemetry</strong>');
    expect(page).toContain('<code>npx passthru logs kms</code>');
    expect(await readLastReport(stateDir)).toBe(join(folder.path, 'report.html'));
  });

  it('writes nothing of a run that did not begin, and takes the page of an earlier run away', async () => {
    await using folder = await temporaryDirectory();
    await writeFile(join(folder.path, 'report.html'), 'of an earlier run');
    await runIn(folder.path, { report: 'report.html' }, async () => {
      throw new AppError('port-taken', 500, 'port 8081 is taken');
    });
    expect(await readdir(folder.path)).toEqual([]);
  });
});

describe('--evidence', () => {
  it.each([
    ['report', 'evidence/report.html'],
    ['junit', 'evidence/results/junit.xml'],
    ['junit', 'evidence'],
    ['junit', 'link/junit.xml'],
  ])('takes no other file of the run into its folder: --%s %s is refused before anything starts', async (key, path) => {
    await using folder = await temporaryDirectory();
    await mkdir(join(folder.path, 'evidence'));
    await symlink('evidence', join(folder.path, 'link'));
    const { code, said } = await runIn(folder.path, { evidence: 'evidence', [key]: path }, async () => expect.unreachable('the run began'));
    expect([code, said]).toEqual([64, expect.stringContaining(`--${key} ${join(folder.path, path)} lies in the folder of --evidence`)]);
    expect(await readdir(join(folder.path, 'evidence'))).toEqual([]);
  });

  it('has them beside it', async () => {
    await using folder = await temporaryDirectory();
    const { code } = await runIn(folder.path, { evidence: 'evidence', junit: 'evidence.xml' }, async () => 0);
    expect(code).toBe(0);
  });
});
