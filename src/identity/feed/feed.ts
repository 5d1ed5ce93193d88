import type { Static } from 'typebox';
import type { App, Drain } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import type { Jobs } from '#infra/jobs/job.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { SigningKeys } from '#identity/keys/signing-keys.ts';
import type { RevocationFeed } from '#identity/revocations/revocations.ts';
import type { feedConfigSchema } from './config.ts';
import { createClientOf } from './feed-clients.ts';
import { registerFeed } from './feed.routes.ts';
import { createSignSet } from './sign-sets.ts';

/**
 * The listener for resource servers, built and not listening: no connection without a verified client certificate, and nothing there but
 * the stream of revocations, for the common names that the configuration lists.
 */
export const createFeed = async (options: {
  readonly config: Static<typeof feedConfigSchema>;
  readonly issuer: string;
  readonly telemetry: Telemetry;
  readonly jobs: Jobs;
  readonly drain: Drain;
  readonly signingKeys: Pick<SigningKeys, 'current'>;
  readonly feed: RevocationFeed;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): Promise<App> => {
  const { config, issuer, telemetry, jobs, drain, signingKeys, feed, now } = options;
  const clientOf = createClientOf(config.clients, now);
  const app = await createServer({
    name: 'identity-feed',
    tls: config.tls,
    clientCertificate: 'require',
    telemetry,
    jobs,
    drain,
    // Nobody else hears which paths there are.
    admission: ({ raw }) => void clientOf(raw.socket),
  });
  const ends = new AbortController();
  drain.begun.addEventListener('abort', () => ends.abort(), { once: true });
  app.addHook('preClose', async () => ends.abort());
  registerFeed(app, { feed, sign: createSignSet({ issuer, signingKeys, now }), clientOf, ends: ends.signal, now });
  return app;
};
