import { describe, expect, it } from 'vitest';
import { withClockCause } from '#demo/health/clock.ts';
import { failure } from '#infra/apperr/result.ts';
import { unique } from '#test/support/demo-engine.ts';

const host = 'localhost:8082';
const expired = failure('unexpected-answer', unique('the KMS answered 401'), {
  cause: failure('token-expired', 'the access token has expired'),
});

describe('A failure with clocks that differ', () => {
  it.each([
    ['TLS that refuses a certificate', failure('tls-failed', 'TLS failed: certificate is not yet valid')],
    ['a service that is told to refuse one', failure('health-timeout', 'last probe: identity down, CERT_NOT_YET_VALID')],
    ['a refused claim', failure('err-jwt-claim-validation-failed', '"iat" claim timestamp check failed')],
    ['an expired token', failure('err-jwt-expired', '"exp" claim timestamp check failed')],
  ])('has them as its cause, measured and with a fix: %s', (_, error) => {
    expect(withClockCause(error, { host, skewMs: 90_000 }).cause).toEqual({
      code: 'clock-skew',
      message: 'the clock of localhost:8082 is 90 s ahead of the clock of this machine',
      cause: null,
      fix: expect.stringContaining('Set the clocks'),
    });
  });

  it('has them beneath every other cause', () => {
    const told = withClockCause(expired, { host, skewMs: -61_400 });
    expect(told.cause?.cause).toMatchObject({ code: 'clock-skew', message: expect.stringContaining('61 s behind') });
  });

  it('is left alone where it is not about times, unless they differ by more than certificates stand', () => {
    const other = failure('check-failed', unique('the answer: expected 42, got 41'));
    expect(withClockCause(other, { host, skewMs: 90_000 })).toEqual(other);
    expect(withClockCause(other, { host, skewMs: -600_000 }).cause?.code).toBe('clock-skew');
  });

  it('is left alone where clocks agree, or nobody has told a time', () => {
    expect(withClockCause(expired, { host, skewMs: 4_000 })).toEqual(expired);
    expect(withClockCause(expired, null)).toEqual(expired);
  });
});
