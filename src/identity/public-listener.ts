import { detailOf } from '#infra/http/config.ts';
import type { RefusalLog } from '#infra/http/refusals.ts';
import type { App, Drain } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import type { Jobs } from '#infra/jobs/job.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { createCommonCounts } from '#infra/workers/common-counts.ts';
import type { Workers } from '#infra/workers/workers.ts';
import { type ServiceClient, serviceClientOf, shownProofOf } from './clients/service-clients.ts';
import type { IdentityConfig } from './config.ts';
import { pageOfProblem } from './pages/page-of-error.ts';

/**
 * The listener for everybody, built and not listening, and without a route: requests of each address are limited, those of a service of the
 * configuration by its own name.
 */
export const createPublicListener = (options: {
  readonly config: Pick<IdentityConfig, 'server' | 'errors'>;
  readonly serviceClients: ReadonlyMap<string, ServiceClient>;
  readonly telemetry: Telemetry;
  readonly refusals: RefusalLog;
  readonly jobs: Jobs;
  readonly drain: Drain;
  readonly workers: Workers;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): Promise<App> => {
  const { config, serviceClients, telemetry, refusals, jobs, drain, workers, now } = options;
  const { tls, rate_limit: limit, client_certificates: clientCertificates, proxy_networks, trace_networks } = config.server;
  return createServer({
    name: 'identity',
    tls,
    clientCertificate: clientCertificates === 'request' ? 'request' : 'none',
    telemetry,
    refusals,
    detail: detailOf(config.errors),
    jobs,
    drain,
    rateLimit: {
      max: limit.max,
      timeWindowMs: limit.window_seconds * 1000,
      common: createCommonCounts(workers, 'requests'),
      known: { nameOf: (request) => serviceClientOf(serviceClients, shownProofOf(request, now)), max: limit.service_client_max },
    },
    proxyNetworks: proxy_networks,
    traceNetworks: trace_networks,
    page: (problem) => pageOfProblem(problem, telemetry),
  });
};
