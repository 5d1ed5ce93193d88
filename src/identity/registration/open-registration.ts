import type { Database } from '#infra/database/databases.ts';
import type { App } from '#infra/http/server.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Passwords } from '#infra/secrets/passwords.ts';
import type { Clients } from '#identity/clients/clients.ts';
import { createInitialTokens } from '#identity/clients/registration/create-initial-tokens.ts';
import { createRegistrations } from '#identity/clients/registration/create-registrations.ts';
import type { InitialTokens } from '#identity/clients/registration/initial-tokens.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { CheckClient } from '#identity/provider/check-client.ts';
import type { Emit } from '../events.ts';
import { registerRegistration } from './registration.routes.ts';

const SWEEP_MS = 60 * 60_000;

/** Opens the registration of clients. @returns the tokens that operators give for it, and the job that forgets those that have ended */
export const openRegistration = async (
  app: App,
  options: {
    readonly database: Pick<Database<IdentityTables>, 'db' | 'transaction'>;
    readonly passwords: Pick<Passwords, 'hash'>;
    readonly clients: Pick<Clients, 'verifySecret'>;
    readonly checkClient: CheckClient;
    readonly removeClient: (clientId: string) => Promise<void>;
    readonly issuer: string;
    readonly emit: Emit;
    readonly nameTag: (name: string) => string;
    /** Epoch milliseconds. */
    readonly now: () => number;
  },
): Promise<{ readonly tokens: InitialTokens; readonly job: Job }> => {
  const tokens = createInitialTokens(options);
  const registrations = createRegistrations({ ...options, initialTokens: tokens, check: options.checkClient });
  await registerRegistration(app, { ...options, registrations, verifySecret: options.clients.verifySecret });
  return { tokens, job: { name: 'forget-initial-access-tokens', periodMs: SWEEP_MS, run: async () => void (await tokens.sweep()) } };
};
