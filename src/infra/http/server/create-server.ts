import { thrownWords } from '#infra/apperr/thrown-words.ts';
import { randomUUIDv7 } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { pageHeaders } from '#infra/html/content-policy.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { readTls, serverTlsOptions } from '#infra/tls/options.ts';
import { refuseUnverifiedPeers } from '#infra/tls/peer.ts';
import { reloadOnChange } from '#infra/tls/reload.ts';
import { inDetail, type Problem, routeNotFound, toProblem } from '../problem.ts';
import type { RefusalLog } from '../refusals.ts';
import { acceptsPage } from '../request/accepts-page.ts';
import type { App, ServerOptions } from '../server.ts';
import { readBodies, requireBodies } from './bodies.ts';
import { compileLater } from './compile-later.ts';
import { endOldConnections } from './connection-age.ts';
import { drainOnClose } from './drain.ts';
import { logFailure } from './error-log.ts';
import { MAX_HEADER, answerClientError, checkHost, refuseExpectation, refuseTunnels } from './malformed-requests.ts';
import { createHeaderlessLog } from './headerless-log.ts';
import { limitMembers } from './member-limit.ts';
import { limitRequests } from './request-limit.ts';
import { answerOtherMethods } from './methods.ts';
import { networksOf } from './networks.ts';
import { requireProxyProtocol } from './proxy-protocol.ts';
import { createRefusalLog } from './refusal-log.ts';
import { serveTwice } from './second-paths.ts';
import { secureAnswers } from './security-headers.ts';
import { checkTarget } from './target.ts';
import { traceRequests } from './tracing.ts';

const DEFAULT_BODY_LIMIT = 64 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

/** V8 shortens the code of a check that is called often; what Ajv does to that end takes longer than to write the code. */
const SCHEMA_RULES = {
  coerceTypes: false,
  removeAdditional: false,
  useDefaults: true,
  allErrors: true,
  verbose: true,
  strict: false,
  code: { optimize: false },
} as const;

declare module 'fastify' {
  interface FastifyInstance {
    /** Whatever was thrown as Problem Details, in as much detail as this server tells; for error handlers of their own. */
    problemOf: (thrown: unknown) => Problem;
  }
}

const sendProblem = ({ status, headers, body }: Problem, reply: FastifyReply): FastifyReply => {
  return reply.code(status).headers(headers).type('application/problem+json').send(JSON.stringify(body));
};

/** To a browser that nobody's route has taken care of, a page; to everybody else Problem Details. */
const answerTo =
  (page: ServerOptions['page']) =>
  (problem: Problem, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const isLost = request.routeOptions.url === undefined || request.is404;
    if (page === undefined || !isLost || !acceptsPage(request.headers)) return sendProblem(problem, reply);
    return reply
      .code(problem.status)
      .headers({ ...problem.headers, ...pageHeaders(), vary: 'accept' })
      .send(page(problem));
  };

const ownRefusalLog = (app: App, { log }: Pick<Telemetry, 'log'>): RefusalLog => {
  const refusals = createRefusalLog(log);
  app.addHook('onClose', async () => refusals[Symbol.dispose]());
  return refusals;
};

const believedTraces = ({ clientCertificate, rateLimit, traceNetworks = [] }: ServerOptions): ((request: FastifyRequest) => boolean) => {
  const isIn = networksOf(traceNetworks, 'server.trace_networks');
  return (request) => clientCertificate === 'require' || isIn(request.ip) || (rateLimit?.known?.nameOf(request) ?? null) !== null;
};

/**
 * An HTTPS server that holds what every server of ours must: TLS 1.3, Problem Details for whatever goes wrong, strict JSON
 * Schema without coercion, body limits, security headers, a trace and a duration for every request, certificates that
 * reload when their files change. It is built, not listening; `close()` gives requests in flight some seconds to finish.
 */
export const createServer = async (options: ServerOptions): Promise<App> => {
  const { telemetry, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const answer = answerTo(options.page);
  const app: App = Fastify({
    // Node's own answer to a request without Host has no body; ours follows in a hook.
    https: {
      ...serverTlsOptions(await readTls(options.tls), options.clientCertificate),
      requireHostHeader: false,
      maxHeaderSize: MAX_HEADER,
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
    // A request that arrives while it closes is served; Fastify's own refusal is no Problem Details.
    return503OnClosing: false,
    genReqId: () => randomUUIDv7(),
    routerOptions: { maxParamLength: 128 },
    ajv: { customOptions: SCHEMA_RULES },
    schemaController: { compilersFactory: compileLater() },
    frameworkErrors: (error, request, reply) => void answer(toProblem(error), request, reply),
    clientErrorHandler: answerClientError,
  }).withTypeProvider<TypeBoxTypeProvider>();
  if (options.secondPath !== undefined) serveTwice(app, options.secondPath);

  const headerless = createHeaderlessLog(options.name, telemetry);
  app.addHook('onClose', async () => headerless[Symbol.dispose]());
  requireProxyProtocol(app.server, options.proxyNetworks ?? [], (address) => headerless.refused(address));
  refuseUnverifiedPeers(app.server);
  drainOnClose(app, options.drain);
  endOldConnections(app, options.elapsed ?? (() => performance.now()));
  app.server.on('checkExpectation', refuseExpectation);
  refuseTunnels(app.server);
  const reload = reloadOnChange(app.server, options.tls, {
    name: options.name,
    onReload: () => telemetry.log.info(`${options.name}: certificates reloaded`),
    onError: (error) => telemetry.log.error(`${options.name}: certificates not reloaded, the old ones stay: ${thrownWords(error)}`),
  });
  const polling = options.jobs?.start(reload.job);
  app.addHook('onClose', async () => {
    reload[Symbol.dispose]();
    await polling?.[Symbol.asyncDispose]();
  });

  const refusals = options.refusals ?? ownRefusalLog(app, telemetry);
  app.decorate('problemOf', (thrown) => inDetail(toProblem(thrown), options.detail ?? 'detailed'));
  app.decorateRequest('facts');
  app.decorate('logFailure', (request, thrown) => logFailure({ log: telemetry.log, refusals }, request, thrown));
  app.setErrorHandler((error, request, reply) => {
    app.logFailure(request, error);
    return answer(app.problemOf(error), request, reply);
  });
  app.setNotFoundHandler(() => {
    throw routeNotFound();
  });

  traceRequests(app, options.name, telemetry, believedTraces(options));
  app.addHook('onRequest', async ({ raw }) => {
    checkHost(raw);
    checkTarget(raw);
  });
  readBodies(app);
  requireBodies(app);
  limitMembers(app);
  secureAnswers(app, options.contentSecurityPolicy);
  if (options.rateLimit !== undefined) await limitRequests(app, options.rateLimit);
  const { admission } = options;
  if (admission !== undefined) app.addHook('onRequest', async (request) => admission(request));
  // After the security headers, which these answers have as well.
  answerOtherMethods(app);
  return app;
};
