import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTenantRate } from '#kms/access/guard/tenant-rate.ts';

const limited = (seconds: string) => ({ code: 'tenant-rate-limited', status: 429, headers: { 'retry-after': seconds } });

describe('The rate of a tenant', () => {
  it('lets a whole window through at once, and then as much as comes back with time', () => {
    const clock = { elapsed: 0 };
    const count = createTenantRate({ max: 4, windowMs: 60_000, elapsed: () => clock.elapsed });
    const tenant = randomUUID();
    const times = (wanted: number) => {
      for (let turn = 0; turn < wanted; turn += 1) count(tenant);
    };
    times(4);
    expect(() => count(tenant)).toThrow(expect.objectContaining(limited('15')));
    clock.elapsed = 14_999;
    expect(() => count(tenant)).toThrow(expect.objectContaining(limited('1')));
    clock.elapsed = 15_000;
    times(1);
    expect(() => count(tenant)).toThrow(expect.objectContaining(limited('15')));
    clock.elapsed = 1_000_000;
    times(4);
    expect(() => count(tenant)).toThrow(expect.objectContaining(limited('15')));
  });

  it('counts many at once, all of them or none, and more than a window has like a whole one', () => {
    const clock = { elapsed: 0 };
    const count = createTenantRate({ max: 4, windowMs: 60_000, elapsed: () => clock.elapsed });
    const tenant = randomUUID();
    count(tenant, 3);
    expect(() => count(tenant, 2)).toThrow(expect.objectContaining(limited('15')));
    count(tenant, 1);
    expect(() => count(tenant, 100)).toThrow(expect.objectContaining(limited('60')));
    clock.elapsed = 60_000;
    count(tenant, 100);
    expect(() => count(tenant)).toThrow(expect.objectContaining(limited('15')));
  });

  it('of one costs no other anything, and a refusal costs nothing', () => {
    const clock = { elapsed: 0 };
    const count = createTenantRate({ max: 2, windowMs: 1_000, elapsed: () => clock.elapsed });
    const [one, two] = [randomUUID(), randomUUID()];
    count(one);
    count(one);
    for (let turn = 0; turn < 100; turn += 1) expect(() => count(one)).toThrow(expect.objectContaining(limited('1')));
    count(two);
    clock.elapsed = 500;
    count(one);
  });
});
