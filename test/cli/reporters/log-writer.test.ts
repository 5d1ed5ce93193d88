import { stripVTControlCharacters } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { logLineSchema } from '#cli/documents/log-line.ts';
import type { PartName } from '#engine/engine.ts';
import type { DemoMark } from '#cli/reporters/lines/demo-mark.ts';
import { logEntry } from '#cli/reporters/lines/log-entry.ts';
import { createLogWriter } from '#cli/reporters/lines/log-writer.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';
import { LOG_EPOCH, serviceLine } from '#test/support/log-lines.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const ACCOUNT = '01a222d2-8133-7b29-802f-092dfa91d308';

const DEMO: DemoMark = { kind: 'step', step: 'kms.realms', isPassed: true };

interface Place {
  readonly output?: 'human' | 'json' | 'structured';
  readonly parts?: readonly PartName[];
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** The lines that are printed of these, on a terminal where it has columns. */
const printed = (
  lines: readonly (readonly [line: string, mark?: DemoMark, part?: PartName])[],
  { output = 'human', parts = ['kms'], columns, env = {} }: Place = {},
): readonly string[] => {
  const cli = fakeProcess({ cwd: '/home', env, ...(columns === undefined ? {} : { tty: true, columns }) });
  const write = createLogWriter({ terminal: createTerminal(cli), output, parts, process: cli });
  for (const [line, mark = null, part = 'kms'] of lines) write(logEntry(part, line), mark);
  return cli.written.out.trimEnd().split('\n');
};

const LOGGED_IN = serviceLine({
  body: 'logged in',
  traceId: TRACE,
  attributes: { account_id: ACCOUNT, client_id: 'app', 'client.address': '::1' },
});

describe('A line of a log in a pipe', () => {
  it('is one line with time, part, level, message, fields and ids in full, and no colour', () => {
    expect(
      printed([[LOGGED_IN], ['crash'], [serviceLine({ severity: 'WARN', body: 'late' }), undefined, 'identity']], {
        parts: ['identity', 'kms'],
      }),
    ).toEqual([
      `2026-01-02T03:04:05.000Z kms      INFO  logged in client_id=app client.address=::1 account_id=${ACCOUNT} trace=${TRACE}`,
      '                         kms            crash',
      '2026-01-02T03:04:05.000Z identity WARN  late',
    ]);
  });

  it('names no part where there is one only, and tells no field that the message tells', () => {
    const attributes = { 'http.route': '/keys', code: 'token-invalid', reason: 'token-invalid', 'process.pid': 4711 };
    expect(printed([[serviceLine({ body: 'GET /keys refused', attributes })]])).toEqual([
      '2026-01-02T03:04:05.000Z INFO  GET /keys refused code=token-invalid',
    ]);
  });

  it('says that a demo provoked it', () => {
    const marks: readonly DemoMark[] = [
      DEMO,
      { ...DEMO, isPassed: false },
      { ...DEMO, isPassed: null },
      { kind: 'sum', provoked: 7, isAll: true },
      { kind: 'sum', provoked: 7, isAll: false },
    ];
    expect(printed(marks.map((mark) => [serviceLine({ severity: 'WARN', body: 'refused' }), mark])).map((line) => line.slice(31))).toEqual([
      'demo=kms.realms refused',
      'demo=kms.realms (failed) refused',
      'demo=kms.realms refused',
      'demo=all refused',
      'demo=7 refused',
    ]);
  });

  it('steers no terminal', () => {
    const nasty = 'x\x1b]0;owned\x07\x1b[1A\u202ey';
    const spelled = 'x\\x1b]0;owned\\x07\\x1b[1A\\u{202e}y';
    const lines = printed([[serviceLine({ body: nasty, attributes: { client_id: `a${nasty}\n` } })], [nasty]], { columns: 200 });
    expect(lines.map((line) => stripVTControlCharacters(line)).slice(1)).toEqual([
      `03:04:05.000 INFO  ${spelled} client_id=a${spelled}\\n`,
      `                   ${spelled}`,
    ]);
  });

  it('does not command the runner of a workflow', () => {
    const env = { GITHUB_ACTIONS: 'true' };
    const line = serviceLine({ body: '##[error]x' });
    expect(printed([[line]], { env })[0]).not.toContain('##[');
    const [json = ''] = printed([[line]], { env, output: 'json' });
    expect(json).not.toContain('##[');
    expect(JSON.parse(json)).toMatchObject({ body: '##[error]x' });
  });
});

describe('A line of a log on a terminal', () => {
  const plain = (...args: Parameters<typeof printed>): readonly string[] => printed(...args).map((line) => stripVTControlCharacters(line));

  it('has the time of its day, which is told where it changes, and ids that are short', () => {
    expect(plain([[LOGGED_IN], ['crash'], [serviceLine({ at: 86_400_000 })]], { columns: 120 })).toEqual([
      '── 2026-01-02 UTC ──',
      '03:04:05.000 INFO  logged in client_id=app account_id=01a222d2…d308 trace=4bf92f35',
      '                   crash',
      '── 2026-01-03 UTC ──',
      '03:04:05.000 INFO  work',
    ]);
  });

  it('is broken between words at the edge, below its message; a longer word stays whole', () => {
    const long = 'x'.repeat(80);
    expect(plain([[serviceLine({ body: `one two three four five six seven ${long} end` })]], { columns: 60 })).toEqual([
      '── 2026-01-02 UTC ──',
      '03:04:05.000 INFO  one two three four five six seven',
      `                   ${long}`,
      '                   end',
    ]);
  });

  it('is coloured by part and level, and stands back where a demo wanted it', () => {
    const [, failed, refused] = printed(
      [[serviceLine({ severity: 'ERROR', body: 'failed' })], [serviceLine({ severity: 'WARN', body: 'refused' }), DEMO]],
      {
        columns: 120,
        parts: ['identity', 'kms'],
      },
    );
    expect(failed).toContain('\x1b[36mkms     \x1b[39m \x1b[31m\x1b[1mERROR');
    expect(refused).toContain('\x1b[32mdemo=kms.realms\x1b[39m \x1b[2mrefused');
    expect(printed([[LOGGED_IN]], { columns: 120, env: { NO_COLOR: '1' } }).join('')).not.toContain('\x1b');
  });
});

describe('A line of a log for a program', () => {
  const RECORD = serviceLine({ severity: 'WARN', body: 'not ready', attributes: { 'http.response.status_code': 503 } });
  const told = (line: string, output: 'json' | 'structured', mark?: DemoMark): unknown =>
    JSON.parse(printed([[line, mark]], { output })[0] ?? '');

  it('keeps time, severity, body, attributes and trace of a record', () => {
    expect(told(RECORD, 'structured')).toMatchObject({
      timeUnixNano: `${LOG_EPOCH}000000`,
      severityText: 'WARN',
      body: { stringValue: 'not ready' },
      attributes: [
        { key: 'http.response.status_code', value: { intValue: '503' } },
        { key: 'passthru.service', value: { stringValue: 'kms' } },
      ],
    });
    expect(told(RECORD, 'json')).toEqual({
      service: 'kms',
      timestamp: '2026-01-02T03:04:05.000Z',
      severity_text: 'WARN',
      body: 'not ready',
      attributes: { 'http.response.status_code': 503 },
    });
    expect(told(LOGGED_IN, 'json')).toMatchObject({ trace_id: TRACE, span_id: '00f067aa0ba902b7' });
  });

  it('says which demo provoked it', () => {
    expect(told(RECORD, 'json', DEMO)).toMatchObject({ demo: { step: 'kms.realms', passed: true } });
    expect(told(RECORD, 'json', { kind: 'sum', provoked: 7, isAll: true })).toMatchObject({ demo: { provoked: 7 } });
    expect(told(RECORD, 'structured', DEMO)).toMatchObject({
      attributes: expect.arrayContaining([{ key: 'passthru.demo.step', value: { stringValue: 'kms.realms' } }]),
    });
  });

  it('has the form of the schema that is published', () => {
    const isValid = new Ajv2020({ strict: false }).compile(logLineSchema);
    const marks: readonly DemoMark[] = [DEMO, { ...DEMO, isPassed: null }, { kind: 'sum', provoked: 7, isAll: false }];
    const lines = printed([[RECORD], [LOGGED_IN], ['panic'], ...marks.map((mark) => [RECORD, mark] as const)], { output: 'json' });
    expect(lines.map((line) => [isValid(JSON.parse(line)), isValid.errors])).toEqual(lines.map(() => [true, null]));
    expect(isValid({ service: 'kms' })).toBe(false);
  });

  it('keeps any other line as it is', () => {
    expect(told('{"level":30}', 'json')).toEqual({ service: 'kms', line: '{"level":30}' });
    expect(told('panic', 'structured')).toMatchObject({ severityText: 'INFO', body: { stringValue: 'panic' } });
  });
});
