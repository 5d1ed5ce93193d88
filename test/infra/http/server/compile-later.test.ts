import { Type } from 'typebox';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '#infra/http/server.ts';
import { createServer } from '#infra/http/server/create-server.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { makePki } from '#test/support/pki.ts';

let app: App;

beforeAll(async () => {
  const pki = await makePki();
  app = await createServer({ name: 'test', tls: pki.server, clientCertificate: 'none', telemetry: noTelemetry() });
  const answer = Type.Object({ number: Type.Integer() });
  app.get(
    '/numbers/:number',
    {
      schema: {
        params: Type.Object({ number: Type.String({ pattern: '^[0-9]{1,3}$' }) }),
        headers: Type.Object({ 'X-Wanted': Type.String({ pattern: '^yes$' }) }),
        response: { 200: answer },
      },
    },
    async ({ params }) => ({ number: Number((params as { number: string }).number), secret: 'not in the schema' }),
  );
  app.get('/broken', { schema: { response: { 200: { type: 'no such type' } } } }, async () => ({}));
  await app.ready();
});
afterAll(() => app.close());

const get = (url: string, headers: Record<string, string> = {}) =>
  app.inject({ method: 'GET', url, headers: { host: 'localhost', ...headers } });

describe('Schemas that are compiled when the first value comes', () => {
  it('let through what they describe, from the first request on, and answer nothing beside it', async () => {
    for (let request = 0; request < 2; request += 1) {
      const { statusCode, payload } = await get('/numbers/7', { 'x-wanted': 'yes' });
      expect([statusCode, payload]).toEqual([200, '{"number":7}']);
    }
  });

  it('refuse what they do not, with the field named, from the first request on', async () => {
    for (let request = 0; request < 2; request += 1) {
      const { statusCode, json } = await get('/numbers/1234', { 'x-wanted': 'yes' });
      expect(statusCode).toBe(400);
      expect(json<{ errors: { field: string }[] }>().errors.map(({ field }) => field)).toEqual(['path/number']);
    }
  });

  it('check headers that are named in another case than they come', async () => {
    expect((await get('/numbers/7', { 'x-wanted': 'no' })).statusCode).toBe(400);
    expect((await get('/numbers/7')).statusCode).toBe(400);
  });

  it('cost nothing at the start: one that cannot be compiled fails the requests that need it', async () => {
    expect((await get('/broken')).statusCode).toBe(500);
    expect((await get('/numbers/7', { 'x-wanted': 'yes' })).statusCode).toBe(200);
  });
});
