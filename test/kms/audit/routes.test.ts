import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keptHeadOf } from '#infra/audit/kept-head.ts';
import { objectOf } from '#infra/audit/lines.ts';
import { verdictOf } from '#test/support/audited-kms.ts';
import { exportedAudit } from '../support/exported-audit.ts';
import { basic, type KmsHouse, kmsHouse, type RunningKms, runKms } from '../support/kms-server.ts';

const AUDIT = '/service/api/v1/audit';
const KEYS = '/service/api/v1/elastic-keys';
const OURS = basic('demo-tenant-admin', 'demo-tenant-admin-password');
const USER = basic('demo-user', 'demo-user-password');
const THEIRS = basic('demo-other-user', 'demo-other-user-password');

interface Entry {
  readonly operation: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly elastic_key_id: string | null;
  readonly username: string | null;
}

let house: KmsHouse;
let kms: RunningKms;
beforeAll(async () => {
  house = await kmsHouse({ change: (config) => void (config.server.rate_limit.max = 1_000) });
  kms = await runKms(house);
});
afterAll(async () => {
  await kms[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const read = async (query: string, headers = OURS) => {
  const response = await kms.send(`${AUDIT}${query}`, { headers });
  return { status: response.status, ...response.json<{ items: readonly Entry[]; next_cursor: string | null; code?: string }>() };
};

const keyNamed = async (name: string): Promise<string> =>
  (await kms.send(`${KEYS}?name=${name}`, { headers: OURS })).json<{ items: { id: string }[] }>().items[0]?.id ?? '';

const exported = (): Promise<readonly string[]> => exportedAudit(kms);

describe('GET /audit', () => {
  it('shows who did what with a key, and what was refused', async () => {
    const id = await keyNamed('demo-encryption-key');
    await kms.send(`${KEYS}/${id}/encrypt`, { method: 'POST', headers: OURS, body: { plaintext: 'aGVsbG8' } });
    await kms.send(`${KEYS}/${id}`, { method: 'PATCH', headers: USER, body: { description: 'changed' } });
    const { items } = await read(`?key=${id}&limit=2`);
    expect(items).toMatchObject([
      { operation: 'elastic-key.change', outcome: 'refused', code: 'scope-insufficient', username: 'demo-user', credential: 'realm-user' },
      { operation: 'encrypt', outcome: 'done', code: null, username: 'demo-tenant-admin', address: '127.0.0.1' },
    ]);
    expect((await read(`?key=${id}&operation=encrypt&outcome=done&limit=1`)).items).toMatchObject([items[1]]);
  });

  it('shows a tenant its own records, by whatever it asks', async () => {
    const id = await keyNamed('demo-encryption-key');
    await kms.send(`${KEYS}/${id}/encrypt`, { method: 'POST', headers: OURS, body: { plaintext: 'aGVsbG8' } });
    expect((await read(`?key=${id}&outcome=done`, THEIRS)).items).toEqual([]);
    const { items } = await read('?limit=100', THEIRS);
    expect(items.length).toBeGreaterThan(0);
    expect(items.every(({ username }) => username !== 'demo-tenant-admin' && username !== 'demo-user')).toBe(true);
  });

  it('is itself an act, which needs kms:audit:read', async () => {
    expect(await read('', USER)).toMatchObject({ status: 403, code: 'scope-insufficient' });
    // Readers bring the index up to date once a second.
    await expect
      .poll(async () => (await read('?operation=audit.read&outcome=refused')).items)
      .toMatchObject([{ username: 'demo-user', code: 'scope-insufficient' }]);
  });

  it.each([
    '?key=none',
    '?outcome=perhaps',
    '?from=yesterday',
    '?to=2031-13-01T00:00:00Z',
    '?tenant=demo-other',
    '?limit=0',
    '?cursor=bm9uZQ',
  ])('refuses %s with 400 and the field', async (query) => {
    expect(await kms.send(`${AUDIT}${query}`, { headers: OURS })).toMatchObject({ status: 400 });
  });
});

describe('the audit on the admin listener', () => {
  it('publishes the signed head and its key, and exports lines that hold', async () => {
    await kms.send(KEYS, { headers: OURS });
    const answer = (await kms.sendAdmin('/admin/v1/audit/head')).text;
    const kept = keptHeadOf(answer);
    const lines = await exported();
    expect(lines).toContain(objectOf(answer)?.['line']);
    expect(kept?.head).toMatchObject({ chain: expect.any(String), seq: expect.any(Number) });
    expect(verdictOf(lines, { kept })).toMatchObject({ holds: true, faults: [] });
  });

  it('answers nobody without the certificate of an operator', async () => {
    expect((await kms.send('/admin/v1/audit/head')).status).toBe(404);
  });

  it('knows no chain but its own', async () => {
    const response = await kms.sendAdmin('/admin/v1/audit/chains/01980f6e-7c1a-7d3e-9b52-0c6f3a1e8d47?from=0&to=1');
    expect([response.status, response.json<{ code: string }>().code]).toEqual([404, 'audit-chain-not-found']);
  });

  it('has the requests that were refused before anybody was known, the first of a kind with the tag of the name and the others as a number', async () => {
    const wrong = basic('demo-user', 'not the password');
    for (let at = 0; at < 3; at += 1) await kms.send(KEYS, { headers: wrong });
    await kms.send(KEYS);
    await kms[Symbol.asyncDispose]();
    kms = await runKms(house);
    const refusals = (await exported()).map((text) => objectOf(text) ?? {}).filter(({ kind }) => kind === 'refusals');
    expect(refusals).toMatchObject([
      { status: 401, code: 'password-invalid', credential: 'password', count: 1, address: '127.0.0.1', name_tag: expect.any(String) },
      { status: 401, code: 'credential-missing', count: 1 },
      { status: 401, code: 'password-invalid', credential: 'password', count: 2 },
    ]);
    expect(JSON.stringify(refusals)).not.toContain('demo-user');
    expect(verdictOf(await exported()).holds).toBe(true);
  });
});
