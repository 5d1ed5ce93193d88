import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createVerifiedCache } from '#infra/secrets/verified-cache.ts';

const login = () => ({ name: `user-${randomUUIDv7()}`, password: randomUUIDv7(), stored: `hash-${randomUUIDv7()}` });

describe('the cache of verified passwords', () => {
  it('knows a login that was remembered, and no other', () => {
    const cache = createVerifiedCache({ ttlMs: 1000, max: 10 });
    const known = login();
    cache.remember(known);
    expect(cache.has(known)).toBe(true);
    expect(cache.has({ ...known, password: randomUUIDv7() })).toBe(false);
    expect(cache.has({ ...known, name: randomUUIDv7() })).toBe(false);
    expect(cache.has({ ...known, stored: randomUUIDv7() })).toBe(false);
    expect(cache.has(login())).toBe(false);
  });

  it('does not take a shifted boundary between name and hash for the same login', () => {
    const cache = createVerifiedCache({ ttlMs: 1000, max: 10 });
    cache.remember({ name: 'ab', stored: 'c', password: 'p' });
    expect(cache.has({ name: 'a', stored: 'bc', password: 'p' })).toBe(false);
  });

  it('forgets after its time, counted from the verification, however often it was asked', () => {
    let now = 0;
    const cache = createVerifiedCache({ ttlMs: 1000, max: 10, elapsed: () => now });
    const known = login();
    cache.remember(known);
    now = 999;
    expect(cache.has(known)).toBe(true);
    now = 1000;
    expect(cache.has(known)).toBe(false);
  });

  it('forgets after its time also when the clock of the machine is set back meanwhile', () => {
    let elapsed = 0;
    const cache = createVerifiedCache({ ttlMs: 1000, max: 10, elapsed: () => elapsed });
    const known = login();
    cache.remember(known);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    elapsed = 1000;
    expect(cache.has(known)).toBe(false);
  });

  it('holds at most its number of logins, the newest', () => {
    const cache = createVerifiedCache({ ttlMs: 1000, max: 2 });
    const logins = [login(), login(), login()];
    for (const one of logins) cache.remember(one);
    expect(logins.map(cache.has)).toEqual([false, true, true]);
  });

  it('forgets everything when it is cleared', () => {
    const cache = createVerifiedCache({ ttlMs: 1000, max: 10 });
    const known = login();
    cache.remember(known);
    cache.clear();
    expect(cache.has(known)).toBe(false);
  });
});
