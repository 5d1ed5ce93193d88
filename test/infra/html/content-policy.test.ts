import { describe, expect, it } from 'vitest';
import { contentPolicy, pageHeaders } from '#infra/html/content-policy.ts';

const formAction = (policy: string): string => /form-action ([^;]*)/.exec(policy)?.[1] ?? '';

describe('the content security policy of a page', () => {
  it('allows nothing but our style sheet and our own forms', () => {
    const policy = contentPolicy();
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|script-src|\*|data:/);
    expect(formAction(policy)).toBe("'self'");
  });

  it('lets a form lead to the origin of the client, for Chromium checks redirects too', () => {
    expect(formAction(contentPolicy(['https://localhost:8765/callback?x=1#y']))).toBe("'self' https://localhost:8765");
    expect(formAction(contentPolicy(['http://127.0.0.1:4711/callback']))).toBe("'self' http://127.0.0.1:4711");
    expect(formAction(contentPolicy(['http://[::1]:4711/callback']))).toBe("'self' http://[::1]:4711");
    expect(formAction(contentPolicy(['com.example.app:/callback']))).toBe("'self' com.example.app:");
  });

  it('names each origin once', () => {
    expect(formAction(contentPolicy(['https://a.test/1', 'https://a.test/2']))).toBe("'self' https://a.test");
  });

  it('is not extended by what is no URL or would be a directive of its own', () => {
    for (const hostile of ['', 'nonsense', 'https://a.test; script-src *', "x'; script-src *:/"]) {
      const policy = contentPolicy([hostile]);
      expect(policy).not.toContain('script-src');
      expect(policy.split(';')).toHaveLength(contentPolicy().split(';').length);
    }
  });

  it('comes with headers that forbid keeping, framing and guessing the type', () => {
    expect(pageHeaders()).toMatchObject({ 'cache-control': 'no-store', 'x-frame-options': 'DENY', 'x-content-type-options': 'nosniff' });
  });
});
