import type { PublicAccount } from '#infra/html/landing-page.ts';
import type { App } from '#infra/http/server.ts';
import type { PasswordChanges } from '#identity/accounts/passwords/password-changes.ts';
import type { Accounts } from '#identity/accounts/accounts.ts';
import type { Clients } from '#identity/clients/clients.ts';
import type { SecondFactors } from '#identity/factors/factors.ts';
import type { Passkeys } from '#identity/factors/passkeys.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import type { NameTag } from '#infra/secrets/name-tags.ts';
import type { Emit } from '../../events.ts';
import type { LoginSteps } from '../second-factor/login-steps.ts';
import { registerAccountLogin } from './account-login.routes.ts';
import { createFindOwner } from './account-session.ts';
import { registerAccountPage } from './account.routes.ts';
import { registerPasskeyPages } from './passkey.routes.ts';
import { registerPasswordPage } from './password.routes.ts';
import { registerTotpPages } from './totp.routes.ts';

export interface AccountPagesOptions {
  readonly accounts: Accounts;
  readonly clients: Pick<Clients, 'find'>;
  readonly factors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly passwordChanges: Pick<PasswordChanges, 'change'>;
  readonly sessions: OpenIdProvider['sessions'];
  /** Offered at the log-in; none where no demo runs. */
  readonly demoAccounts: readonly PublicAccount[];
  readonly access: OpenIdProvider['access'];
  readonly steps: LoginSteps;
  readonly emit: Emit;
  readonly nameTag: NameTag;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/**
 * The account page and what belongs to it: its log-in, sessions, grants, password, second factors. All of it is forms: nothing needs a
 * script, and each form has a token of its own. Who posts without being logged in is sent to the log-in.
 */
export const registerAccount = (app: App, options: AccountPagesOptions): void => {
  const findOwner = createFindOwner(options);
  registerAccountLogin(app, options);
  registerAccountPage(app, { ...options, findOwner });
  registerPasswordPage(app, { ...options, findOwner });
  registerTotpPages(app, { ...options, findOwner });
  registerPasskeyPages(app, { ...options, findOwner });
};
