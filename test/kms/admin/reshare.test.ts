import { randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSecret } from '#infra/files/secret-file.ts';
import { makeShares } from '#infra/secrets/unseal-shares.ts';
import { noTelemetry } from '#infra/telemetry/no-telemetry.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const headers = basic('demo-tenant-admin', 'demo-tenant-admin-password');
const HOUR = 3_600_000;

describe.each(databaseKinds())('New unseal shares of a KMS on %s', (kind) => {
  let test: TestDatabases;
  let house: KmsHouse;
  let kms: RunningKms;
  let present: readonly string[];
  let ahead = 0;
  const told: string[] = [];

  beforeAll(async () => {
    test = await withDatabases(kind);
    house = await kmsHouse({ change: (config) => (config.database = test.config) });
    present = await Promise.all(house.config.unseal.share_files.map((file) => readFile(file, 'utf8')));
    const quiet = noTelemetry();
    const keep = (...line: readonly unknown[]) => void told.push(JSON.stringify(line));
    const telemetry = { ...quiet, log: { debug: keep, info: keep, warn: keep, error: keep } };
    kms = await runKms(house, { telemetry, elapsed: () => performance.now() + ahead });
  });
  afterAll(async () => {
    await kms[Symbol.asyncDispose]();
    await house[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });

  const ask = async (method: string, path = '', body?: Record<string, unknown>, on = kms) =>
    (await on.sendAdmin(`/admin/v1/barrier/resharing${path}`, { method, ...(body && { body }) })).json<{
      readonly state: string;
      readonly new_shares: readonly string[] | null;
    }>();
  const start = (threshold = 3, shares = 4) => ask('POST', '', { threshold, shares });
  const give = (share = '') => ask('POST', '/shares', { share });
  /** As far as the new shares, which open nothing yet. */
  const answered = async (): Promise<readonly string[]> => {
    await start();
    await give(present[0]);
    return (await give(present[1])).new_shares ?? [];
  };
  const unseal = async (shares: readonly string[]) => {
    let last: unknown;
    for (const share of shares) last = (await kms.sendAdmin('/admin/v1/unseal', { method: 'POST', body: { share } })).json();
    return last;
  };
  const sealAndUnseal = async (shares: readonly string[]) => {
    await kms.sendAdmin('/admin/v1/seal', { method: 'POST' });
    return unseal(shares);
  };

  it('begin with a quorum of the present ones, and are nothing before a quorum of them was given back', async () => {
    expect(await ask('GET')).toEqual({ state: 'none', given: 0, needed: null, threshold: null, shares: null });
    expect(await start()).toEqual({ state: 'asking', given: 0, needed: null, threshold: 3, shares: 4 });
    expect(await give(present[0])).toMatchObject({ state: 'asking', given: 1, needed: 2, new_shares: null });
    const { new_shares: shares, ...rest } = await give(present[1]);
    expect(rest).toEqual({ state: 'confirming', given: 0, needed: 3, threshold: 3, shares: 4 });
    expect(shares).toHaveLength(4);
    expect(JSON.stringify(await ask('GET'))).not.toContain('passthru-share');
    await give(shares?.[0]);
    expect(await give(present[0])).toMatchObject({ status: 400, code: 'unseal-shares-mixed' });
    expect(await ask('GET')).toMatchObject({ state: 'confirming', given: 1 });
    // Lost on the way: the present ones are as good as before.
    expect(await sealAndUnseal(present)).toMatchObject({ sealed: false });
    expect(await ask('GET')).toMatchObject({ state: 'none' });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['are cancelled', () => ask('DELETE')],
    ['wait for an hour', async () => void (ahead += HOUR)],
  ])('are nothing when they %s', async (_, end) => {
    const shares = await answered();
    expect(shares).toHaveLength(4);
    await end();
    expect(await give(shares[0])).toMatchObject({ status: 409, code: 'reshare-none' });
    expect(await ask('GET')).toMatchObject({ state: 'none' });
  });

  it('are not made for shares of another set, twice at once, while the KMS is sealed, nor with more needed than there are', async () => {
    expect(await start(4, 3)).toMatchObject({ status: 400, errors: [{ field: '/threshold' }] });
    expect(await start(1, 3)).toMatchObject({ status: 400, errors: [{ field: '/threshold' }] });
    const [one = '', two = ''] = await makeShares({ threshold: 2, shares: 2 });
    await start();
    expect(await start()).toMatchObject({ status: 409, code: 'reshare-under-way' });
    await give(one);
    expect(await give(present[0])).toMatchObject({ status: 400, code: 'unseal-shares-mixed' });
    expect(await give(two)).toMatchObject({ status: 400, code: 'unseal-failed' });
    expect(await ask('GET')).toMatchObject({ state: 'asking', given: 0 });
    await kms.sendAdmin('/admin/v1/seal', { method: 'POST' });
    expect(await start()).toMatchObject({ status: 503, code: 'sealed' });
    expect(await unseal(present)).toMatchObject({ sealed: false });
  });

  it('open the database from then on, and the old ones no more, here and at a start; keys are as they were', async () => {
    const body = { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' };
    const { id } = (await kms.send(KEYS, { method: 'POST', headers, body })).json<{ id: string }>();
    const encrypt = async () =>
      (await kms.send(`${KEYS}/${id}/encrypt`, { method: 'POST', headers, body: { plaintext: 'c2VjcmV0' } })).json<{
        ciphertext: string;
      }>();
    const { ciphertext } = await encrypt();
    const shares = await answered();
    await give(shares[3]);
    await give(shares[1]);
    expect(await give(shares[0])).toEqual({ state: 'done', given: 0, needed: null, threshold: 3, shares: 4, new_shares: null });
    expect(await ask('GET')).toMatchObject({ state: 'none' });
    const decrypt = async (on: RunningKms) =>
      (await on.send(`${KEYS}/${id}/decrypt`, { method: 'POST', headers, body: { ciphertext } })).json();
    expect(await decrypt(kms)).toMatchObject({ plaintext: 'c2VjcmV0' });

    expect(await sealAndUnseal(present)).toMatchObject({ status: 400, code: 'unseal-failed' });
    expect(await unseal(shares.slice(1))).toMatchObject({ sealed: false });
    expect((await kms.sendAdmin('/admin/v1/barrier/rotation', { method: 'POST', body: { level: 'root' } })).status).toBe(200);
    await expect(runKms(house)).rejects.toMatchObject({ code: 'unseal-failed' });

    const files = await Promise.all(
      shares.slice(0, 3).map(async (share) => {
        const file = join(house.folder, `new-${randomUUIDv7()}`);
        await writeSecret(file, share);
        return file;
      }),
    );
    await using again = await runKms({ ...house, config: { ...house.config, unseal: { ...house.config.unseal, share_files: files } } });
    expect(await decrypt(again)).toMatchObject({ plaintext: 'c2VjcmV0' });
    expect(told.join('\n')).toContain('operators made new unseal shares, 3 of 4');
    for (const share of [...shares, ...present]) expect(told.join('\n')).not.toContain(share.split('.')[5]);
  });
});

// SQLite files have one process.
describe.skipIf(!databaseKinds().includes('postgres'))('A replica that was unsealed with the old shares', () => {
  it('goes on to serve, refuses to rotate the root, and is sealed once another replica has done so and it has to follow', async () => {
    await using test = await withDatabases('postgres');
    await using house = await kmsHouse({ change: (config) => (config.database = test.config) });
    const present = await Promise.all(house.config.unseal.share_files.map((file) => readFile(file, 'utf8')));
    const quiet = noTelemetry();
    const warned: string[] = [];
    const telemetry = { ...quiet, log: { ...quiet.log, warn: (message: string) => void warned.push(message) } };
    const [one, two] = await Promise.all([runKms(house), runKms(house, { telemetry })]);
    await using _one = one;
    await using _two = two;
    const ask = async (on: RunningKms, path: string, body: Record<string, unknown>) =>
      (await on.sendAdmin(`/admin/v1/${path}`, { method: 'POST', body })).json<{ new_shares?: readonly string[]; code?: string }>();
    const make = async (on: RunningKms) => {
      const body = { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' };
      return (await on.send(KEYS, { method: 'POST', headers, body })).status;
    };
    await ask(one, 'barrier/resharing', { threshold: 2, shares: 2 });
    await ask(one, 'barrier/resharing/shares', { share: present[0] ?? '' });
    const { new_shares: shares = [] } = await ask(one, 'barrier/resharing/shares', { share: present[1] ?? '' });
    for (const share of shares) await ask(one, 'barrier/resharing/shares', { share });

    await ask(one, 'barrier/rotation', { level: 'intermediate' });
    await ask(one, 'barrier/rotation', { level: 'content' });
    expect(await make(two)).toBe(201);
    expect(await ask(two, 'barrier/rotation', { level: 'root' })).toMatchObject({ status: 409, code: 'unseal-key-changed' });

    await ask(one, 'barrier/rotation', { level: 'root' });
    await ask(one, 'barrier/rotation', { level: 'intermediate' });
    await ask(one, 'barrier/rotation', { level: 'content' });
    expect(await make(two)).toBe(503);
    expect((await two.send('/readyz')).json()).toMatchObject({ status: 503, reason: 'sealed' });
    expect(warned.join('\n')).toContain('sealed by itself, because another replica made a new root key under new unseal shares');
    for (const share of shares) await ask(two, 'unseal', { share });
    expect(await make(two)).toBe(201);
    expect(await make(one)).toBe(201);
  });
});
