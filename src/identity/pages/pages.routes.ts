import type { PublicAccount } from '#infra/html/landing-page.ts';
import type { App } from '#infra/http/server.ts';
import { readBodies } from '#infra/http/server/bodies.ts';
import type { NameTag } from '#infra/secrets/name-tags.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Accounts } from '#identity/accounts/accounts.ts';
import type { Emit } from '../events.ts';
import type { PasswordChanges } from '#identity/accounts/passwords/password-changes.ts';
import type { Clients } from '#identity/clients/clients.ts';
import type { SecondFactors } from '#identity/factors/factors.ts';
import type { Passkeys } from '#identity/factors/passkeys.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';
import type { Interactions } from '#identity/provider/interactions/interactions.ts';
import type { ResourceServer } from '#identity/resource-servers/resource-server.ts';
import { registerAccount } from './account/register-account.ts';
import { registerConsent } from './consent.routes.ts';
import { describeFormError, protectForms } from './forms/form-protection.ts';
import { registerLogin } from './login.routes.ts';
import { createLoginSteps } from './second-factor/login-steps.ts';
import { pageOfError } from './page-of-error.ts';

export interface PagesOptions {
  readonly interactions: Interactions;
  readonly accounts: Accounts;
  readonly factors: SecondFactors;
  readonly passkeys: Passkeys;
  readonly passwordChanges: Pick<PasswordChanges, 'change'>;
  readonly clients: Pick<Clients, 'find'>;
  readonly payloads: OpenIdProvider['payloads'];
  readonly sessions: OpenIdProvider['sessions'];
  readonly access: OpenIdProvider['access'];
  readonly resourceServers: readonly ResourceServer[];
  /** Offered at the log-in; none where no demo runs. */
  readonly demoAccounts: readonly PublicAccount[];
  readonly emit: Emit;
  readonly nameTag: NameTag;
  /** For the tokens of the forms, newest first. */
  readonly secrets: readonly [string, ...string[]];
  readonly telemetry: Pick<Telemetry, 'traceId'>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Bytes of a form. */
const FORM_LIMIT = 16 * 1024;

/**
 * The pages for people: log-in and consent. A route finds the interaction of the browser (`interaction-request.ts`),
 * asks accounts and provider, and sends the HTML of a view; forms carry a token (`forms/`). An error here is a page too,
 * never JSON.
 */
export const registerPages = async (app: App, options: PagesOptions): Promise<void> => {
  const { telemetry } = options;

  await app.register(async (scope) => {
    const pages = scope as unknown as App;
    const answer = pageOfError(telemetry);
    pages.setErrorHandler((thrown, request, reply) => answer(describeFormError(thrown), request, reply));
    readBodies(pages, { reads: 'application/x-www-form-urlencoded', bodyLimit: FORM_LIMIT });
    await protectForms(pages, options.secrets);
    const steps = createLoginSteps(options);
    registerLogin(pages, { ...options, steps });
    registerAccount(pages, { ...options, steps });
    registerConsent(pages, options);
  });
};
