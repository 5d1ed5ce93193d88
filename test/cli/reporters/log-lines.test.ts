import { describe, expect, it } from 'vitest';
import { writeLogLine } from '#cli/reporters/lines/log-lines.ts';
import { createTerminal } from '#cli/reporters/terminal/terminal.ts';
import { fakeProcess } from '#test/support/fake-cli.ts';

const RECORD = JSON.stringify({
  severity_text: 'WARN',
  timestamp: '2026-01-02T07:53:00.000Z',
  'service.name': 'kms',
  attributes: { 'http.response.status_code': 503 },
  body: 'not ready',
});

const told = (line: string, output: 'json' | 'structured'): unknown => {
  const cli = fakeProcess({ cwd: '/home' });
  writeLogLine(line, { terminal: createTerminal(cli), output, service: 'kms', nameColumns: 0, now: cli.now });
  return JSON.parse(cli.written.out);
};

describe('A line of a log for a program', () => {
  it('keeps time, severity, body and attributes of a record', () => {
    expect(told(RECORD, 'structured')).toMatchObject({
      timeUnixNano: `${Date.UTC(2026, 0, 2, 7, 53)}000000`,
      severityText: 'WARN',
      body: { stringValue: 'not ready' },
      attributes: [
        { key: 'http.response.status_code', value: { intValue: '503' } },
        { key: 'passthru.service', value: { stringValue: 'kms' } },
      ],
    });
    expect(told(RECORD, 'json')).toEqual({
      service: 'kms',
      timestamp: '2026-01-02T07:53:00.000Z',
      severity_text: 'WARN',
      body: 'not ready',
      attributes: { 'http.response.status_code': 503 },
    });
  });

  it('keeps any other line as it is', () => {
    expect(told('{"level":30}', 'json')).toEqual({ service: 'kms', line: '{"level":30}' });
    expect(told('panic', 'structured')).toMatchObject({ severityText: 'INFO', body: { stringValue: 'panic' } });
  });
});
