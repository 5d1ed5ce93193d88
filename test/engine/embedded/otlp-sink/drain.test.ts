import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { drain } from '#engine/embedded/otlp-sink/drain.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { createDoors } from '#infra/http/server/doors.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

it('A sink that stops waits for the answer to a request that came in by a further address', async () => {
  await using folder = await temporaryDirectory();
  const names = ['127.0.0.1', '127.0.0.2'];
  const tls = await prepareTls({ directory: folder.path, leaves: [{ name: 'server', kind: 'server', commonName: 'server', names }] });
  const leaf = tls.leaf('server');
  const [entered, order] = [Promise.withResolvers<() => void>(), [] as string[]];
  const server: Server = createServer({ cert: await readFile(leaf.cert), key: await readFile(leaf.key) }, (_request, response) => {
    response.once('finish', () => order.push('answered'));
    entered.resolve(() => void response.setHeader('connection', 'close').end('{}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const doors = createDoors(server, ['127.0.0.2']);
  await doors.open(port);

  await using client = createHttpsClient({ ca: await readFile(tls.caFile, 'utf8') });
  const answer = client.request({ url: `https://127.0.0.2:${port}/` });
  const release = await entered.promise;
  server.once('close', release);
  await drain(server, doors);
  order.push('drained');

  expect((await answer).json()).toEqual({});
  expect(order).toEqual(['answered', 'drained']);
});
