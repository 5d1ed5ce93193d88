import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUIDv7 } from 'node:crypto';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { TlsFiles } from '#infra/tls/config.ts';
import { type ClientCertificate, readTls, serverTlsOptions } from '#infra/tls/options.ts';
import { refuseUnverifiedPeers } from '#infra/tls/peer.ts';
import { reloadOnChange } from '#infra/tls/reload.ts';
import { drainOnClose } from './drain.ts';
import { logFailure } from './error-log.ts';
import { limitMembers } from './member-limit.ts';
import { routeNotFound, toProblem } from './problem.ts';
import { acceptProxyProtocol } from './proxy-protocol.ts';

export type App = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>;

export interface ServerOptions {
  /** For spans and log lines, for example `kms` or `kms-admin`. */
  readonly name: string;
  readonly tls: TlsFiles;
  /** `request` lets a client come without a certificate; one that comes is verified all the same. */
  readonly clientCertificate: ClientCertificate;
  readonly telemetry: Telemetry;
  /** Bytes of a request body, default 64 KiB; a route may set its own. */
  readonly bodyLimit?: number;
  /** Milliseconds for a request to arrive as a whole, default 30,000; looked at as often. */
  readonly requestTimeoutMs?: number;
  /** Directives of the Content-Security-Policy; by default nothing may be loaded at all. */
  readonly contentSecurityPolicy?: Readonly<Record<string, readonly string[]>>;
  /** Networks whose connections may say on whose behalf they come (PROXY protocol, version 2); none by default. */
  readonly proxyNetworks?: readonly string[];
  readonly rateLimit?: { readonly max: number; readonly timeWindowMs: number; readonly key?: (request: FastifyRequest) => string };
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Runs a function in the trace of this request, which parsing a body would otherwise lose. */
    inTrace: <R>(run: () => R) => R;
  }
}

const DEFAULT_BODY_LIMIT = 64 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
const NO_CONTENT_ALLOWED = { defaultSrc: ["'none'"], frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] };

const sendProblem = (thrown: unknown, reply: FastifyReply): FastifyReply => {
  const { status, headers, body } = toProblem(thrown);
  return reply.code(status).headers(headers).type('application/problem+json').send(JSON.stringify(body));
};

const clientProblem = (code: string | undefined): AppError => {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new AppError('request-timeout', 408, 'The request did not arrive as a whole in time.', { fix: 'Send it again, faster.' });
    case 'HPE_HEADER_OVERFLOW':
      return new AppError('not-http', 431, 'The header of the request is larger than this server takes.');
    default:
      return new AppError('not-http', 400, 'The request is not valid HTTP.');
  }
};

/** A request that is no HTTP at all, or that never ends, reaches no route; it still gets Problem Details. */
const onClientError = (error: NodeJS.ErrnoException, socket: Socket): void => {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) return;
  const { status, body } = toProblem(clientProblem(error.code));
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${String(body['title'])}\r\nConnection: close\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
};

/**
 * "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header field and
 * to any request message that contains more than one Host header field line." RFC 9112 section 3.2
 */
const checkHost = ({ rawHeaders, httpVersion }: IncomingMessage): void => {
  const hosts = rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 1 || (hosts === 0 && httpVersion === '1.0')) return;
  throw new AppError('host-invalid', 400, `The request has ${hosts === 0 ? 'no' : 'more than one'} Host header.`, {
    fields: [{ field: 'header/host', message: 'must stand there once', fix: 'Send one Host header.' }],
  });
};

/** Anything but `100-continue`, which Node answers itself. */
const refuseExpectation = (_request: IncomingMessage, response: ServerResponse): void => {
  const { status, body } = toProblem(
    new AppError('expectation-failed', 417, 'The expectation of the Expect header cannot be met.', { fix: 'Leave the Expect header out.' }),
  );
  response.writeHead(status, { 'content-type': 'application/problem+json', connection: 'close' }).end(JSON.stringify(body));
};

const registerTracing = (app: App, name: string, telemetry: Telemetry): void => {
  const duration = telemetry.histogram('http.server.request.duration', {
    description: 'Time from request to last byte of the answer',
    unit: 's',
  });
  app.decorateRequest('inTrace', null as unknown as FastifyRequest['inTrace']);
  app.addHook('onRequest', (request, reply, done) => {
    const started = performance.now();
    const attributes = { 'http.request.method': request.method, 'http.route': request.routeOptions.url ?? 'unknown' };
    const { traceparent } = request.headers;
    const carrier: Record<string, string> = typeof traceparent === 'string' ? { traceparent } : {};
    void telemetry.span(
      `${name} ${attributes['http.request.method']} ${attributes['http.route']}`,
      { kind: 'server', attributes, carrier },
      async (span) => {
        const answered = new Promise<void>((resolve) => reply.raw.once('close', resolve));
        request.inTrace = AsyncLocalStorage.snapshot() as FastifyRequest['inTrace'];
        done();
        await answered;
        const result = { 'http.response.status_code': reply.raw.statusCode };
        span.set(result);
        duration((performance.now() - started) / 1000, { ...attributes, ...result });
      },
    );
  });
  app.addHook('preValidation', (request, _reply, done) => request.inTrace(done));
};

/**
 * An HTTPS server that holds what every server of ours must: TLS 1.3, Problem Details for whatever goes wrong, strict JSON
 * Schema without coercion, body limits, security headers, a trace and a duration for every request, certificates that
 * reload when their files change. It is built, not listening; `close()` gives requests in flight some seconds to finish.
 */
export const createServer = async (options: ServerOptions): Promise<App> => {
  const { telemetry, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const app: App = Fastify({
    // Node's own answer to a request without Host has no body; ours follows in a hook.
    https: {
      ...serverTlsOptions(await readTls(options.tls), options.clientCertificate),
      requireHostHeader: false,
      // Node swaps the two limits where that of the header is longer.
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: requestTimeoutMs,
    },
    bodyLimit: options.bodyLimit ?? DEFAULT_BODY_LIMIT,
    requestTimeout: requestTimeoutMs,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    trustProxy: false,
    forceCloseConnections: 'idle',
    genReqId: () => randomUUIDv7(),
    routerOptions: { maxParamLength: 128 },
    ajv: {
      customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true, allErrors: true, verbose: true, strict: false },
    },
    frameworkErrors: (error, _request, reply) => void sendProblem(error, reply),
    clientErrorHandler: onClientError,
  }).withTypeProvider<TypeBoxTypeProvider>();

  acceptProxyProtocol(app.server, options.proxyNetworks ?? []);
  refuseUnverifiedPeers(app.server);
  drainOnClose(app);
  app.server.on('checkExpectation', refuseExpectation);
  const reload = reloadOnChange(app.server, options.tls, {
    onReload: () => telemetry.log.info(`${options.name}: certificates reloaded`),
    onError: (error) => telemetry.log.error(`${options.name}: certificates not reloaded, the old ones stay: ${String(error)}`),
  });
  app.addHook('onClose', async () => reload[Symbol.dispose]());

  app.setErrorHandler((error, request, reply) => {
    logFailure(telemetry.log, request, error);
    return sendProblem(error, reply);
  });
  app.setNotFoundHandler(() => {
    throw routeNotFound();
  });

  registerTracing(app, options.name, telemetry);
  app.addHook('onRequest', async (request) => checkHost(request.raw));
  limitMembers(app);
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { ...NO_CONTENT_ALLOWED, ...options.contentSecurityPolicy } as never },
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
  const limit = options.rateLimit;
  if (limit !== undefined) {
    await app.register(rateLimit, {
      max: limit.max,
      timeWindow: limit.timeWindowMs,
      ...(limit.key === undefined ? {} : { keyGenerator: limit.key }),
      errorResponseBuilder: (_request, context) =>
        new AppError('rate-limited', 429, 'Too many requests from this client.', {
          fix: `Wait ${Math.ceil(context.ttl / 1000)} s.`,
          headers: { 'retry-after': String(Math.ceil(context.ttl / 1000)) },
        }),
    });
  }
  return app;
};

/**
 * Starts to listen; with port 0 the system chooses.
 *
 * @throws AppError `port-taken` or `listen-failed`
 */
export const listen = async (app: App, where: { readonly host: string; readonly port: number }): Promise<{ readonly port: number }> => {
  await app.listen(where).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EADDRINUSE') {
      throw new AppError('port-taken', 503, `port ${where.port} on ${where.host} is taken`, {
        cause,
        fix: 'Stop its holder or choose another port.',
      });
    }
    throw new AppError('listen-failed', 503, `cannot listen on ${where.host}:${where.port}: ${cause.message}`, { cause });
  });
  const address = app.server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : where.port };
};
