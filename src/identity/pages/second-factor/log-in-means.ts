import type { PublicAccount } from '#infra/html/landing-page.ts';
import type { NameTag } from '#infra/secrets/name-tags.ts';
import type { Accounts } from '#identity/accounts/accounts.ts';
import type { SecondFactors } from '#identity/factors/factors.ts';
import type { Passkeys } from '#identity/factors/passkeys.ts';
import type { Emit } from '../../events.ts';
import type { LoginSteps } from './login-steps.ts';

/** All that asks for a second factor needs. */
export interface SecondFactorMeans {
  readonly steps: LoginSteps;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly factors: Pick<SecondFactors, 'of' | 'verifyCode'>;
  readonly passkeys: Pick<Passkeys, 'requestOptions' | 'verify'>;
  readonly emit: Emit;
  readonly nameTag: NameTag;
}

/** All that a log-in with a password needs, be it for a client or for the account page. */
export interface LogInMeans extends SecondFactorMeans {
  readonly accounts: Pick<Accounts, 'authenticate' | 'find'>;
  /** Offered as buttons; none where no demo runs. */
  readonly demoAccounts: readonly PublicAccount[];
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export const WRONG_CREDENTIALS = 'The user name or the password is wrong.';
