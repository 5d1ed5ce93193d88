import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { DemoEvent } from '#demo/events.ts';
import type { Report } from '#demo/report.ts';
import { createPlainReporter } from '#cli/reporters/plain.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { FAILED_RUN, PASSED_RUN, recordedReport } from '#test/support/cli-events.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';

interface Telling {
  readonly verbosity?: 'quiet' | 'normal' | 'verbose';
  readonly env?: Record<string, string>;
  readonly tty?: boolean;
  readonly columns?: number;
  readonly cwd?: string;
  readonly next?: boolean;
  readonly stateDir?: string;
  readonly files?: Partial<Record<'report' | 'junit' | 'evidence', string>>;
  readonly report?: Partial<Report>;
}

/** The text of a run on stdout and stderr. */
const told = (events: readonly DemoEvent[], telling: Telling = {}) => {
  const { verbosity = 'normal', cwd = '/home/place', next = false, stateDir, files, report, ...rest } = telling;
  const cli = fakeProcess({ cwd, ...rest });
  const reporter = createPlainReporter(createTerminal(cli), {
    verbosity,
    cwd,
    printedCommand: (words) => `passthru ${words}${stateDir === undefined ? '' : ` --state-dir ${stateDir}`}`,
  });
  for (const event of events) reporter.emit(event);
  const recorded = recordedReport(events, `${stateDir ?? '/home/place/.passthru'}/tls/ca.pem`);
  reporter.result({ ...recorded, ...report }, { access: true, next, ...(files === undefined ? {} : { files }) });
  return cli.written;
};

describe('A run in plain lines', () => {
  it('has a headline, a heading a phase, and a counted and timed line a step', () => {
    expect(told(PASSED_RUN).err).toBe(
      [
        'passthru demo all   engine embedded: no Docker engine answers on the default context · profile demo',
        '',
        '  Bring up',
        '  [1/5] ✓ Certificates    root → policy → issuing → 6 leaves, EC P-256                        118 ms',
        '  [2/5] ✓ Telemetry       healthy                                                             200 ms',
        '',
        '  Identity',
        '  [3/5] ✓ PKCE log-in     demo-user · S256 · code → ID token, access token, refresh            1.2 s',
        '        ✓ refused: no code challenge · challenge method plain · wrong verifier',
        '',
        '  KMS',
        '  [4/5] ✓ Elastic keys    created, listed, read                                                79 ms',
        '  [5/5] ✓ Crypto          encrypt → decrypt                                                    99 ms',
        '',
      ].join('\n'),
    );
  });

  it('tells a reason that is too long for the headline in full below it', () => {
    const [first, ...rest] = PASSED_RUN;
    if (first?.type !== 'run-started') throw new Error('a run starts with run-started');
    const engineReason = 'the images could not be built: lstat /dist: no such file or directory';
    expect(
      told([{ ...first, engineReason }, ...rest], { columns: 60, tty: true, env: { NO_COLOR: '1' } })
        .err.split('\n')
        .slice(0, 4),
    ).toEqual([
      'passthru demo all   engine embedded · profile demo',
      '  the images could not be built: lstat /dist: no such file',
      '  or directory',
      '',
    ]);
  });

  it('ends on stdout with counts, addresses, the CA relative to the folder, a curl line and the credentials', () => {
    const { out } = told(PASSED_RUN);
    expect(out).toContain('5 passed, 0 failed in 1.7 s (8 checks, bring up 318 ms, waited for telemetry → identity → kms)');
    expect(out).toContain('  KMS        https://localhost:8081 · https://localhost:8081/ui/\n');
    expect(out).toContain('  CA         .passthru/tls/ca.pem\n');
    expect(out).toContain('  Trust      passthru trust --install · then browsers accept it\n');
    expect(out).toContain('curl --cacert .passthru/tls/ca.pem \\\n');
    expect(out).toContain('-u demo-user:demo-user-password https://localhost:8081/service/api/v1/elastic-keys\n');
    expect(out).toContain('Demo credentials, never for real data:');
    expect(out).toContain('demo-admin / demo-admin-password');
    expect(out).toContain('demo-public-client / (public)');
  });

  it('names below the sum the files that the run left, and how a bundle is checked', () => {
    const files = { report: '/home/place/r.html', junit: '/srv/j.xml', evidence: '/home/place/its evidence' };
    expect(told(PASSED_RUN, { files }).out).toContain(
      [
        '',
        '  Report     r.html',
        '  JUnit      /srv/j.xml',
        "  Evidence   its evidence · passthru evidence verify 'its evidence'",
        '',
      ].join('\n'),
    );
    expect(told(PASSED_RUN).out).not.toMatch(/Report|JUnit|Evidence/);
  });

  it('compares a run that passed with its prediction, and of its steps those that were clearly slower', () => {
    const prediction = { duration_ms: 1_134, runs: 4, start: 'kept', images: null } as const;
    const steps = recordedReport(PASSED_RUN, 'ca.pem').steps.map((step) => ({ ...step, predicted_ms: step.duration_ms / 2 }));
    expect(told(PASSED_RUN, { report: { prediction, steps } }).out).toContain(
      '  Time       usually 1.1 s (by 4 earlier runs) · PKCE log-in 1.2 s, usually 600 ms\n',
    );
    expect(told(FAILED_RUN, { report: { prediction, steps } }).out).not.toContain('usually');
  });

  it('prints the CA file in full where it does not lie below the folder', () => {
    expect(told(PASSED_RUN, { cwd: '/elsewhere' }).out).toContain('  CA         /home/place/.passthru/tls/ca.pem\n');
  });

  it.each<[string, Telling]>([
    ['in a pipe', {}],
    ['on 60 columns', { columns: 60 }],
    ['on 87 columns', { columns: 87 }],
  ])('prints paths and commands whole %s, however long the name of the state folder', (_where, telling) => {
    const stateDir = `/srv/${'long-'.repeat(23)}`;
    const { out } = told(PASSED_RUN, { stateDir, ...telling });
    expect(out).toContain(`  CA         ${stateDir}/tls/ca.pem\n`);
    expect(out).toContain(`curl --cacert ${stateDir}/tls/ca.pem \\\n`);
    for (const command of ['status', 'reset-demo', 'logs kms -f', 'down'])
      expect(out).toMatch(new RegExp(`^  (Next)? +passthru ${command} --state-dir ${stateDir}$`, 'm'));
    expect(out).not.toContain('…');
  });

  it('nests what went wrong from the step to the cause, with codes and the nearest fix', () => {
    const { err } = told(FAILED_RUN);
    expect(err).toContain(
      [
        '  [4/5] ✗ Elastic keys    1 of 1 checks failed                                                 79 ms',
        '        ✗ Elastic key created: expected 201, got 503',
        '          kms-unreachable  the KMS did not answer while an elastic key was made',
        '            ↳ connection-refused  localhost:8081 refuses connections;',
        '              waited for POST /service/api/v1/elastic-keys',
        '          fix  Look at `passthru logs kms`, then run the demo again.',
      ].join('\n'),
    );
    expect(err).toContain('  Root cause  kms was ended by SIGKILL; last probe: localhost:8081 refuses connections\n');
    expect(err).toContain('    │ {"level":30,"msg":"listening"}\n');
    expect(err).toContain('  [5/5] - Crypto          needs kms.keys\n');
    expect(err).toContain('! kms exited with SIGKILL');
  });

  it('lets no control character of a log through', () => {
    expect(told(FAILED_RUN).err).toContain('    │ red and bell\n');
    // eslint-disable-next-line no-control-regex
    expect(told(FAILED_RUN).err).not.toMatch(/[\u0007\u001b]/);
  });

  it('shows each request, check and waiting with -v, and the summary alone with -q', () => {
    const { err } = told(PASSED_RUN, { verbosity: 'verbose' });
    expect(err).toContain('· POST https://localhost:8082/oauth2/token → 200 in 12 ms');
    expect(err).toContain('✓ Challenge method plain (invalid_request)');
    expect(err).toContain('· /readyz answers 503');
    const quiet = told(PASSED_RUN, { verbosity: 'quiet' });
    expect([quiet.err, quiet.out]).toEqual(['', expect.stringContaining('5 passed, 0 failed')]);
  });

  it('tells with -q, too, which steps failed, with the error, and the root cause', () => {
    const { err } = told(FAILED_RUN, { verbosity: 'quiet' });
    expect(err).toContain('✗ Elastic keys');
    expect(err).toContain('kms-unreachable');
    expect(err).toContain('  Root cause  kms was ended by SIGKILL');
    expect(err).not.toContain('✓ Telemetry');
  });

  it('shows the last five lines of the log tail, of its records time, severity and body', () => {
    const record = (second: number) =>
      JSON.stringify({ severity_text: 'WARN', timestamp: `2026-01-02T07:53:0${second}.000Z`, attributes: {}, body: `body ${second}` });
    const logTail = [0, 1, 2, 3, 4].map(record).concat('not a record');
    const { err } = told(FAILED_RUN.map((event) => (event.type === 'root-cause' ? { ...event, logTail } : event)));
    const shown = err.split('\n').filter((line) => line.startsWith('    │ '));
    expect(shown).toEqual([...[1, 2, 3, 4].map((second) => `    │ 07:53:0${second} WARN body ${second}`), '    │ not a record']);
  });

  it('names no part that does not run among the commands to go on with', () => {
    const identity = PASSED_RUN.filter(
      (event) => !('stepId' in event && event.stepId?.startsWith('kms.') === true) && event.type !== 'step-started',
    ).map((event) => (event.type === 'run-started' ? { ...event, steps: event.steps.filter(({ phase }) => phase !== 'kms') } : event));
    expect(told(PASSED_RUN).out).toContain('passthru logs kms -f');
    expect(told(identity).out).toContain('passthru logs identity -f');
    expect(told(identity).out).not.toContain('logs kms');
  });

  it('closes with what to do next alone where that is asked for', () => {
    const { out } = told(FAILED_RUN, { next: true });
    expect(out).toContain('passthru status · passthru logs · passthru demo all');
    expect(out).not.toMatch(/curl|credentials|https:/);
  });

  it.each([60, 80, 100, 250])('never takes more than 100 columns, nor more than the %i that there are', (columns) => {
    for (const events of [PASSED_RUN, FAILED_RUN]) {
      for (const verbosity of ['normal', 'verbose'] as const) {
        const { out, err } = told(events, { columns, verbosity, tty: true, env: { FORCE_COLOR: '1' } });
        // A command or a secret is copied, so it is neither broken nor cut.
        const copied = /^\s+(-u |https:|\S+ \/ \S+$)/;
        const long = stripVTControlCharacters(out + err)
          .split('\n')
          .filter((line) => [...line].length > Math.min(columns, 100) && !copied.test(line));
        expect(long).toEqual([]);
      }
    }
  });
});

describe('A terminal without a size, which says that it has 0 columns', () => {
  const terminal = (columns: number) => createTerminal({ ...fakeProcess({ cwd: '/', tty: true, columns }), env: { TERM: 'xterm' } });

  it('gets the lines of a pipe: no spinner can redraw a line there', () => {
    expect([terminal(0).animated, terminal(80).animated]).toEqual([false, true]);
  });

  it('is taken to be as wide as a pipe', () => {
    expect(terminal(0).width).toBe(100);
  });
});

describe('Colour', () => {
  const escapes = (telling: Telling): boolean => {
    const { out, err } = told(FAILED_RUN, telling);
    return (out + err).includes('\u001b[');
  };

  it.each<[string, Telling, boolean]>([
    ['is there on a terminal', { tty: true }, true],
    ['is absent in a pipe', { tty: false }, false],
    ['is absent with NO_COLOR', { tty: true, env: { NO_COLOR: '1' } }, false],
    ['counts an empty NO_COLOR as none', { tty: true, env: { NO_COLOR: '' } }, true],
    ['is absent on a dumb terminal', { tty: true, env: { TERM: 'dumb' } }, false],
    ['is absent in CI', { tty: true, env: { CI: 'true' } }, false],
    ['is there in a pipe with FORCE_COLOR', { tty: false, env: { FORCE_COLOR: '1' } }, true],
    ['is absent with FORCE_COLOR=0', { tty: true, env: { FORCE_COLOR: '0' } }, false],
    ['is absent where NO_COLOR and FORCE_COLOR contradict', { tty: true, env: { NO_COLOR: '1', FORCE_COLOR: '1' } }, false],
  ])('%s', (_what, telling, expected) => {
    expect(escapes(telling)).toBe(expected);
  });
});
