import { thrownMessage, thrownWords } from '#infra/apperr/thrown-words.ts';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { AppError } from '#infra/apperr/app-error.ts';
import { publicCause } from '#infra/apperr/public-cause.ts';
import { readiness } from '#infra/http/health.ts';
import { toProblem } from '#infra/http/problem.ts';
import type { Jobs } from '#infra/jobs/job.ts';
import type { LostLines } from '#infra/lines/line-queue.ts';
import type { Dropped, Logger } from '#infra/telemetry/telemetry.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import { readTls, serverTlsOptions } from '#infra/tls/options.ts';
import { reloadOnChange } from '#infra/tls/reload.ts';
import { readExport } from './body.ts';
import { SIGNAL_KINDS, type SignalKind } from '../../otlp-records.ts';
import type { SinkStore } from './store.ts';

/** Milliseconds for a whole request to arrive. */
const REQUEST_TIMEOUT_MS = 30_000;
/** Clients are the services of one machine. */
const MAX_CONNECTIONS = 256;

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

type Route = (request: IncomingMessage) => Promise<Answer>;

const OK_EXPORT: Answer = { status: 200, body: {} };

const problemOf = (error: unknown): Answer => {
  const { status, headers, body } = toProblem(error);
  return { status, headers: { ...headers, 'content-type': 'application/problem+json' }, body };
};

const receive = async (request: IncomingMessage, kind: SignalKind, { store, lost, log }: Sink): Promise<Answer> => {
  const line = await readExport(request, kind);
  await store.append(kind, line).catch((cause: unknown) => {
    // Senders try again and again: the log tells when it begins and when it ends.
    if (lost.cause === null) log.error(`records cannot be written: ${publicCause(cause)}`);
    lost.cause = publicCause(cause);
    lost.exports += 1;
    // 503 is what OTLP lets a client try again.
    throw new AppError('sink-unavailable', 503, 'The records cannot be written.', { cause, headers: { 'retry-after': '1' } });
  });
  if (lost.cause !== null) log.info(`records are written again; ${lost.exports} exports could not be`);
  lost.cause = null;
  return OK_EXPORT;
};

/** What the routes work on. */
interface Sink {
  readonly store: SinkStore;
  readonly jobs: Pick<Jobs, 'states'>;
  /** Of the log of this process. */
  readonly lostLines: () => LostLines;
  /** Exports that could not be written since the start; their sender may have tried again. */
  readonly lost: { exports: number; cause: string | null };
  readonly log: Pick<Logger, 'info' | 'error'>;
}

const ready = async ({ store, jobs, lostLines, lost }: Sink): Promise<Answer> => {
  const { reason, dependencies } = await readiness([{ name: 'storage', required: true, check: () => store.check() }], () => null);
  const { lines: log_lines, cause: log_cause } = lostLines();
  const dropped: Dropped = { log_lines, log_cause, telemetry_records: lost.exports };
  const parts = { dependencies, jobs: jobs.states(), dropped };
  if (reason === null) return { status: 200, body: { status: 'ready', ...parts } };
  return problemOf(new AppError('not-ready', 503, reason, { members: { reason, ...parts } }));
};

const routesOf = (sink: Sink): ReadonlyMap<string, Readonly<Record<string, Route>>> =>
  new Map<string, Readonly<Record<string, Route>>>([
    ...SIGNAL_KINDS.map((kind) => [`/v1/${kind}`, { POST: (request: IncomingMessage) => receive(request, kind, sink) }] as const),
    ['/livez', { GET: async () => ({ status: 200, body: { status: 'alive' } }) }],
    ['/readyz', { GET: () => ready(sink) }],
  ]);

const pathOf = (request: IncomingMessage): string => request.url?.split('?')[0] ?? '';

const find = (routes: ReturnType<typeof routesOf>, request: IncomingMessage): Route => {
  const methods = routes.get(pathOf(request));
  if (methods === undefined) throw new AppError('route-not-found', 404, 'There is no such route.');
  const method = request.method ?? '';
  const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (route === undefined) {
    throw new AppError('method-not-allowed', 405, 'This route does not take this method.', {
      headers: { allow: Object.keys(methods).join(', ') },
    });
  }
  return route;
};

const send = (response: ServerResponse, { status, headers, body }: Answer): void => {
  response.writeHead(status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(JSON.stringify(body));
};

/**
 * An OTLP/HTTP receiver for JSON that writes what it gets into the store: TLS 1.3, client certificate required.
 * It is built, not listening. Plain node:https, because it must be ready before anything else of a demo starts.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export const createSink = async (options: {
  readonly tls: TlsFiles;
  readonly store: SinkStore;
  readonly jobs: Jobs;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly lostLines: () => LostLines;
}): Promise<Server> => {
  const { tls, store, jobs, log, lostLines } = options;
  const routes = routesOf({ store, jobs, lostLines, log, lost: { exports: 0, cause: null } });
  const server = createServer(
    { ...serverTlsOptions(await readTls(tls), 'require'), requestTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      const answer = async (): Promise<Answer> => find(routes, request)(request);
      answer()
        .catch((error: unknown) => {
          const problem = problemOf(error);
          if (problem.status >= 500 && problem.status !== 503) log.error(`${request.method} ${pathOf(request)}: ${describe(error)}`);
          return problem;
        })
        .then(
          (result) => send(response, result),
          (error: unknown) => log.error(`an answer could not be sent: ${thrownWords(error)}`),
        );
    },
  );
  server.maxConnections = MAX_CONNECTIONS;
  const reload = reloadOnChange(server, tls, {
    name: 'telemetry',
    onReload: () => log.info('certificates reloaded'),
    onError: (error) => log.error(`certificates not reloaded, the old ones stay: ${thrownWords(error)}`),
  });
  jobs.start(reload.job);
  return server;
};

const describe = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined ? `${thrownMessage(error)} ${thrownMessage(error.cause)}` : thrownMessage(error);
