import { randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeShares } from '#infra/secrets/unseal-shares.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const headers = basic('demo-tenant-admin', 'demo-tenant-admin-password');

describe.each(databaseKinds())('The seal of a KMS on %s', (kind) => {
  let test: TestDatabases;
  let house: KmsHouse;
  let kms: RunningKms;
  let shares: readonly string[];
  const told: string[] = [];

  beforeAll(async () => {
    test = await withDatabases(kind);
    house = await kmsHouse({ change: (config) => (config.database = test.config) });
    shares = await Promise.all(house.config.unseal.share_files.map((file) => readFile(file, 'utf8')));
    const quiet = noTelemetry();
    const keep = (...line: readonly unknown[]) => void told.push(JSON.stringify(line));
    kms = await runKms(house, { telemetry: { ...quiet, log: { debug: keep, info: keep, warn: keep, error: keep } } });
  });
  afterAll(async () => {
    await kms[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });

  const post = (path: string, body?: Record<string, unknown>) =>
    kms.sendAdmin(`/admin/v1/${path}`, { method: 'POST', ...(body === undefined ? {} : { body }) });
  const give = async (share = '') => (await post('unseal', { share })).json();
  const reset = async () => (await kms.sendAdmin('/admin/v1/unseal', { method: 'DELETE' })).json();
  const readiness = async () => (await kms.send('/readyz')).json();
  const create = async () => {
    const body = { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' };
    return (await kms.send(KEYS, { method: 'POST', headers, body })).json<{ id: string }>().id;
  };
  const encrypt = (id: string) => kms.send(`${KEYS}/${id}/encrypt`, { method: 'POST', headers, body: { plaintext: 'c2VjcmV0' } });
  const decrypt = (id: string, ciphertext: string) => kms.send(`${KEYS}/${id}/decrypt`, { method: 'POST', headers, body: { ciphertext } });

  it('closes at once: what was in memory is forgotten, all answer 503 with the reason, and enough shares open it again', async () => {
    const id = await create();
    const { ciphertext } = (await encrypt(id)).json<{ ciphertext: string }>();

    expect((await post('seal')).json()).toMatchObject({ sealed: true, given: 0, initialized: true });
    for (const refused of [await encrypt(id), await decrypt(id, ciphertext), await kms.send(KEYS, { headers })]) {
      expect(refused.json()).toMatchObject({ status: 503, code: 'sealed', fix: expect.stringContaining('unseal') as string });
    }
    expect(await readiness()).toMatchObject({ status: 503, code: 'not-ready', reason: 'sealed' });
    expect((await kms.send('/livez')).status).toBe(200);
    // Again: an operator whose answer was lost asks twice.
    expect((await post('seal')).json()).toMatchObject({ sealed: true });

    expect(await give(shares[1])).toEqual({ sealed: true, initialized: true, given: 1, threshold: 2, shares: 3, share_files: 2 });
    expect((await encrypt(id)).json()).toMatchObject({ code: 'sealed' });
    expect(await give(shares[0])).toMatchObject({ sealed: false, given: 0 });
    expect(await readiness()).toMatchObject({ status: 'ready' });
    expect((await decrypt(id, ciphertext)).json()).toMatchObject({ plaintext: 'c2VjcmV0' });
    expect((await encrypt(await create())).status).toBe(200);
    expect(await give(shares[0])).toMatchObject({ sealed: false, given: 0 });
  });

  it('refuses shares that are doubled, damaged or of another set, with the reason, and those before still count', async () => {
    const [foreign = '', other = ''] = await makeShares({ threshold: 2, shares: 2 });
    await post('seal');
    await give(shares[0]);
    expect(await give(shares[0])).toMatchObject({ status: 400, code: 'unseal-shares-duplicate' });
    expect(await give(foreign)).toMatchObject({ status: 400, code: 'unseal-shares-mixed' });
    expect(await give(shares[1]?.slice(1))).toMatchObject({ status: 400, code: 'unseal-shares-damaged' });
    expect((await kms.sendAdmin('/admin/v1/seal-status')).json()).toMatchObject({ sealed: true, given: 1 });

    expect(await reset()).toMatchObject({ sealed: true, given: 0, shares: null });
    await give(foreign);
    expect(await give(other)).toMatchObject({
      status: 400,
      code: 'unseal-failed',
      fix: expect.stringContaining('unseal shares') as string,
    });
    expect((await kms.sendAdmin('/admin/v1/seal-status')).json()).toMatchObject({ sealed: true, given: 0 });
    await give(shares[0]);
    expect(await give(shares[1])).toMatchObject({ sealed: false });
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no share', {}, '/share'],
    ['a share that is no text', { share: 1 }, '/share'],
    ['a share that is far too long', { share: 'x'.repeat(513) }, '/share'],
    ['something beside it', { share: 'x', reset: true }, '/reset'],
  ])('refuses %s, and names it', async (_, body, field) => {
    const response = await post('unseal', body);
    expect(response.status).toBe(400);
    expect(response.json<{ errors?: { field: string }[] }>().errors?.map((error) => error.field)).toContain(field);
  });

  it('stands in the log with its operator, and shares never do', async () => {
    await expect.poll(() => told.join('\n')).toMatch(/sealed by an operator[^]*unsealed by operators[^]*POST \/admin\/v1\/unseal → 200/);
    for (const share of shares) expect(told.join('\n')).not.toContain(share.split('.')[5]);
  });

  it('is opened by shares alone where a start was sealed, which then does what it could not do before', async () => {
    await using sealed = await runKms(
      { ...house, config: { ...house.config, unseal: { ...house.config.unseal, share_files: [] } } },
      { demo: false },
    );
    const ask = async (share: string) =>
      (await sealed.sendAdmin('/admin/v1/unseal', { method: 'POST', body: { share } })).json<{ sealed: boolean }>();
    expect((await sealed.sendAdmin('/admin/v1/seal-status')).json()).toEqual({
      sealed: true,
      initialized: true,
      given: 0,
      threshold: 2,
      shares: null,
      share_files: 0,
    });
    expect(await ask(shares[0] ?? '')).toMatchObject({ sealed: true, given: 1 });
    // Another replica is none the wiser: each has a seal of its own.
    expect(await readiness()).toMatchObject({ status: 'ready' });
    expect(await ask(shares[1] ?? '')).toMatchObject({ sealed: false });
    expect((await sealed.send('/readyz')).json()).toMatchObject({ status: 'ready' });
    const administrator = { username: `ann-${randomUUIDv7()}`, password: `password-${randomUUIDv7()}` };
    const body = { name: `t-${randomUUIDv7()}`, administrator };
    expect((await sealed.sendAdmin('/admin/v1/tenants', { method: 'POST', body })).status).toBe(201);
    expect((await sealed.send(KEYS, { headers: basic(administrator.username, administrator.password) })).status).toBe(200);
  });
});
