import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { handshake, withoutCertificate } from '#demo/health/bring-up/handshake.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { makePki, type Pki } from '#test/support/pki.ts';

/** With this variable at 0, Node takes any certificate in every connection that does not say otherwise. */
const VARIABLE = ['NODE', 'TLS', 'REJECT', 'UNAUTHORIZED'].join('_');

let pki: Pki;
let stranger: Pki;
let server: Server;
let asked = 0;
let url: string;

beforeAll(async () => {
  [pki, stranger] = await Promise.all([makePki(), makePki()]);
  const [cert, key] = await Promise.all([readFile(pki.server.cert), readFile(pki.server.key)]);
  server = createServer({ cert, key, minVersion: 'TLSv1.3' }, (_request, response) => {
    asked += 1;
    response.end('OK');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}`;
  vi.stubEnv(VARIABLE, '0');
});
afterAll(async () => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
  await Promise.all([pki[Symbol.asyncDispose](), stranger[Symbol.asyncDispose]()]);
});

const never = new AbortController().signal;

describe('An environment that switches verification off', () => {
  it('moves no client of ours to take a server of another authority', async () => {
    await using client = createHttpsClient({ ca: stranger.ca });
    await expect(client.request({ url })).rejects.toMatchObject({ code: 'tls-failed' });
    const [cert, key] = await Promise.all([readFile(stranger.client.cert, 'utf8'), readFile(stranger.client.key, 'utf8')]);
    const tls = { url, ca: stranger.ca, cert, key, signal: never };
    await expect(handshake(tls)).rejects.toMatchObject({ code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' });
    await expect(withoutCertificate(tls)).rejects.toMatchObject({ code: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' });
    expect(asked).toBe(0);
  });
});
