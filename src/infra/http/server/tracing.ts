import type { FastifyRequest } from 'fastify';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { App } from '../server.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Runs a function in the trace of this request, which parsing a body would otherwise lose. */
    inTrace: <R>(run: () => R) => R;
  }
}

/**
 * Makes each request a span and a measurement of its duration. Where the client is believed the span continues the trace that it names;
 * anybody else's is only linked, so that nobody writes into a trace of ours, or makes all of his requests one.
 *
 * @param isBelieved whether the client may name the trace
 * @see https://www.w3.org/TR/trace-context/#privacy-of-traceparent-field
 */
export const traceRequests = (app: App, name: string, telemetry: Telemetry, isBelieved: (request: FastifyRequest) => boolean): void => {
  const duration = telemetry.histogram('http.server.request.duration', {
    description: 'Time from request to last byte of the answer',
    unit: 's',
  });
  app.decorateRequest('inTrace', null as unknown as FastifyRequest['inTrace']);
  app.addHook('onRequest', (request, reply, done) => {
    const started = performance.now();
    const attributes = { 'http.request.method': request.method, 'http.route': request.routeOptions.url ?? 'unknown' };
    const { traceparent } = request.headers;
    const caller = typeof traceparent !== 'string' ? {} : isBelieved(request) ? { carrier: { traceparent } } : { linked: { traceparent } };
    void telemetry.span(
      `${name} ${attributes['http.request.method']} ${attributes['http.route']}`,
      { kind: 'server', attributes, ...caller },
      async (span) => {
        const answered = new Promise<void>((resolve) => reply.raw.once('close', resolve));
        request.inTrace = telemetry.keep();
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
