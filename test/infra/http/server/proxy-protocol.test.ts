import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { parseProxyHeader } from '#infra/http/server/proxy-protocol.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { listen } from '#infra/http/server/listen.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { makePki, type Pki } from '#test/support/pki.ts';
import { proxyHeader, proxyTcp4, proxyTcp6, SIGNATURE } from '#test/support/proxy-protocol.ts';

let pki: Pki;
beforeAll(async () => {
  pki = await makePki();
});
afterAll(async () => pki[Symbol.asyncDispose]());

/** A connection that the server ended, however the system tells of it. */
const CUT_OFF = /disconnected|ECONNRESET|EPIPE|socket hang up|closed/i;

const serve = async (proxyNetworks: readonly string[], max = 1_000, telemetry: Telemetry = noTelemetry()) => {
  const rateLimit = { max, timeWindowMs: 60_000 };
  const app = await createServer({
    name: 'test',
    tls: pki.server,
    clientCertificate: 'none',
    telemetry,
    rateLimit,
    proxyNetworks,
  });
  app.get('/ip', async (request) => ({ ip: request.ip }));
  const at = await listen(app, { host: '127.0.0.1', port: 0 });
  return { port: at.port, [Symbol.asyncDispose]: () => app.close() };
};

/** Writes these bytes one after the other, then speaks TLS, and asks for its own address. */
const askThrough = async (server: { readonly port: number }, chunks: readonly Buffer[], path = '/ip') => {
  const raw: Socket = connect({ host: '127.0.0.1', port: server.port, noDelay: true });
  await once(raw, 'connect');
  for (const chunk of chunks) await new Promise((resolve) => raw.write(chunk, resolve));
  const socket = connectTls({ socket: raw, servername: 'localhost', ca: pki.ca, minVersion: 'TLSv1.3' });
  try {
    await once(socket, 'secureConnect');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    return { status: Number(text.split(' ')[1]), ip: /"ip":"([^"]+)"/.exec(text)?.[1] };
  } finally {
    socket.destroy();
    raw.destroy();
  }
};

describe('a server behind a balancer that passes TLS through', () => {
  it('takes the address of the client from the header, on IPv4 and on IPv6, whatever follows the addresses', async () => {
    await using server = await serve(['127.0.0.0/8']);
    expect(await askThrough(server, [proxyTcp4('198.51.100.7')])).toEqual({ status: 200, ip: '198.51.100.7' });
    expect(await askThrough(server, [proxyTcp4('198.51.100.8', '\u0003\u0000\u0004abcd')])).toEqual({ status: 200, ip: '198.51.100.8' });
    expect(await askThrough(server, [proxyTcp6('20010db8000000000000000000000001')])).toEqual({ status: 200, ip: '2001:db8:0:0:0:0:0:1' });
  });

  it('takes it whatever the packets', async () => {
    await using server = await serve(['127.0.0.0/8']);
    const bytes = [...proxyTcp4('198.51.100.9')].map((byte) => Buffer.from([byte]));
    expect(await askThrough(server, bytes)).toEqual({ status: 200, ip: '198.51.100.9' });
  });

  it('refuses a connection without a header, counts it and tells of the first at once, of the others in one line', async () => {
    const warnings: [string, unknown][] = [];
    let counted = 0;
    const silent = noTelemetry();
    const telemetry: Telemetry = {
      ...silent,
      log: { ...silent.log, warn: (message, attributes) => void warnings.push([message, attributes]) },
      counter: (name) => (value) => void (counted += name === 'passthru.proxy_header.missing' ? value : 0),
    };
    {
      await using server = await serve(['127.0.0.0/8'], 1_000, telemetry);
      for (let n = 0; n < 3; n += 1) await expect(askThrough(server, [])).rejects.toThrow(CUT_OFF);
      expect(await askThrough(server, [proxyTcp4('198.51.100.7')])).toEqual({ status: 200, ip: '198.51.100.7' });
      expect(warnings).toEqual([[expect.stringContaining('send-proxy-v2'), { count: 1, 'client.address': '127.0.0.1' }]]);
    }
    expect(warnings.slice(1)).toEqual([[expect.stringContaining('2 more connections'), { count: 2 }]]);
    expect(counted).toBe(3);
  });

  it('takes a connection of the balancer itself as what it is', async () => {
    await using server = await serve(['127.0.0.0/8', '2001:db8::/32']);
    expect(await askThrough(server, [proxyHeader(Buffer.alloc(0), { command: 0x20, family: 0 })])).toEqual({
      status: 200,
      ip: '127.0.0.1',
    });
    expect(await askThrough(server, [proxyHeader(Buffer.alloc(0), { family: 0 })])).toEqual({ status: 200, ip: '127.0.0.1' });
  });

  it('believes nobody else', async () => {
    await using elsewhere = await serve(['10.0.0.0/8']);
    await using nowhere = await serve([]);
    for (const server of [elsewhere, nowhere]) {
      await expect(askThrough(server, [proxyTcp4('198.51.100.7')])).rejects.toThrow(CUT_OFF);
      expect(await askThrough(server, [])).toEqual({ status: 200, ip: '127.0.0.1' });
    }
  });

  it.each([
    ['version 1', Buffer.from('PROXY TCP4 198.51.100.7 10.0.0.1 40000 8081\r\n')],
    ['version 3', proxyHeader(Buffer.alloc(12), { command: 0x31 })],
    ['an unknown command', proxyHeader(Buffer.alloc(12), { command: 0x22 })],
    ['one that is far too long', proxyHeader(Buffer.alloc(5_000))],
  ])('cuts off a header that is none: %s', async (_, bytes) => {
    await using server = await serve(['127.0.0.0/8']);
    await expect(askThrough(server, [bytes])).rejects.toThrow(CUT_OFF);
    expect((await askThrough(server, [proxyTcp4('198.51.100.7')])).status).toBe(200);
  });

  it('limits the requests of each client, not of all together', async () => {
    await using server = await serve(['127.0.0.0/8'], 2);
    const statuses = async (client: string) => {
      const found: number[] = [];
      for (let request = 0; request < 3; request += 1) found.push((await askThrough(server, [proxyTcp4(client)])).status);
      return found;
    };
    expect(await statuses('198.51.100.7')).toEqual([200, 200, 429]);
    expect(await statuses('198.51.100.8')).toEqual([200, 200, 429]);
  });

  it('closes at once though a header never comes', async () => {
    const server = await serve(['127.0.0.0/8']);
    const raw = connect({ host: '127.0.0.1', port: server.port });
    await once(raw, 'connect');
    raw.on('error', () => raw.destroy());
    raw.write(SIGNATURE);
    // Its answer shows that the other connection has arrived.
    expect((await askThrough(server, [proxyTcp4('198.51.100.7')])).status).toBe(200);
    const started = performance.now();
    await server[Symbol.asyncDispose]();
    expect(performance.now() - started).toBeLessThan(1_500);
    raw.destroy();
  });

  it.each(['10.0.0.0', '10.0.0.0/33', 'balancer/8', '::1/129'])('does not start with a network that is none: %s', async (network) => {
    await expect(serve([network])).rejects.toMatchObject({ code: 'config-invalid', message: expect.stringContaining(network) });
  });
});

describe('the parser of the header', () => {
  it('never throws, never asks for more than a header can have, and knows every header that it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), fc.boolean(), (random, signed) => {
        const bytes = Buffer.concat([signed ? SIGNATURE : Buffer.alloc(0), random]);
        const parsed = parseProxyHeader(bytes);
        const waitsForever = parsed.kind === 'needed' && bytes.length >= 16 + 1024;
        const readsBeyond = parsed.kind === 'header' && parsed.bytes > bytes.length;
        expect({ waitsForever, readsBeyond }).toEqual({ waitsForever: false, readsBeyond: false });
      }),
    );
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)), fc.string({ maxLength: 50 }), (parts, rest) => {
        const bytes = proxyTcp4(parts.join('.'), rest);
        expect(parseProxyHeader(Buffer.concat([bytes, Buffer.from('more')]))).toEqual({
          kind: 'header',
          bytes: bytes.length,
          client: { address: parts.join('.'), port: 40_000 },
        });
        for (let cut = 0; cut < bytes.length; cut += 1) expect(parseProxyHeader(bytes.subarray(0, cut))).toEqual({ kind: 'needed' });
      }),
    );
  });
});
