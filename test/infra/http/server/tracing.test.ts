import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServerOptions } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import type { SpanOptions } from '#infra/telemetry/telemetry.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(() => pki[Symbol.asyncDispose]());

/** What the span of a request takes from it, at a server with these options. */
const asked = async (options: Partial<ServerOptions>, request: { readonly from?: string; readonly name?: string }) => {
  const spans: SpanOptions[] = [];
  const telemetry = noTelemetry();
  const span: typeof telemetry.span = (name, of, run) => {
    spans.push(of);
    return telemetry.span(name, of, run);
  };
  const app = await createServer({
    name: 'test',
    tls: pki.server,
    clientCertificate: 'none',
    telemetry: { ...telemetry, span },
    ...options,
  });
  app.get('/', async () => ({}));
  const headers = { host: 'localhost', traceparent: TRACEPARENT, 'x-name': request.name ?? '' };
  await app.inject({ url: '/', remoteAddress: request.from ?? '192.0.2.1', headers });
  await app.close();
  return spans.map(({ carrier, linked }) => ({ carrier: carrier?.traceparent, linked: linked?.traceparent }));
};

const BELIEVED = [{ carrier: TRACEPARENT, linked: undefined }];
const LINKED = [{ carrier: undefined, linked: TRACEPARENT }];

describe('The trace that a client names', () => {
  it('is only linked to at a public listener, whoever asks', async () => {
    expect(await asked({}, {})).toEqual(LINKED);
    expect(await asked({ clientCertificate: 'request' }, { from: '127.0.0.1' })).toEqual(LINKED);
  });

  it('goes on where the client comes from a network that is believed, and nowhere else', async () => {
    const traceNetworks = ['192.0.2.0/24', '2001:db8::/32'];
    expect(await asked({ traceNetworks }, {})).toEqual(BELIEVED);
    expect(await asked({ traceNetworks }, { from: '::ffff:192.0.2.9' })).toEqual(BELIEVED);
    expect(await asked({ traceNetworks }, { from: '2001:db8::1' })).toEqual(BELIEVED);
    expect(await asked({ traceNetworks }, { from: '198.51.100.1' })).toEqual(LINKED);
  });

  it('goes on where the caller has proved its name', async () => {
    const rateLimit = {
      max: 100,
      timeWindowMs: 60_000,
      known: { nameOf: ({ headers }) => (headers['x-name'] === 'kms' ? 'kms' : null), max: 100 },
    } satisfies ServerOptions['rateLimit'];
    expect(await asked({ rateLimit }, { name: 'kms' })).toEqual(BELIEVED);
    expect(await asked({ rateLimit }, { name: 'somebody' })).toEqual(LINKED);
  });

  it('goes on where every client has a certificate of ours', async () => {
    expect(await asked({ clientCertificate: 'require' }, {})).toEqual(BELIEVED);
  });

  it('is believed from no text that is no network: the server does not start', async () => {
    await expect(asked({ traceNetworks: ['10.0.0.0/33'] }, {})).rejects.toMatchObject({
      code: 'config-invalid',
      message: 'server.trace_networks: 10.0.0.0/33 is no network',
    });
  });
});
