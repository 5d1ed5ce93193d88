import { describe, expect, it } from 'vitest';
import { newTotpSecret, stepOfCode, totpSecretOf, totpToShow } from '#identity/factors/totp.ts';

/** The key of RFC 6238 appendix B, and the last six of the eight digits there. */
const KEY = Buffer.from('12345678901234567890');

describe('A one-time code', () => {
  it.each([
    [59, '287082', 1],
    [1_111_111_109, '081804', 37_037_036],
    [1_234_567_890, '005924', 41_152_263],
    [2_000_000_000, '279037', 66_666_666],
  ])('at %i s is %s, of step %i (RFC 6238 appendix B)', (seconds, code, step) => {
    expect(stepOfCode(KEY, code, seconds * 1000)).toBe(step);
  });

  it('is taken of the step before and after, and of no other', () => {
    const taken = [-60, -30, 0, 30, 60].map((shift) => stepOfCode(KEY, '287082', (59 + shift) * 1000));
    expect(taken).toEqual([null, 1, 1, 1, null]);
  });

  it.each(['', '28708', '2870822', '287083', 'abcdef', '28 082'])('is never %j', (code) => {
    expect(stepOfCode(KEY, code, 59_000)).toBeNull();
  });

  it('has a new secret of 160 bits, which an app reads from the URI', () => {
    const secret = newTotpSecret();
    const shown = totpToShow(secret, 'identity.test', 'a person');
    expect([secret.length, Buffer.from(totpSecretOf(shown.secret)).equals(Buffer.from(secret))]).toEqual([20, true]);
    const uri = new URL(shown.uri);
    expect([uri.protocol, uri.pathname, Object.fromEntries(uri.searchParams)]).toEqual([
      'otpauth:',
      expect.stringContaining('a%20person'),
      { issuer: 'identity.test', secret: shown.secret, algorithm: 'SHA1', digits: '6', period: '30' },
    ]);
  });
});
