import { randomUUIDv7 } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Refusal } from '#infra/http/refusals.ts';
import { createRefusalLog } from '#infra/http/server/refusal-log.ts';
import type { Attributes } from '#infra/telemetry/telemetry.ts';

const PERIOD_MS = 60_000;

interface Line {
  readonly message: string;
  readonly attributes: Attributes | undefined;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const openLog = () => {
  const lines: Line[] = [];
  const refusals = createRefusalLog({ warn: (message, attributes) => void lines.push({ message, attributes }) });
  return { lines, refusals };
};

const refusal = (address: string, change: Partial<Refusal> = {}): Refusal => ({
  address,
  status: 401,
  code: 'credential-missing',
  message: `GET /things refused with 401 ${randomUUIDv7()}`,
  attributes: { 'http.response.status_code': 401 },
  ...change,
});

describe('Refusals of one network', () => {
  it('are told one by one at first, and then as one line a period with their number, address and kind', () => {
    const { lines, refusals } = openLog();
    const all = Array.from({ length: 1_000 }, () => refusal('192.0.2.7'));
    for (const each of all) refusals.refused(each);
    expect(lines.map(({ message }) => message)).toEqual(all.slice(0, 5).map(({ message }) => message));
    expect(lines[0]?.attributes).toEqual({ 'http.response.status_code': 401, 'client.address': '192.0.2.7' });
    vi.advanceTimersByTime(PERIOD_MS);
    expect(lines.slice(5)).toEqual([
      {
        message: '995 more requests from 192.0.2.7 were refused with 401: credential-missing',
        attributes: { 'client.address': '192.0.2.7', 'http.response.status_code': 401, code: 'credential-missing', count: 995 },
      },
    ]);
    vi.advanceTimersByTime(PERIOD_MS);
    expect(lines).toHaveLength(6);
    const next = refusal('192.0.2.7');
    refusals.refused(next);
    expect(lines.at(-1)?.message).toBe(next.message);
    refusals[Symbol.dispose]();
    expect(lines).toHaveLength(7);
  });

  it('are told apart by their kind, and are one network for all addresses of an IPv6 subscriber', () => {
    const { lines, refusals } = openLog();
    for (let i = 0; i < 8; i += 1) {
      refusals.refused(refusal(`2001:db8:1:2::${i + 1}`));
      refusals.refused(refusal('2001:db8:1:2::1', { status: 429, code: 'rate-limited' }));
      refusals.refused(refusal('2001:db8:1:3::1', { status: 403, code: 'scope-missing' }));
    }
    refusals[Symbol.dispose]();
    expect(lines.slice(15).map(({ message }) => message)).toEqual([
      '3 more requests from 2001:db8:1:2::/64 were refused with 401: credential-missing',
      '3 more requests from 2001:db8:1:2::/64 were refused with 429: rate-limited',
      '3 more requests from 2001:db8:1:3::/64 were refused with 403: scope-missing',
    ]);
  });

  it('from more networks than are told apart are counted all the same', () => {
    const { lines, refusals } = openLog();
    const count = 2_000;
    for (let i = 0; i < count; i += 1) refusals.refused(refusal(`10.0.${i >> 8}.${i & 255}`));
    refusals[Symbol.dispose]();
    const others = lines.at(-1);
    expect(others?.attributes).toMatchObject({ 'client.address': 'other networks', code: 'credential-missing' });
    expect(lines.length - 1 + Number(others?.attributes?.['count'])).toBe(count);
    expect(lines.length).toBeLessThan(600);
  });

  it('that are few leave nothing to sum up', () => {
    const { lines, refusals } = openLog();
    refusals.refused(refusal('192.0.2.7'));
    vi.advanceTimersByTime(PERIOD_MS);
    refusals[Symbol.dispose]();
    expect(lines).toHaveLength(1);
  });
});
