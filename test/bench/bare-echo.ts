import { readFileSync } from 'node:fs';
import Fastify from 'fastify';

// Run as a program: `node bare-echo.ts <port> <certificate> <key>`, the yardstick: Fastify over TLS 1.3 that gives back what it got.
const [, , port, cert = '', key = ''] = process.argv;
const app = Fastify({ https: { cert: readFileSync(cert), key: readFileSync(key), minVersion: 'TLSv1.3' } });
const text = { type: 'string' } as const;
app.post<{ Body: { plaintext: string } }>(
  '/echo',
  {
    schema: {
      body: { type: 'object', required: ['plaintext'], properties: { plaintext: text } },
      response: { 200: { type: 'object', properties: { ciphertext: text } } },
    },
  },
  async (request) => ({ ciphertext: request.body.plaintext }),
);
await app.listen({ port: Number(port), host: '127.0.0.1' });
process.stdout.write('listens\n');
