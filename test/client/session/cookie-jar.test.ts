import { describe, expect, it } from 'vitest';
import { createCookieJar } from '#client/session/cookie-jar.ts';
import { unique } from '#test/support/demo-engine.ts';

const site = new URL('https://identity.example:8082/login/1');

describe('the cookie jar', () => {
  it('sends a cookie back to the host that set it, on whichever port, and to no other', () => {
    const jar = createCookieJar();
    const value = unique('value');
    jar.store(site, [`session=${value}; Path=/; Secure; HttpOnly; SameSite=Lax`]);
    expect(jar.header(new URL('https://identity.example:8082/anywhere'))).toBe(`session=${value}`);
    expect(jar.header(new URL('https://identity.example:8081/'))).toBe(`session=${value}`);
    expect(jar.header(new URL('https://elsewhere.example:8082/'))).toBeNull();
  });

  it('keeps a cookie to its path, whole segments only, the longest path first', () => {
    const jar = createCookieJar();
    jar.store(site, ['a=1; Path=/login', 'b=2; Path=/login/1', 'c=3; Path=/']);
    expect(jar.header(new URL('/login/1', site))).toBe('b=2; a=1; c=3');
    expect(jar.header(new URL('/login/12', site))).toBe('a=1; c=3');
    expect(jar.header(new URL('/loginx', site))).toBe('c=3');
  });

  it('takes the folder of the request as path when none is given', () => {
    const jar = createCookieJar();
    jar.store(site, ['a=1']);
    expect(jar.header(new URL('/login/2', site))).toBe('a=1');
    expect(jar.header(new URL('/other', site))).toBeNull();
  });

  it('replaces a cookie of the same name and path, and forgets one that has expired', () => {
    const jar = createCookieJar({ now: () => Date.UTC(2027, 0, 1) });
    jar.store(site, ['a=1; Path=/', 'b=1; Path=/']);
    jar.store(site, ['a=2; Path=/', 'b=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT']);
    expect(jar.header(site)).toBe('a=2');
    jar.store(site, ['a=; Path=/; Max-Age=0']);
    expect(jar.header(site)).toBeNull();
  });

  it('ignores what is no cookie', () => {
    const jar = createCookieJar();
    jar.store(site, ['', '=nameless', 'flag; Path=/']);
    expect(jar.header(site)).toBeNull();
  });
});
