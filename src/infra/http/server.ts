import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify';
import type { Jobs } from '#infra/jobs/job.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { CommonCounts } from '#infra/workers/common-counts.ts';
import type { ServerTlsFiles } from '#infra/tls/config.ts';
import type { ClientCertificateMode } from '#infra/tls/options.ts';
import type { ErrorDetail, Problem } from './problem.ts';
import type { RefusalLog } from './refusals.ts';

/**
 * HTTP for both products: what a server of ours is (this file), its health, its errors (`problem.ts`), its admin listener
 * (`operators.ts`), and what a client is (`client.ts`). `server/` builds a server, `client/` a client. A request passes the PROXY
 * protocol, TLS, the Host header, the limits, its schema, the route, and comes back as JSON or as Problem Details.
 */

/** A server that routes are added to; schemas are those of TypeBox. */
export type App = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

/**
 * A planned stop that balancers and clients can follow. Between its beginning and `close()` a server goes on serving; it is not ready,
 * and each answer is the last of its connection.
 */
export interface Drain {
  /** Aborts when it begins. */
  readonly begun: AbortSignal;
  /** Between the beginning and `close()`. */
  readonly seconds: number;
}

/** How often one address may ask, and whoever proves at once who it is. */
export interface RateLimit {
  /** Where several processes count together. */
  readonly common?: CommonCounts | undefined;
  /** Requests of one address in the window. */
  readonly max: number;
  readonly timeWindowMs: number;
  /** Callers who speak for many, and count by themselves and not by their address. */
  readonly known?: {
    /** The name of a caller that has proved it; null for everybody else. It is called for every request, before anything is read. */
    readonly nameOf: (request: FastifyRequest) => string | null;
    /** Requests of one of them in the window. */
    readonly max: number;
  };
}

export interface ServerOptions {
  /** Looks at each request before anything is said about paths and methods. @throws AppError for one that is not admitted */
  readonly admission?: (request: FastifyRequest) => void;
  /** Name in spans, log lines and jobs, for example `kms` or `kms-admin`. */
  readonly name: string;
  readonly tls: ServerTlsFiles;
  /** `request` lets a client come without a certificate; one that comes is verified all the same. */
  readonly clientCertificate: ClientCertificateMode;
  readonly telemetry: Telemetry;
  /** Looks at the certificate files now and then, for file systems that tell of no change; without it nobody does. */
  readonly jobs?: Pick<Jobs, 'start'>;
  /** Bytes of a request body, default 64 KiB; a route may set its own. */
  readonly bodyLimit?: number;
  /** Milliseconds for a request to arrive as a whole, default 30,000; looked at as often. */
  readonly requestTimeoutMs?: number;
  /** Directives of the Content-Security-Policy; by default nothing may be loaded at all. */
  readonly contentSecurityPolicy?: Readonly<Record<string, readonly string[]>>;
  /** Networks whose connections must say on whose behalf they come (PROXY protocol, version 2); none by default. */
  readonly proxyNetworks?: readonly string[];
  /**
   * Networks whose `traceparent` is believed; none by default. Callers whose name `rateLimit.known` proves are believed as well, and
   * everybody where a client certificate is required.
   */
  readonly traceNetworks?: readonly string[];
  /** A page for a browser that comes to a path or with a method that no route takes; without it everybody gets Problem Details. */
  readonly page?: (problem: Problem) => string;
  /** How it leaves; without it, `close()` is the beginning too. */
  readonly drain?: Drain;
  readonly rateLimit?: RateLimit;
  /** Routes that are served under a second path as well; none by default. */
  readonly secondPath?: (path: string) => string | null;
  /** How much the answers tell of an outage; `detailed` by default. */
  readonly detail?: ErrorDetail;
  /** Sums up the refusals in the log, those of others with its own; it makes one for itself where absent. */
  readonly refusals?: Pick<RefusalLog, 'refused'>;
  /** Milliseconds of a clock that never goes back. */
  readonly elapsed?: () => number;
}
