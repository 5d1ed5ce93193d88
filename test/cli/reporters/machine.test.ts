import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { DemoEvent } from '#demo/events.ts';
import { reportSchema } from '#demo/report.ts';
import { createGithubReporter } from '#cli/reporters/github.ts';
import { createJsonReporter } from '#cli/reporters/json.ts';
import type { Reporter, ReporterOptions } from '#cli/reporters/reporter.ts';
import { createStructuredReporter } from '#cli/reporters/structured.ts';
import { holdOutput } from '#cli/reporters/terminal/held-output.ts';
import { createTerminal, type Terminal } from '#cli/reporters/terminal/terminal.ts';
import { FAILED_RUN, PASSED_RUN, recordedReport } from '#test/support/cli-events.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';

const CA = '/home/place/.passthru/tls/ca.pem';

const OPTIONS: ReporterOptions = { verbosity: 'normal', cwd: '/home/place', printedCommand: (words) => `passthru ${words}` };

const told = (
  events: readonly DemoEvent[],
  create: (terminal: Terminal, options: ReporterOptions) => Reporter,
  verbosity: ReporterOptions['verbosity'] = 'normal',
) => {
  const cli = fakeProcess({ cwd: '/home/place' });
  const reporter = create(createTerminal(cli), { ...OPTIONS, verbosity });
  for (const event of events) reporter.emit(event);
  reporter.result(recordedReport(events, CA), { access: true });
  return cli.written;
};

const now = (): number => Date.UTC(2026, 0, 2, 3, 4, 6);
const records = (events: readonly DemoEvent[], verbosity: ReporterOptions['verbosity'] = 'normal') =>
  told(events, (terminal, options) => createStructuredReporter(terminal, { ...options, now }), verbosity)
    .out.trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { eventName: string; body: { stringValue: string }; attributes: { key: string; value: object }[] });

const names = (verbosity: ReporterOptions['verbosity']) => new Set(records(FAILED_RUN, verbosity).map(({ eventName }) => eventName));

const FILES = { report: '/home/place/report.html', junit: '/home/place/junit.xml', evidence: '/srv/evidence' };
const NO_FILES = { summaryFile: undefined, outputFile: undefined, files: { report: undefined, junit: undefined, evidence: undefined } };

const github = (events: readonly DemoEvent[]) => {
  const appended: Record<string, string> = {};
  const appendFile = (file: string, text: string): void => void (appended[file] = `${appended[file] ?? ''}${text}`);
  const places = { summaryFile: 'summary.md', outputFile: 'output', files: FILES };
  const written = told(events, (terminal, options) => createGithubReporter(terminal, { ...options, ...places, appendFile }));
  return { ...written, summary: appended['summary.md'] ?? '', output: appended['output'] ?? '' };
};

describe('--output json', () => {
  it('puts one document on stdout, nothing else, and it is the report', () => {
    const { out, err } = told(PASSED_RUN, createJsonReporter);
    expect(JSON.parse(out)).toEqual(recordedReport(PASSED_RUN, CA));
    expect(err).toBe('');
  });

  it('validates against the schema, failures and skipped steps included', () => {
    const validate = new Ajv2020({ validateFormats: false }).compile(JSON.parse(JSON.stringify(reportSchema)) as object);
    validate(JSON.parse(told(FAILED_RUN, createJsonReporter).out));
    expect(validate.errors).toBeNull();
  });

  it('tells warnings and the root cause on stderr, and the whole transcript with -v', () => {
    const { err } = told(FAILED_RUN, createJsonReporter);
    expect(err).toContain('Root cause  kms was ended by SIGKILL');
    expect(err).toContain('the certificate of the KMS expires in 6 days');
    expect(err).not.toContain('[4/5]');
    expect(told(FAILED_RUN, createJsonReporter, 'verbose').err).toContain('[4/5] ✗ Elastic keys');
    expect(told(FAILED_RUN, createJsonReporter, 'quiet').err).toBe('');
  });
});

describe('--output structured', () => {
  it('is one log record a line with the field names of OTLP', () => {
    const [first] = records(PASSED_RUN);
    expect(first).toEqual({
      timeUnixNano: '1767323045000000000',
      observedTimeUnixNano: '1767323045000000000',
      severityNumber: 13,
      severityText: 'WARN',
      eventName: 'passthru.run-started',
      body: { stringValue: 'passthru demo all' },
      attributes: [
        { key: 'passthru.command', value: { stringValue: 'demo all' } },
        { key: 'passthru.engine', value: { stringValue: 'embedded' } },
        { key: 'passthru.engine.reason', value: { stringValue: 'no Docker engine answers on the default context' } },
        { key: 'passthru.profile', value: { stringValue: 'demo' } },
        { key: 'passthru.steps', value: { intValue: '5' } },
      ],
    });
  });

  it('begins with a warning only where the engine is a fallback', () => {
    const [first, ...rest] = PASSED_RUN;
    if (first?.type !== 'run-started') throw new Error('a run starts with run-started');
    expect(records([{ ...first, engineIsFallback: false }, ...rest])[0]).toMatchObject({ severityText: 'INFO' });
  });

  it('names the error of a failed step and ends with the outcome', () => {
    const all = records(FAILED_RUN);
    const failed = all.find(({ body }) => body.stringValue === 'kms.keys failed');
    expect(failed).toMatchObject({ severityNumber: 17 });
    expect(failed?.attributes).toContainEqual({ key: 'error.type', value: { stringValue: 'kms-unreachable' } });
    expect(all.at(-1)).toMatchObject({ eventName: 'passthru.outcome', severityText: 'ERROR' });
    expect(all.at(-1)?.attributes).toContainEqual({ key: 'passthru.exit_code', value: { intValue: '1' } });
  });

  it('ends with an error where the process does, though every step passed', () => {
    const cli = fakeProcess({ cwd: '/home/place' });
    const reporter = createStructuredReporter(createTerminal(cli), { ...OPTIONS, now });
    reporter.result({ ...recordedReport(PASSED_RUN, CA), exit_code: 1 }, { access: true });
    const outcome = JSON.parse(cli.written.out) as { severityText: string; attributes: object[] };
    expect(outcome.severityText).toBe('ERROR');
    expect(outcome.attributes).toContainEqual({ key: 'passthru.exit_code', value: { intValue: '1' } });
  });

  it('has debug records with -v only, and with -q errors and the outcome only', () => {
    expect(names('normal').has('passthru.request')).toBe(false);
    expect(names('verbose').has('passthru.request')).toBe(true);
    expect([...names('quiet')].toSorted()).toEqual(['passthru.check', 'passthru.outcome', 'passthru.root-cause', 'passthru.step-finished']);
  });
});

describe('On GitHub Actions', () => {
  it('phases are groups that end, and failures are annotations', () => {
    const lines = github(FAILED_RUN).err.split('\n');
    expect(lines.filter((line) => line.startsWith('::group::'))).toEqual(['::group::Bring up', '::group::Identity', '::group::KMS']);
    expect(lines.filter((line) => line === '::endgroup::')).toHaveLength(3);
    expect(lines).toContain(
      '::error title=kms.keys::kms-unreachable: the KMS did not answer while an elastic key was made%0A↳ connection-refused: localhost:8081 refuses connections; waited for POST /service/api/v1/elastic-keys%0AFix: Look at `passthru logs kms`, then run the demo again.',
    );
    expect(lines.some((line) => line.startsWith('::error title=Root cause::kms was ended by SIGKILL'))).toBe(true);
    expect(lines).toContain('::warning title=passthru::the certificate of the KMS expires in 6 days');
  });

  it('an engine that is a fallback is a warning that says why, another engine is none', () => {
    const [first, ...rest] = PASSED_RUN;
    if (first?.type !== 'run-started') throw new Error('a run starts with run-started');
    const engineReason = 'the images could not be built: lstat /dist: no such file or directory';
    const warningsOf = (isFallback: boolean) =>
      github([{ ...first, engineReason, engineIsFallback: isFallback }, ...rest])
        .err.split('\n')
        .filter((line) => line.startsWith('::warning '));
    expect(warningsOf(true)).toEqual([`::warning title=passthru::engine embedded: ${engineReason}`]);
    expect(warningsOf(false)).toEqual([]);
  });

  const evilRun = (logTail: readonly string[]): readonly DemoEvent[] => [
    ...PASSED_RUN.slice(0, 1),
    { type: 'root-cause', at: 0, line: 'kms exited', chain: ['kms'], logTail: [...logTail], fix: '' },
  ];

  it('a run whose lines could be no command switches commands off nowhere, failures and all', () => {
    for (const run of [PASSED_RUN, FAILED_RUN]) expect(github(run).err + github(run).out).not.toContain('::stop-commands::');
  });

  it.each(['##[error]forged', 'a line with ##[group]forged in it'])(
    'what a service logged cannot issue a command: it stands where commands are off: %s',
    (logged) => {
      const lines = github(evilRun([logged, 'and more'])).err.split('\n');
      const forged = lines.findIndex((line) => line.includes(logged));
      const stops = lines.filter((line) => line.startsWith('::stop-commands::'));
      expect(stops).toHaveLength(1);
      const token = stops[0]?.slice('::stop-commands::'.length) ?? '';
      expect(token).toMatch(/^[0-9a-f-]{36}$/);
      const [stop, go] = [lines.indexOf(stops[0] ?? ''), lines.indexOf(`::${token}::`)];
      expect(stop).toBeLessThan(forged);
      expect(go).toBeGreaterThan(forged);
      // Our own annotation comes where commands are on again.
      expect(lines.findIndex((line) => line.startsWith('::error title=Root cause'))).toBeGreaterThan(go);
    },
  );

  it.each([
    '::error::forged',
    '  \t::add-mask::x',
    '\u001B[31m::error::forged\u001B[39m',
    '\u0085::error::forged',
    'first\r::error::forged',
  ])('a block with the line %j in it is written where commands are off, as a whole', (line) => {
    const written: string[] = [];
    const { stream, flush } = holdOutput({ write: (text) => written.push(text) });
    stream.write('before\n');
    stream.write(`${line}\n`);
    stream.write('after\n');
    expect(written).toEqual([]);
    flush();
    const [, token = ''] = /^::stop-commands::(\S+)\n/.exec(written.join('')) ?? [];
    expect(written.join('')).toBe(`::stop-commands::${token}\nbefore\n${line}\nafter\n::${token}::\n`);
  });

  it.each(['a::b', 'std::string::npos', '# [x]', 'kms: error'])('a line that is no command is written as it is: %j', (line) => {
    const written: string[] = [];
    const { stream, flush } = holdOutput({ write: (text) => written.push(text) });
    stream.write(`${line}\n`);
    flush();
    flush();
    expect(written).toEqual([`${line}\n`]);
  });

  it('a phase that prints nothing is no group', () => {
    const quiet = told(PASSED_RUN, (terminal, options) => createGithubReporter(terminal, { ...options, ...NO_FILES }), 'quiet');
    expect(quiet.err.split('\n').filter((line) => /^::(end)?group::/.test(line))).toEqual([]);
    const failed = told(FAILED_RUN, (terminal, options) => createGithubReporter(terminal, { ...options, ...NO_FILES }), 'quiet');
    expect(failed.err.split('\n').filter((line) => line.startsWith('::group::'))).toEqual(['::group::KMS']);
  });

  it('the step summary has the outcome, all that failed with cause and fix, a table of the steps, and where more is to be read', () => {
    expect(github(FAILED_RUN).summary.split('\n')).toEqual([
      '### ❌ passthru demo all: partial in 1.7 s',
      '',
      '3 of 5 steps passed, 7 checks · engine embedded · profile demo',
      '',
      '> **Root cause** kms was ended by SIGKILL; last probe: localhost:8081 refuses connections',
      '>',
      '> **Fix** Look at `passthru logs kms`, then run the demo again: it starts what is down.',
      '',
      '#### ❌ Elastic keys',
      '',
      '- Elastic key created: expected `201`, got `503`',
      '- `kms-unreachable` the KMS did not answer while an elastic key was made',
      '  - `connection-refused` localhost:8081 refuses connections; waited for POST /service/api/v1/elastic-keys',
      '- **Fix** Look at `passthru logs kms`, then run the demo again.',
      '',
      '- ⚠️ engine embedded: no Docker engine answers on the default context',
      '- ⚠️ the certificate of the KMS expires in 6 days',
      '',
      '| | Step | | Time |',
      '|---|---|---|---|',
      '| ✅ | Certificates (bring-up.certificates) | 1 of 1 checks | 118 ms |',
      '| ✅ | Telemetry (bring-up.telemetry) | 1 of 1 checks | 200 ms |',
      '| ✅ | PKCE log-in (identity.pkce) | 4 of 4 checks | 1.2 s |',
      '| ❌ | Elastic keys (kms.keys) | `kms-unreachable` the KMS did not answer while an elastic key was made | 79 ms |',
      '| ⏭️ | Crypto (kms.crypto) | needs kms.keys | 0 ms |',
      '',
      'Report `report.html` · JUnit `junit.xml` · Evidence `/srv/evidence`',
      '',
    ]);
  });

  it('text of a server becomes no link, picture, mention, code or cell in the step summary', () => {
    const evil = '![x](https://evil.test) www.evil.test WWW.evil.test | @octocat <img> `code | *bold*';
    const events = FAILED_RUN.map((event) =>
      event.type === 'check' && event.stepId === 'kms.keys' ? { ...event, check: { ...event.check, title: evil, got: evil } } : event,
    );
    expect(github(events).summary).toContain(
      "- \\!\\[x\\](https&#58;//evil.test) www&#46;evil.test WWW&#46;evil.test \\| &#64;octocat &lt;img\\> \\`code \\| \\*bold\\*: expected `201`, got `![x](https://evil.test) www.evil.test WWW.evil.test \\| @octocat <img> 'code \\| *bold*`",
    );
  });

  it('later steps get outcome, addresses and files, a line each', () => {
    expect(github(PASSED_RUN).output.split('\n')).toEqual([
      'outcome=passed',
      'kms-url=https://localhost:8081',
      'kms-api-url=https://localhost:8081/service/api/v1',
      'issuer=https://localhost:8082',
      `ca-file=${CA}`,
      'report=/home/place/report.html',
      'junit=/home/place/junit.xml',
      'evidence=/srv/evidence',
      '',
    ]);
  });

  it('a step summary that cannot be written is a warning, and leaves the run what it was', () => {
    const { out, err } = told(PASSED_RUN, (terminal, options) =>
      createGithubReporter(terminal, {
        ...options,
        ...NO_FILES,
        summaryFile: '/gone/summary.md',
        appendFile: () => {
          throw Object.assign(new Error("ENOENT: no such file or directory, open '/gone/summary.md'"), { code: 'ENOENT' });
        },
      }),
    );
    expect(out).toContain('5 passed, 0 failed');
    expect(err.trim().split('\n').at(-1)).toBe(
      "::warning title=passthru::the step summary could not be written: ENOENT: no such file or directory, open '/gone/summary.md'",
    );
  });
});
