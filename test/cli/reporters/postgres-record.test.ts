import { describe, expect, it } from 'vitest';
import { logEntry } from '#cli/reporters/lines/log-entry.ts';
import { postgresRecord } from '#cli/reporters/lines/postgres-record.ts';

const line = (rest: string): string => `2026-11-28 15:47:51.834 UTC [31] ${rest}`;

describe('A line of PostgreSQL', () => {
  it.each([
    ['LOG:  listening on IPv4 address "0.0.0.0", port 5432', 'INFO', 'listening on IPv4 address "0.0.0.0", port 5432'],
    ['WARNING:  there is no transaction in progress', 'WARN', 'there is no transaction in progress'],
    ['FATAL:  password authentication failed for user "kms"', 'ERROR', 'password authentication failed for user "kms"'],
    ['DEBUG2:  checkpoint', 'DEBUG', 'checkpoint'],
    ['STATEMENT:  select 1', 'INFO', 'STATEMENT: select 1'],
  ])('is a record with time, level and process: %s', (rest, severity, body) => {
    expect(postgresRecord(line(rest))).toEqual({
      timestamp: '2026-11-28T15:47:51.834Z',
      severity,
      body,
      attributes: { 'process.pid': 31 },
    });
  });

  it.each([['server started'], ['2026-11-28 15:47:51.834 CET [31] LOG:  x'], [line('ABC:  x')], ['\tfrom keys']])(
    'is not seen in %j',
    (text) => {
      expect(postgresRecord(text)).toBeNull();
    },
  );

  it('goes on with the one before it where it is a part of its message', () => {
    const parts = [line('ERROR:  duplicate key'), line('DETAIL:  Key exists.'), '\tfrom keys', 'server started'];
    expect(parts.map((text) => logEntry('kms-postgres', text).isContinuation)).toEqual([false, true, true, false]);
  });
});
