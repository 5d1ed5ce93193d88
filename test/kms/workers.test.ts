import { randomUUIDv7 } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { auditLines } from '#client/admin/audit.ts';
import type { ClosableHttpsClient, HttpsRequest } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { ADMIN_PORT_OFFSET } from '#infra/magic/magic.ts';
import { verdictOf } from '#test/support/audited-kms.ts';
import { databaseKinds, type TestDatabases, withDatabases } from '#test/support/database.ts';
import { isAlive } from '#test/support/is-alive.ts';
import { balancerFor } from '#test/support/proxy-protocol.ts';
import { reservePorts } from '#test/support/ports.ts';
import { type KmsProcess, kmsProcess } from '#test/kms/support/kms-process.ts';
import { kmsOfIdentity } from '#test/kms/support/kms-of-identity.ts';
import { basic, bearer } from '#test/kms/support/kms-server.ts';

const KEYS = '/service/api/v1/elastic-keys';
const ADMIN = basic('demo-tenant-admin', 'demo-tenant-admin-password');

/** Starts of processes come late on a busy machine. */
const WAIT = { timeout: 90_000, interval: 100 };
const PATIENCE_MS = 200_000;

/** Whose connections say by the PROXY protocol on whose behalf they come. */
const BALANCER = '127.0.0.2';

interface WorkerState {
  readonly number: number;
  readonly state: string;
  readonly pid: number;
  readonly replaced: number;
}

describe.skipIf(!databaseKinds().includes('postgres'))('two workers of a KMS on one port', () => {
  let test: TestDatabases;
  let world: Awaited<ReturnType<typeof kmsOfIdentity>>;
  let kms: KmsProcess;
  let operator: Awaited<ReturnType<typeof world.house.client>>;
  /** Each has one connection; the supervisor hands them out in turn. */
  let callers: readonly ClosableHttpsClient[] = [];

  const connect = async (): Promise<void> => {
    await Promise.all(callers.map((caller) => caller[Symbol.asyncDispose]()));
    callers = [];
    for (let count = 0; count < 2; count += 1) {
      const caller = createHttpsClient({ ca: world.house.ca });
      expect((await caller.request({ url: `${kms.url}/livez` })).status).toBe(200);
      callers = [...callers, caller];
    }
  };
  const send = (by: number, path: string, request: Omit<HttpsRequest, 'url'> = {}) => {
    const caller = callers[by];
    if (caller === undefined) throw new Error(`there is no caller ${by}`);
    return caller.request({ headers: ADMIN, ...request, url: `${kms.url}${path}` });
  };
  const sendAdmin = (path: string, request: Omit<HttpsRequest, 'url'> = {}) =>
    operator.request({ ...request, url: `${kms.adminUrl}${path}` });
  const workers = async (): Promise<readonly WorkerState[]> =>
    (await sendAdmin('/readyz').catch(() => null))?.json<{ workers?: readonly WorkerState[] }>().workers ?? [];
  const untilAllAreUp = async (): Promise<void> => {
    await vi.waitFor(async () => expect((await workers()).map(({ state }) => state)).toEqual(['up', 'up']), WAIT);
    await connect();
  };
  const pidOf = async (number: number): Promise<number> => {
    const pid = (await workers()).find((worker) => worker.number === number)?.pid;
    if (typeof pid !== 'number') throw new Error(`worker ${number} has no process`);
    return pid;
  };
  const kill = async (number: number): Promise<void> => {
    const pid = await pidOf(number);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect((await workers()).find((worker) => worker.number === number)?.pid ?? pid).not.toBe(pid), WAIT);
    await untilAllAreUp();
  };
  const create = async (by: number, headers: Readonly<Record<string, string>> = ADMIN): Promise<string> => {
    const body = { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' };
    const answer = await send(by, KEYS, { method: 'POST', headers, body });
    expect(answer.status).toBe(201);
    return answer.json<{ id: string }>().id;
  };
  const encrypt = async (by: number, id: string, headers: Readonly<Record<string, string>> = ADMIN) => {
    const answer = await send(by, `${KEYS}/${id}/encrypt`, { method: 'POST', headers, body: { plaintext: 'c2VjcmV0' } });
    return { status: answer.status, ...answer.json<{ code?: string; ciphertext?: string; material_key_id?: string }>() };
  };
  const decrypt = (by: number, id: string, ciphertext = '') => send(by, `${KEYS}/${id}/decrypt`, { method: 'POST', body: { ciphertext } });
  const change = async (by: number, id: string, body: Record<string, unknown>): Promise<void> => {
    expect((await send(by, `${KEYS}/${id}`, { method: 'PATCH', body })).status).toBe(200);
  };
  const seal = async (): Promise<void> => {
    expect((await sendAdmin('/admin/v1/seal', { method: 'POST' })).json()).toMatchObject({ sealed: true });
  };
  const unseal = async (): Promise<void> => {
    for (const file of world.house.config.unseal.share_files)
      await sendAdmin('/admin/v1/unseal', { method: 'POST', body: { share: await readFile(file, 'utf8') } });
    expect((await sendAdmin('/admin/v1/seal-status')).json()).toMatchObject({ sealed: false });
  };

  beforeAll(async () => {
    test = await withDatabases('postgres');
    world = await kmsOfIdentity({ revocation: 'feed' });
    const { house, identity } = world;
    const file = join(house.folder, 'tenants.json');
    await writeFile(file, JSON.stringify((await identity.identity.demo?.state())?.tenants));
    house.config.demo.tenants_file = file;
    house.config.database = test.config;
    house.config.server.workers = 2;
    // As after a restore on purpose.
    house.config.unseal.accept_older_databases = true;
    house.config.unseal.revisions_file = join(house.folder, 'revisions.json');
    // The first worker has the same when it is replaced.
    const ports = await reservePorts();
    house.config.server.port = ports.kms;
    house.config.admin.port = ports.kms + ADMIN_PORT_OFFSET;
    house.config.server.rate_limit.max = 1_000;
    house.config.server.proxy_networks = [`${BALANCER}/32`];
    kms = await kmsProcess(house);
    operator = await house.client('passthru-cli');
    await untilAllAreUp();
  });
  afterAll(async () => {
    await Promise.all(callers.map((caller) => caller[Symbol.asyncDispose]()));
    await kms[Symbol.asyncDispose]();
    await world[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });

  it('get its connections in turn, and the metrics of each have its number as a label', async () => {
    const id = await create(0);
    for (const by of [0, 1]) expect((await encrypt(by, id)).status).toBe(200);
    const { text } = await sendAdmin('/metrics');
    const counted = text.split('\n').filter((line) => line.startsWith('passthru_kms_acts_total') && line.includes('operation="encrypt"'));
    expect(counted.map((line) => /worker="(\d)"/.exec(line)?.[1]).toSorted()).toEqual(['1', '2']);
    expect(text.match(/^# TYPE passthru_kms_acts_total /gm)).toHaveLength(1);
    expect(text).toContain('passthru_workers_up{worker="1"} 2');
  });

  it('know their clients behind a balancer, by the header of the PROXY protocol that each connection begins with', async () => {
    const clients = ['203.0.113.7', '203.0.113.8'];
    for (const client of clients) {
      await using balancer = await balancerFor(client, Number(new URL(kms.url).port), BALANCER);
      await using caller = createHttpsClient({ ca: world.house.ca });
      const url = `https://localhost:${balancer.port}${KEYS}`;
      expect((await caller.request({ url, headers: basic('nobody', 'nothing') })).status).toBe(401);
    }
    const lines = (client: string) => kms.log.filter((line) => line.includes(`"client.address":"${client}"`));
    await expect.poll(() => clients.map((client) => lines(client).length)).toEqual([1, 1]);
    const of = (client: string): unknown => (JSON.parse(lines(client)[0] ?? '{}') as Record<string, unknown>)['passthru.worker'];
    expect(clients.map(of).toSorted()).toEqual([1, 2]);
  });

  it('follow each other: a key that one made, rotated, suspended or destroyed is so for the other from the answer on', async () => {
    const id = await create(0);
    const { ciphertext } = await encrypt(1, id);
    expect((await decrypt(0, id, ciphertext)).status).toBe(200);
    const version = (await send(0, `${KEYS}/${id}/material-keys`, { method: 'POST' })).json<{ id: string }>().id;
    for (const by of [0, 1]) expect(await encrypt(by, id)).toMatchObject({ status: 200, material_key_id: version });
    await change(1, id, { state: 'suspended' });
    for (const by of [0, 1]) expect(await encrypt(by, id)).toMatchObject({ status: 409, code: 'elastic-key-suspended' });
    await change(0, id, { state: 'active' });
    expect((await send(1, `${KEYS}/${id}`, { method: 'DELETE' })).status).toBeLessThan(300);
    for (const by of [0, 1]) expect((await encrypt(by, id)).status).toBe(409);
  });

  it('make one key of changes with the same Idempotency-Key, to whichever of them they come', async () => {
    const headers = { ...ADMIN, 'idempotency-key': randomUUIDv7() };
    const body = { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' };
    const make = async (by: number) => {
      for (;;) {
        const answer = await send(by, KEYS, { method: 'POST', headers, body });
        if (answer.status !== 409) return answer.json<{ id: string }>().id;
        expect(answer.json()).toMatchObject({ code: 'idempotency-key-in-use' });
      }
    };
    const ids = await Promise.all([make(0), make(1), make(0), make(1)]);
    expect(new Set(ids).size).toBe(1);
  });

  it('hear both of a revoked token', async () => {
    const [token, other] = [await world.newToken(), await world.newToken()];
    const id = (await send(0, `${KEYS}?name=demo-encryption-key`)).json<{ items: { id: string }[] }>().items[0]?.id ?? '';
    await expect.poll(async () => (await encrypt(0, id, bearer(token))).status).toBe(200);
    expect((await encrypt(1, id, bearer(token))).status).toBe(200);
    await world.revoke(token);
    for (const by of [0, 1]) {
      await expect.poll(async () => (await encrypt(by, id, bearer(token))).status).toBe(401);
      expect((await encrypt(by, id, bearer(other))).status).toBe(200);
    }
  });

  it(
    'have one seal: closed by an operator it is closed for both, also for one that begins later, and so it is when it is opened',
    async () => {
      const id = await create(0);
      await seal();
      for (const by of [0, 1]) expect(await encrypt(by, id)).toMatchObject({ status: 503, code: 'sealed' });
      await kill(2);
      // It could open itself by its share files, and was told not to.
      for (const by of [0, 1]) expect(await encrypt(by, id)).toMatchObject({ status: 503, code: 'sealed' });
      await unseal();
      for (const by of [0, 1]) expect((await encrypt(by, id)).status).toBe(200);
      await kill(1);
      for (const by of [0, 1]) expect((await encrypt(by, id)).status).toBe(200);
    },
    PATIENCE_MS,
  );

  it('follow both a new set of unseal shares, and a root that is rotated under it', async () => {
    const resharing = async (path: string, body: Record<string, unknown>) => {
      const answer = await sendAdmin(`/admin/v1/barrier/${path}`, { method: 'POST', body });
      expect(answer.status).toBe(200);
      return answer.json<{ state?: string; new_shares?: readonly string[] | null }>();
    };
    await resharing('resharing', { threshold: 2, shares: 2 });
    let shares: readonly string[] = [];
    for (const file of world.house.config.unseal.share_files)
      shares = (await resharing('resharing/shares', { share: await readFile(file, 'utf8') })).new_shares ?? [];
    expect(shares).toHaveLength(2);
    for (const share of shares) await resharing('resharing/shares', { share });
    for (const level of ['root', 'intermediate', 'content']) await resharing('rotation', { level });
    const ids = [await create(0), await create(1)];
    for (const id of ids) for (const by of [0, 1]) expect((await encrypt(by, id)).status).toBe(200);
  });

  it(
    'lose no acknowledged key when one is killed under load, and the other serves on',
    async () => {
      const made: string[] = [];
      const refused: string[] = [];
      const load = new AbortController();
      const acting = Array.from({ length: 8 }, async () => {
        await using caller = createHttpsClient({ ca: world.house.ca });
        const body = () => ({ name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' });
        while (!load.signal.aborted) {
          const request = { method: 'POST', url: `${kms.url}${KEYS}`, headers: ADMIN, body: body() } as const;
          const answer = await caller.request(request).catch(() => null);
          if (answer?.status === 201) made.push(answer.json<{ id: string }>().id);
          else if (answer !== null) refused.push(answer.text);
        }
      });
      await expect.poll(() => made.length).toBeGreaterThan(20);
      const before = made.length;
      process.kill(await pidOf(2), 'SIGKILL');
      expect((await sendAdmin('/readyz')).status).toBe(200);
      await expect.poll(() => made.length).toBeGreaterThan(before + 20);
      load.abort();
      await Promise.all(acting);
      expect(refused).toEqual([]);
      await untilAllAreUp();
      // The new one opens what is under a root, and by shares, that it was told of.
      for (const [index, id] of made.entries()) expect((await encrypt(index % 2, id)).status).toBe(200);
      expect(kms.log.some((line) => line.includes('worker 2') && line.includes('ended by SIGKILL; another one starts'))).toBe(true);
    },
    PATIENCE_MS,
  );

  it('took an older database at the first start alone: whoever began or was replaced later would take one that was put back since then', async () => {
    expect(kms.log.filter((line) => line.includes('whatever the heads of the audit say'))).toHaveLength(1);
    expect(kms.log.filter((line) => line.includes('worker 2 is up')).length).toBeGreaterThan(1);
    const kept = await readFile(join(world.house.folder, 'revisions.json'), 'utf8');
    expect(Object.keys(JSON.parse(kept) as Record<string, unknown>)).toContain('service');
  });

  it('wrote one audit together, in which every chain holds', async () => {
    await sendAdmin('/admin/v1/audit/head');
    const pages: string[] = [];
    for await (const page of auditLines({ url: kms.adminUrl, client: operator })) pages.push(page);
    const verdict = verdictOf(pages.join('').split('\n').slice(0, -1));
    expect(verdict).toMatchObject({ holds: true });
    expect(verdict.chains.length).toBeGreaterThan(2);
  });

  it('count requests of an address together', async () => {
    const statuses: number[] = [];
    while (!statuses.includes(429) && statuses.length < 1_200) {
      const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => send(index % 2, '/nothing')));
      statuses.push(...answers.map(({ status }) => status));
    }
    // All that came before count, too.
    expect(statuses.length).toBeLessThan(1_100);
  });

  it('stop together when the server is told to, and leave nobody behind', async () => {
    const pids = (await workers()).map(({ pid }) => pid);
    expect(await kms.end('SIGTERM')).toBe(0);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(kms.log.filter((line) => line.includes('stopping on SIGTERM'))).toHaveLength(2);
  });
});
