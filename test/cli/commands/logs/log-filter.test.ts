import { describe, expect, it } from 'vitest';
import { createLogFilter, type LogFilter } from '#cli/commands/logs/log-filter.ts';
import type { TimedEntry } from '#cli/commands/logs/queues.ts';
import { logEntry } from '#cli/reporters/lines/log-entry.ts';
import { newTraceId } from '#test/support/otlp-traces.ts';
import { LOG_EPOCH, serviceLine } from '#test/support/log-lines.ts';

const timed = (line: string, change: Partial<TimedEntry> = {}): TimedEntry => {
  const entry = logEntry('kms', line);
  return { ...entry, notAfter: entry.at, ...change };
};

const kept = (filter: LogFilter, ...entries: readonly TimedEntry[]): readonly boolean[] => entries.map(createLogFilter(filter));

const [warning, info] = [timed(serviceLine({ severity: 'WARN' })), timed(serviceLine())];

describe('A filter of log lines', () => {
  it('takes a level and those above it, and lines without one: they may be a crash', () => {
    expect(kept({ level: 'warn' }, warning, info, timed('panic: nil'), timed(serviceLine({ severity: 'ERROR' })))).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(kept({ level: 'debug' }, info)).toEqual([true]);
  });

  it('takes a line that goes on with the one before it as that one, in each part of its own', () => {
    const trace = timed('    at main.ts:1');
    const detail = timed('2026-01-02 03:04:05.000 UTC [1] DETAIL:  Key (id)=(1) exists.', { part: 'kms-postgres' });
    const error = timed('2026-01-02 03:04:05.000 UTC [1] ERROR:  duplicate key', { part: 'kms-postgres' });
    expect(kept({ level: 'warn' }, info, trace, warning, trace)).toEqual([false, false, true, true]);
    expect(kept({ level: 'warn' }, error, info, detail)).toEqual([true, false, true]);
  });

  it('takes what was logged since a moment, and what may have been', () => {
    const since = LOG_EPOCH + 10;
    expect(
      kept(
        { since },
        timed(serviceLine({ at: 9 })),
        timed(serviceLine({ at: 10 })),
        timed('crash', { notAfter: LOG_EPOCH + 9 }),
        timed('crash', { notAfter: LOG_EPOCH + 11 }),
        timed('crash', { notAfter: null }),
      ),
    ).toEqual([false, true, false, true, true]);
  });

  it('takes the lines of a trace by the first digits of its id, and no others', () => {
    const traceId = newTraceId();
    expect(
      kept({ trace: traceId.slice(0, 8) }, timed(serviceLine({ traceId })), timed(serviceLine({ traceId: newTraceId() })), info),
    ).toEqual([true, false, false]);
  });
});
