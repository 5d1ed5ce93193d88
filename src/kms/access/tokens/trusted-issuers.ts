import type { DependencyCheck } from '#infra/http/health.ts';
import type { Job } from '#infra/jobs/job.ts';
import { readSecret } from '#infra/files/secret-file.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import type { Emit } from '#kms/events.ts';
import { clientProof } from './client-credential.ts';
import { speaksFor } from '../federation/authority.ts';
import { nameOfIssuer } from '../federation/check-issuers.ts';
import { endpointsOfIssuer, metadataLack } from '../federation/issuer-metadata.ts';
import { followFeed } from '../feed/follow-feed.ts';
import { createReadSet } from '../feed/received-set.ts';
import type { RevocationFeed } from '../feed/revocation-feed.ts';
import { modesInUse, modesOf } from '../revocation-modes.ts';
import { createIntrospection } from './introspection.ts';
import { openIssuerClient } from './issuer-client.ts';
import type { IssuerConfig } from './issuer-config.ts';
import { createJwksCache } from './jwks-cache.ts';
import { createRevocation } from './revocation.ts';
import type { TrustedIssuer } from './token-verifier.ts';

/** An issuer, and the way to it. */
export interface ConnectedIssuer {
  readonly config: IssuerConfig;
  readonly trusted: TrustedIssuer;
  readonly client: Pick<HttpsClient, 'request'>;
  readonly introspectionEndpoint: () => Promise<string>;
  /** What it tells of revocations; null where nobody listens. */
  readonly feed: Pick<RevocationFeed, 'verdict'> | null;
}

export interface TrustedIssuers extends AsyncDisposable {
  readonly issuers: readonly TrustedIssuer[];
  readonly connected: readonly ConnectedIssuer[];
  /** One for each issuer, by its name: up while it publishes its keys at this moment. One more for its feed of revocations, if any. */
  readonly dependencies: readonly DependencyCheck[];
  /** Forgets the keys of each, and every token that was verified by them, and fetches the keys anew. */
  readonly keys: readonly { readonly issuer: string; readonly flush: () => Promise<number> }[];
  /** Work by the clock while they are open; the caller starts it. */
  readonly jobs: readonly Job[];
}

type ShownFeed = Pick<RevocationFeed, 'isCurrent' | 'size'>;

const gaugeFeeds = (telemetry: Pick<Telemetry, 'gauge'>, feeds: readonly { readonly issuer: string; readonly feed: ShownFeed }[]): void => {
  if (feeds.length === 0) return;
  const of = (value: (feed: ShownFeed) => number) => () =>
    feeds.map(({ issuer, feed }) => ({ value: value(feed), attributes: { issuer } }));
  telemetry.gauge(
    'passthru.kms.revocation_feed.current',
    { description: '1 while the feed of revocations of an issuer is up to date, 0 while the KMS asks instead' },
    of((feed) => (feed.isCurrent() ? 1 : 0)),
  );
  telemetry.gauge(
    'passthru.kms.revocation_feed.entries',
    { description: 'Revocations that are remembered until their tokens have ended' },
    of((feed) => feed.size()),
  );
};

/**
 * Opens the connections to the configured issuers, each verified against its own root; renewed files are taken as they come.
 *
 * @param options.tls the client certificate with which the KMS shows itself; its root is that of each issuer
 * @throws AppError `tls-file-unreadable`, `secret-unreadable`
 */
export const openTrustedIssuers = async (options: {
  readonly configs: readonly IssuerConfig[];
  readonly tls: Pick<TlsFiles, 'cert' | 'key'>;
  /** Whether the KMS counts as not ready while an issuer does not answer, where the issuer does not say it for itself. */
  readonly required: boolean;
  readonly telemetry: Telemetry;
  readonly emit: Emit;
  /** Epoch milliseconds. */
  readonly now?: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly elapsed?: () => number;
}): Promise<TrustedIssuers> => {
  const { configs, tls, required, telemetry, emit, now = Date.now, elapsed = () => performance.now() } = options;
  const all = configs.map(({ tenants }) => tenants);
  const countQuestion = telemetry.counter('passthru.kms.introspections', { description: 'Questions to an issuer whether a token is good' });
  const open = async (config: IssuerConfig, index: number) => {
    const { issuer, audience, revocation } = config;
    const { client_id: clientId, client_secret_file: secretFile } = revocation;
    const clientSecret = secretFile === undefined ? null : await readSecret(secretFile, `the secret of the client ${clientId}`);
    const name = nameOfIssuer(config, index);
    const client = await openIssuerClient({
      issuer,
      name: `issuer-${name}`,
      tls: { ca: config.ca, cert: tls.cert, key: tls.key },
      telemetry,
    });
    const proof = clientProof(clientId, clientSecret);
    const stated = { jwksUri: config.jwks_uri, introspectionEndpoint: revocation.introspection_endpoint };
    const endpoints = endpointsOfIssuer({ issuer, discovery: config.discovery, stated, client, elapsed });
    const jwks = createJwksCache({
      issuer,
      locate: async () => {
        const { jwksUri: uri, introspectionEndpoint } = await endpoints();
        // The secret is for the server that introspects, and for no other that may hold the keys.
        const isOneServer = introspectionEndpoint !== undefined && new URL(uri).origin === new URL(introspectionEndpoint).origin;
        return isOneServer ? { uri, ...proof.headers } : { uri };
      },
      algorithms: config.algorithms,
      client,
      ttlMs: config.jwks_ttl_seconds * 1000,
      staleMs: config.jwks_stale_seconds * 1000,
      emit: (event) => emit({ ...event, issuer, name, tenants: config.tenants }),
      elapsed,
    });
    const introspectionEndpoint = async (): Promise<string> => {
      const { introspectionEndpoint: endpoint } = await endpoints();
      if (endpoint === undefined) throw metadataLack('introspection_endpoint');
      return endpoint;
    };
    const introspection = createIntrospection({
      issuer,
      endpoint: introspectionEndpoint,
      batchEndpoint: revocation.introspection_batch_endpoint ?? null,
      proof,
      client,
      onAsk: () => countQuestion(1, { issuer }),
    });
    const { feed: told } = revocation;
    const isTold = told !== undefined && modesInUse(revocation).has('feed');
    const { algorithms, max_token_seconds: maxTokenSeconds } = config;
    const feed = isTold
      ? followFeed({
          issuer,
          uri: told.uri,
          client,
          readSet: createReadSet({ issuer, audience, algorithms, findKey: jwks.key, now }),
          maxTokenSeconds,
          lateMs: told.late_seconds * 1000,
          emit,
          elapsed,
        })
      : null;
    const trusted: TrustedIssuer = {
      rules: {
        issuer,
        audience,
        clockSkewSeconds: config.clock_skew_seconds,
        maxTokenSeconds,
        algorithms,
        claimNames: config.claims,
      },
      speaksFor: speaksFor(config.tenants, all),
      tenantIs: config.claims?.tenant_is ?? 'id',
      jwks,
      opaque: revocation.opaque_tokens === 'introspect' ? introspection : null,
      revocation: createRevocation({
        modeOf: modesOf(revocation),
        intervalMs: revocation.interval_seconds * 1000,
        introspection,
        feed,
        outageMs: (told?.outage_seconds ?? 0) * 1000,
        now,
        elapsed,
      }),
    };
    const dependencies: readonly DependencyCheck[] = [
      { name, required: config.required ?? required, check: () => jwks.probe() },
      // Without it the KMS asks.
      ...(feed === null ? [] : [{ name: `${name}-feed`, required: false, check: feed.check }]),
    ];
    return { trusted, config, client, jwks, introspectionEndpoint, feed, dependencies };
  };

  const opened = await Promise.all(configs.map(open));
  const feeds = opened.flatMap(({ trusted, feed }) => (feed === null ? [] : [{ issuer: trusted.rules.issuer, feed }]));
  gaugeFeeds(telemetry, feeds);
  return {
    issuers: opened.map(({ trusted }) => trusted),
    connected: opened,
    keys: opened.map(({ trusted, jwks }) => ({ issuer: trusted.rules.issuer, flush: jwks.flush })),
    jobs: opened.map(({ client }) => client.job),
    dependencies: opened.flatMap(({ dependencies }) => dependencies),
    [Symbol.asyncDispose]: async () => {
      await Promise.all(feeds.map(({ feed }) => feed[Symbol.asyncDispose]()));
      await Promise.all(opened.map(({ client }) => client[Symbol.asyncDispose]()));
    },
  };
};
