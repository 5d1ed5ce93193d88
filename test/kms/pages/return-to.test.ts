import { describe, expect, it } from 'vitest';
import { returnToOf } from '#kms/pages/return-to.ts';

describe('The page to go to after a log-in', () => {
  it.each(['/ui/', '/ui/swagger/', '/ui/keys/01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47'])('is %s where that was asked for', (path) => {
    expect(returnToOf(path)).toBe(path);
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '/ui//evil.example/',
    '/ui/\\evil.example',
    '/ui/../../evil',
    '/ui/%2e%2e/',
    '/ui/\r\nset-cookie:a=b',
    '/ui/\n',
    '/ui/?next=https://evil.example',
    '/ui/#x',
    '/ui/keys/@evil.example',
    'javascript:alert(1)',
    '/service/api/v1/elastic-keys',
    '/ui/log-in',
    '/ui/log-in/issuer',
    '/ui/log-out',
    '/ui/callback',
    '/ui',
    '',
    `/ui/${'a/'.repeat(50)}`,
    ['/ui/', '/ui/swagger/'],
    undefined,
    7,
  ])('is that of the keys where %j was asked for', (asked) => {
    expect(returnToOf(asked)).toBe('/ui/');
  });
});
