import type { ClockSkew } from '../events.ts';
import { failure, type Failure } from '#infra/apperr/result.ts';

/** Milliseconds; a difference that tokens and certificates may feel is worth a word, below it is what every network has. */
const WORTH_A_WORD_MS = 5_000;
/** Milliseconds; certificates are made valid this long before they are made, so a greater difference breaks TLS. */
const BREAKS_TLS_MS = 5 * 60_000;

/** What refusals of certificates and tokens by their times say, in the words of TLS, jose, OAuth and our services. */
const ABOUT_TIME =
  /cert[-_ ]not[-_ ]yet[-_ ]valid|cert[-_ ]has[-_ ]expired|not (yet )?valid|expired|jwt[-_]expired|timestamp|\b(exp|iat|nbf)\b/i;

const FIX =
  'Set the clocks by a time server, for example with `timedatectl set-ntp true`; where Docker runs in a virtual machine, restart that. ' +
  'Then run the command again.';

export const isWorthAWord = ({ skewMs }: ClockSkew): boolean => Math.abs(skewMs) >= WORTH_A_WORD_MS;

/** The difference in one clause. */
export const skewText = ({ host, skewMs }: ClockSkew): string =>
  `the clock of ${host} is ${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs > 0 ? 'ahead of' : 'behind'} the clock of this machine`;

/**
 * The failure of a step with the clocks as its deepest cause, where they differ and the failure is about times, or they differ so much
 * that nothing can work; else the failure as it is: pure.
 */
export const withClockCause = (error: Failure, skew: ClockSkew | null): Failure => {
  if (skew === null || !isWorthAWord(skew)) return error;
  if (Math.abs(skew.skewMs) < BREAKS_TLS_MS && !isAboutTime(error)) return error;
  return beneath(error, failure('clock-skew', skewText(skew), { fix: FIX }));
};

const isAboutTime = ({ code, message, cause }: Failure): boolean =>
  ABOUT_TIME.test(`${code} ${message}`) || (cause !== null && isAboutTime(cause));

const beneath = (error: Failure, deepest: Failure): Failure => ({
  ...error,
  cause: error.cause === null ? deepest : beneath(error.cause, deepest),
});
