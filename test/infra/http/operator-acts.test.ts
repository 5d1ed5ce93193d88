import { once } from 'node:events';
import { connect } from 'node:tls';
import { expect, it } from 'vitest';
import { type OperatorAct, tellOperatorActs } from '#infra/http/operator-acts.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { listen } from '#infra/http/server/listen.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { makePki } from '#test/support/pki.ts';
import { rawRequest } from '#test/support/raw-request.ts';

it('An act of an operator is told once, with its status, or without one where its connection was cut before the answer', async () => {
  await using pki = await makePki();
  const admin = await createServer({ name: 'test-admin', tls: pki.server, clientCertificate: 'request', telemetry: noTelemetry() });
  const told: OperatorAct[] = [];
  tellOperatorActs(admin, (act) => told.push(act));
  const begun = Promise.withResolvers<void>();
  admin.get('/admin/things', async () => ({}));
  admin.post('/admin/things', async () => ({ made: true }));
  admin.post('/admin/slow-things', async ({ raw }) => {
    begun.resolve();
    await once(raw.socket, 'close');
    return { made: true };
  });
  try {
    const { port } = await listen(admin, { host: '127.0.0.1', port: 0 });
    const ask = (method: string) => rawRequest({ port, ca: pki.ca }, { method, path: '/admin/things', headers: {}, body: Buffer.from('') });
    expect([(await ask('GET')).status, (await ask('POST')).status]).toEqual([200, 200]);

    const socket = connect({ host: 'localhost', port, ca: pki.ca, minVersion: 'TLSv1.3' });
    await once(socket, 'secureConnect');
    socket.write(`POST /admin/slow-things HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 0\r\n\r\n`);
    await begun.promise;
    socket.destroy();
    await expect.poll(() => told).toHaveLength(2);
  } finally {
    await admin.close();
  }
  const by = { type: 'operator-act', operator: 'nobody', address: '127.0.0.1', method: 'POST' };
  expect(told).toEqual([
    { ...by, route: '/admin/things', status: 200 },
    { ...by, route: '/admin/slow-things', status: null },
  ]);
});
