import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTelemetry } from '#infra/telemetry/sdk/start-telemetry.ts';
import type { TestIdentity } from '#test/support/identity.ts';
import { startTestIdentity } from '#test/support/identity.ts';

let running: TestIdentity;
beforeAll(async () => {
  running = await startTestIdentity();
});
afterAll(() => running[Symbol.asyncDispose]());

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly operationId: string;
            readonly requestBody: { readonly content: { readonly 'application/json': { readonly schema: unknown } } };
            readonly responses: Readonly<Record<string, unknown>>;
          }
        >
      >
    >
  >;
}
const PUBLISHED = new URL('../../../docs/schemas/identity-admin.openapi.json', import.meta.url);

interface ResetBody {
  readonly reset_id: string;
  readonly tenants: Record<string, string>;
  readonly previous_tenants: Record<string, string>;
}
const post = (path: string, body?: unknown) => running.admin(path, { method: 'POST', ...(body === undefined ? {} : { body }) });
const state = async () => (await running.admin('/admin/v1/demo')).json();

describe('the admin listener', () => {
  it('refuses everybody without a client certificate, health included', async () => {
    for (const path of ['/livez', '/readyz', '/admin/v1/demo']) {
      await expect(running.admin(path, { certificate: false })).rejects.toMatchObject({
        cause: { message: expect.stringMatching(/certificate required|closed|reset/) },
      });
    }
  });

  it('lets a certificate that is not an operator see health and nothing else', async () => {
    await using other = await startTestIdentity({ overlay: { admin: { allowed_clients: [`operator-${randomUUIDv7()}`] } } });
    expect((await other.admin('/readyz')).status).toBe(200);
    const before = await other.identity.demo?.state();
    for (const [method, path] of [
      ['GET', '/admin/v1/demo'],
      ['POST', '/admin/v1/demo/reset'],
      ['POST', `/admin/v1/demo/reset/${randomUUIDv7()}/commit`],
      // Nor which methods and paths there are.
      ['GET', '/admin/v1/demo/reset'],
      ['DELETE', '/admin/v1/demo'],
      ['GET', '/admin/v1/nothing'],
      ['GET', '/metrics'],
      ['GET', '/openapi.json'],
      ['GET', '/%61dmin/v1/demo'],
      ['GET', '/nothing'],
    ] as const) {
      const answer = await other.admin(path, { method, ...(method === 'POST' ? { body: {} } : {}) });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ code: 'admin-client-unknown' });
    }
    expect(await other.identity.demo?.state()).toEqual(before);
  });

  it('says whether it is alive and ready', async () => {
    expect((await running.admin('/livez')).status).toBe(200);
    expect(await (await running.admin('/readyz')).json()).toMatchObject({ dependencies: { database: { state: 'up', required: true } } });
  });

  it('describes its API to operators, by what its routes read and answer, as the published document does', async () => {
    await using other = await startTestIdentity({ overlay: { registration: { enabled: true } } });
    const document = (await (await other.admin('/openapi.json')).json()) as Document;
    expect(await new Validator().validate(document as never)).toEqual({ valid: true });
    const made = document.paths['/admin/v1/clients']?.['post'];
    expect(made?.requestBody.content['application/json'].schema).toMatchObject({
      required: expect.arrayContaining(['client_id', 'grant_types', 'token_endpoint_auth_method']),
      properties: { rotate_refresh_tokens: { type: 'boolean' } },
    });
    expect(Object.keys(made?.responses ?? {})).toEqual(['201', 'default']);
    const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
    expect([new Set(operations).size, operations]).toEqual([operations.length, expect.arrayContaining(['get-clients-by-client_id'])]);
    expect(document).toEqual(JSON.parse(await readFile(PUBLISHED, 'utf8')));
    expect(((await (await running.admin('/openapi.json')).json()) as Document).paths['/admin/v1/initial-access-tokens']).toBeUndefined();
  });

  it('shows its metrics to operators, as text for Prometheus', async () => {
    const telemetry = await startTelemetry({ service: 'passthru-identity', version: '1.2.3' });
    await using _telemetry = telemetry;
    await using own = await startTestIdentity({ telemetry });
    await own.admin('/livez');
    const answer = await own.admin('/metrics');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const text = await answer.text();
    expect(text).toMatch(/^http_server_request_duration_seconds_count\{[^}]*http_route="\/livez"[^}]*\} 1$/m);
    expect(text).toMatch(/^passthru_job_failed\{job_name="[^"]+"\} 0$/m);
  });

  it('withdraws a signing key that leaked, and rotates no key that verifiers may not have seen', async () => {
    await using own = await startTestIdentity();
    const list = async () =>
      ((await (await own.admin('/admin/v1/signing-keys')).json()) as { keys: { kid: string; state: string }[] }).keys;
    const jwks = async () =>
      ((await (await own.fetch('https://localhost:8082/.well-known/jwks.json')).json()) as { keys: { kid: string }[] }).keys.map(
        ({ kid }) => kid,
      );
    const [active, next] = await list();
    expect([active?.state, next?.state]).toEqual(['active', 'published']);
    const early = await own.admin('/admin/v1/signing-keys/rotation', { method: 'POST' });
    expect([early.status, ((await early.json()) as { code: string }).code]).toEqual([409, 'signing-key-too-new']);

    const answer = await own.admin(`/admin/v1/signing-keys/${active?.kid}/withdrawal`, { method: 'POST' });
    expect(await answer.json()).toEqual({ withdrawn: active?.kid, active: expect.any(String), published: next?.kid });
    expect(await jwks()).toEqual((await list()).map(({ kid }) => kid));
    expect(await jwks()).not.toContain(active?.kid);
    const again = await own.admin(`/admin/v1/signing-keys/${active?.kid}/withdrawal`, { method: 'POST' });
    expect([again.status, ((await again.json()) as { code: string }).code]).toEqual([404, 'signing-key-unknown']);
  });

  it('is not on the public port', async () => {
    expect((await running.fetch('https://localhost:8082/admin/v1/demo')).status).toBe(404);
    expect((await running.fetch('https://localhost:8082/admin/v1/demo/reset', { method: 'POST' })).status).toBe(404);
  });

  it('resets the demo with the ids that it is given, and commits', async () => {
    const { tenants: before } = (await state()) as { tenants: Record<string, string> };
    const tenants = { demo: randomUUID(), 'demo-other': randomUUID() };
    const answer = await post('/admin/v1/demo/reset', { tenants });
    expect(answer.status).toBe(200);
    const reset = (await answer.json()) as ResetBody;
    expect(reset).toEqual({ reset_id: expect.any(String), tenants, previous_tenants: before });
    expect(await state()).toEqual({ seeded: true, tenants, reset_pending: reset.reset_id });
    expect(await (await post(`/admin/v1/demo/reset/${reset.reset_id}/commit`)).json()).toEqual({
      seeded: true,
      tenants,
      reset_pending: null,
    });
  });

  it('rolls a reset back, and mints ids when it is given none', async () => {
    const before = await state();
    const { reset_id, tenants } = (await (await post('/admin/v1/demo/reset', {})).json()) as ResetBody;
    expect(tenants.demo).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    expect((await post(`/admin/v1/demo/reset/${reset_id}/rollback`)).status).toBe(200);
    expect(await state()).toEqual(before);
  });

  for (const [what, body, field] of [
    ['an id that is no UUIDv4', { tenants: { demo: randomUUIDv7() } }, '/tenants/demo'],
    ['a tenant that the demo does not have', { tenants: { other: randomUUID() } }, '/tenants/other'],
    ['an unknown field', { tenant: {} }, '/tenant'],
    ['tenants that are no map', { tenants: [] }, '/tenants'],
  ] as const) {
    it(`answers ${what} with 400 and the name of the field`, async () => {
      const answer = await post('/admin/v1/demo/reset', body);
      expect(answer.status).toBe(400);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      const { errors } = (await answer.json()) as { errors: { field: string }[] };
      expect(errors.map((issue) => issue.field)).toContain(field);
    });
  }

  it('answers for a reset that is not there with 404, and for an id that is none with 400', async () => {
    expect((await post(`/admin/v1/demo/reset/${randomUUIDv7()}/commit`)).status).toBe(404);
    expect((await post('/admin/v1/demo/reset/nonsense/rollback')).status).toBe(400);
  });

  it('answers the settlement of a settled reset the other way with 409', async () => {
    const { reset_id } = (await (await post('/admin/v1/demo/reset', {})).json()) as ResetBody;
    await post(`/admin/v1/demo/reset/${reset_id}/commit`);
    const answer = await post(`/admin/v1/demo/reset/${reset_id}/rollback`);
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([409, 'demo-reset-settled']);
  });
});
