import { AppError } from '#infra/apperr/app-error.ts';
import type { TrustOutcome } from '#stack/trust/change-trust.ts';
import type { TrustOptions } from '#stack/trust/trust-of-stack.ts';
import { TRUST_STORES } from '#infra/magic/magic.ts';
import type { StoreName } from '#stack/trust/trust-place.ts';
import type { CommandContext } from '#cli/context/command-context.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';

/** @throws AppError `no-home`: databases of browsers and the record of what was set are there */
export const trustOptions = ({
  settings,
  flags,
  interrupts,
  process,
}: CommandContext<{ readonly store: readonly StoreName[] | undefined }>): TrustOptions => {
  const { home, env } = process;
  if (home === null) {
    throw new AppError('no-home', 400, 'this user has no home, and the databases of browsers are there', {
      fix: 'Set HOME to a folder of this user.',
    });
  }
  return { stateDir: settings.stateDir, stores: flags.store ?? TRUST_STORES, home, env, signal: interrupts.first };
};

/** Some places failed, or all that there were. */
export const exitCodeOf = (outcomes: readonly TrustOutcome[]): ExitCode => {
  const failed = outcomes.filter(({ state }) => state === 'failed').length;
  if (failed === 0) return EXIT.passed;
  return failed === outcomes.length ? EXIT.failed : EXIT.partial;
};

export const outcomeRecord = ({ place, state, fingerprint, why }: TrustOutcome) => ({
  body: `${place.path}: ${state}${why === '' ? '' : `: ${why}`}`,
  failed: state === 'failed',
  attributes: {
    'passthru.trust.store': place.store,
    'passthru.trust.path': place.path,
    'passthru.trust.state': state,
    'passthru.trust.fingerprint': fingerprint,
  },
});
