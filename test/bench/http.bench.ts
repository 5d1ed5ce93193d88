import { Type } from 'typebox';
import { strictObject } from '#infra/config/schema.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { listen } from '#infra/http/server/listen.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { makePki } from '#test/support/pki.ts';
import type { Suite } from './suite.ts';

/** Our server and our client over TLS 1.3 on loopback. */
export const httpSuite: Suite = async () => {
  const pki = await makePki();
  const app = await createServer({ name: 'bench', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
  app.post('/echo', { schema: { body: strictObject({ text: Type.String() }) } }, async (request) => request.body);
  const { port } = await listen(app, { host: '127.0.0.1', port: 0 });
  const client = createHttpsClient({ ca: pki.ca });
  const send = (through: typeof client) =>
    through.request({ method: 'POST', url: `https://localhost:${port}/echo`, body: { text: 'x'.repeat(1024) } });
  return {
    tasks: {
      'https request of 1 KiB, connection kept': () => send(client),
      'https request of 1 KiB, new connection': async () => {
        await using fresh = createHttpsClient({ ca: pki.ca });
        return await send(fresh);
      },
    },
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await app.close();
      await pki[Symbol.asyncDispose]();
    },
  };
};
