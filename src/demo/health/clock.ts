import { failure, type Failure } from '#infra/apperr/result.ts';
import { BREAKS_TLS_MS, CLOCK_FIX, type ClockSkew, isWorthAWord, skewText } from '#infra/jobs/clock-skew.ts';

/** What refusals of certificates and tokens by their times say, in the words of TLS, jose, OAuth and our services. */
const ABOUT_TIME =
  /cert[-_ ]not[-_ ]yet[-_ ]valid|cert[-_ ]has[-_ ]expired|not (yet )?valid|expired|jwt[-_]expired|timestamp|\b(exp|iat|nbf)\b/i;

/**
 * The failure of a step with the clocks as its deepest cause, where they differ and the failure is about times, or they differ so much
 * that nothing can work; else the failure as it is: pure.
 */
export const withClockCause = (error: Failure, skew: ClockSkew | null): Failure => {
  if (skew === null || !isWorthAWord(skew)) return error;
  if (Math.abs(skew.skewMs) < BREAKS_TLS_MS && !isAboutTime(error)) return error;
  return beneath(error, failure('clock-skew', skewText(skew), { fix: CLOCK_FIX }));
};

const isAboutTime = ({ code, message, cause }: Failure): boolean =>
  ABOUT_TIME.test(`${code} ${message}`) || (cause !== null && isAboutTime(cause));

const beneath = (error: Failure, deepest: Failure): Failure => ({
  ...error,
  cause: error.cause === null ? deepest : beneath(error.cause, deepest),
});
