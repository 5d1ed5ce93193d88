import { randomUUIDv7 } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTelemetry } from '#infra/telemetry/sdk/start-telemetry.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const [scraper, stranger] = [`scraper-${randomUUIDv7()}`, `stranger-${randomUUIDv7()}`];

describe('A KMS', () => {
  let house: KmsHouse;
  let kms: RunningKms;
  let telemetry: Telemetry;
  beforeAll(async () => {
    house = await kmsHouse({
      clients: { [scraper]: [], [stranger]: [] },
      change: (config) => void (config.admin.metrics_clients = [scraper]),
    });
    telemetry = await startTelemetry({ service: 'passthru-kms', version: '1.2.3' });
    kms = await runKms(house, { telemetry });
  });
  afterAll(async () => {
    await kms[Symbol.asyncDispose]();
    await telemetry[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
  });
  const metrics = async () => (await kms.sendAdmin('/metrics')).text;

  it('tells Prometheus what was asked of it, how long that took, its seal, its keys in memory and its jobs', async () => {
    const headers = basic('demo-tenant-admin', 'demo-tenant-admin-password');
    const body = { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' };
    const { id } = (await kms.send(KEYS, { method: 'POST', headers, body })).json<{ id: string }>();
    await kms.send(`${KEYS}/${id}/encrypt`, { method: 'POST', headers, body: { plaintext: 'c2VjcmV0' } });
    await kms.send(`${KEYS}/${id}/decrypt`, { method: 'POST', headers, body: { ciphertext: 'x' } });

    const answer = await kms.sendAdmin('/metrics');
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    await expect.poll(metrics).toMatch(/^http_server_request_duration_seconds_count\{[^}]*http_route="[^"]*\/encrypt"[^}]*\} 1$/m);
    const text = await metrics();
    expect(text).toMatch(/^passthru_kms_acts_total\{operation="encrypt",outcome="done"\} 1$/m);
    expect(text).toMatch(/^passthru_kms_acts_total\{operation="decrypt",outcome="refused"\} 1$/m);
    expect(text).toMatch(/^passthru_kms_unsealed 1$/m);
    expect(text).toMatch(/^passthru_kms_cached\{cache="versions"\} [1-9]/m);
    expect(text).toMatch(/^passthru_kms_cached\{cache="content-keys"\} [1-9]/m);
    expect(text).toMatch(/^passthru_kms_rows_damaged 0$/m);
    expect(text).toMatch(/^passthru_job_failed\{job_name="look-at-tenants"\} 0$/m);
    // Nothing that somebody chose or that names somebody.
    for (const name of [id, body.name, 'demo-tenant-admin', ...Object.values(await kms.tenants())]) expect(text).not.toContain(name);
  });

  it('shows metrics to operators and to those that the configuration names for it, who may do nothing else', async () => {
    const [one, other] = await Promise.all([house.client(scraper), house.client(stranger)]);
    const status = async (client: typeof one, path: string, method = 'GET') =>
      (await client.request({ method, url: `${kms.adminUrl}${path}` })).status;
    expect(await status(one, '/metrics')).toBe(200);
    expect(await status(other, '/metrics')).toBe(403);
    expect(await status(one, '/admin/v1/seal-status')).toBe(403);
    expect(await status(one, '/admin/v1/seal', 'POST')).toBe(403);
    expect((await kms.send('/metrics')).status).toBe(404);
  });

  it('tells its seal as a status, as Vault does: 200, 503 or 501, or the one that was asked for', async () => {
    const client = await house.client(stranger);
    const health = async (query = '', of = kms) => {
      const { status, text } = await client.request({ url: `${of.adminUrl}/admin/v1/health${query}` });
      return [status, JSON.parse(text)];
    };
    expect(await health()).toEqual([200, { initialized: true, sealed: false }]);
    expect(await health('?sealedcode=299')).toEqual([200, { initialized: true, sealed: false }]);
    await kms.sendAdmin('/admin/v1/seal', { method: 'POST' });
    expect(await health()).toEqual([503, { initialized: true, sealed: true }]);
    expect(await health('?sealedcode=299')).toEqual([299, { initialized: true, sealed: true }]);
    expect((await health('?sealedcode=ok'))[0]).toBe(400);
    expect(await metrics()).toMatch(/^passthru_kms_unsealed 0$/m);

    await using empty = await kmsHouse({ change: (config) => void (config.unseal = { ...config.unseal, share_files: [] }) });
    await using fresh = await runKms(empty, { demo: false });
    const ask = async (query = '') => (await fresh.sendAdmin(`/admin/v1/health${query}`)).status;
    expect([await ask(), await ask('?uninitcode=200')]).toEqual([501, 200]);
    expect((await fresh.sendAdmin('/admin/v1/health')).json()).toEqual({ initialized: false, sealed: true });
  });
});
