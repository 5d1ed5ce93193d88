import { execFile } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AppError } from '#infra/apperr/app-error.ts';
import { KMS_RESOURCE } from '#infra/magic/magic.ts';
import { docker } from '#test/support/docker-stack.ts';
import { dockerImages } from '#test/support/docker.ts';
import { ROOT } from '#test/support/engine.ts';
import { fetchAt } from '#test/support/identity.ts';
import { audit } from '#test/prod/audit.ts';
import { basic, callersOf, viewOf } from '#test/prod/callers.ts';
import { PERSON, PUBLIC_CLIENT, SERVICE_CLIENT, TENANTS } from '#test/prod/files.ts';
import { createLedger, type Ledger, unexplained } from '#test/prod/ledger.ts';
import type { KnownKey } from '#test/prod/operations.ts';
import { startKnocks } from '#test/prod/knocks.ts';
import { startLoad } from '#test/prod/load.ts';
import { logIn, post, roundRobin, type Tokens } from '#test/prod/log-in.ts';
import { startTokenLoad } from '#test/prod/token-load.ts';
import { PROD_FILES, prodStack, type ProdStack, type Replica } from '#test/prod/stack.ts';

const run = promisify(execFile);

/** After a kill, requests may fail for so many milliseconds: until the balancer has taken the replica out. */
const WINDOW_MS = 15_000;
const [BEFORE, AFTER] = [500, 1_000];
/** Right answers before and after a planned stop. */
const AROUND = 200;
/** Connections while the last replicas die; of a hundred, a balancer forgot some five. */
const KNOCKS = 200;
const API = '/service/api/v1';
const KEYS = `${API}/elastic-keys`;

describe('the production files', () => {
  it('refuse to start without the folder of the operator’s secrets, and say where to read about it', async () => {
    const { PASSTHRU_MOUNTS: _, ...env } = process.env;
    const args = ['compose', ...PROD_FILES.flatMap((file) => ['-f', file]), 'up', '--detach'];
    await expect(run('docker', args, { cwd: join(ROOT, 'deployments'), env })).rejects.toMatchObject({
      stderr: expect.stringMatching(/PASSTHRU_MOUNTS is missing a value: must name the folder .*docs\/production\.md/) as string,
    });
  });
});

describe.runIf(await dockerImages('postgres:17-trixie', 'haproxy:3.0-trixie'))('replicas in production', () => {
  let stack: ProdStack;
  let ledger: Ledger;
  let killed: Replica;

  beforeAll(async () => {
    ledger = createLedger();
    stack = await prodStack({ kms: 3, identity: 2 });
  }, 900_000);
  afterAll(async () => stack?.[Symbol.asyncDispose](), 120_000);

  const auditOf = (replica: Replica) => audit(ledger, TENANTS, viewOf(stack, replica));
  const at = (port: number, path = '') => `https://localhost:${port}${path}`;

  it('have no demo data, no way to make it, and no Swagger UI', async () => {
    await using client = stack.client();
    await using operator = stack.client('operator');
    const servers = { kms: await stack.replicas('kms'), identity: await stack.replicas('identity') };
    for (const { port, adminPort } of [...servers.kms, ...servers.identity]) {
      expect((await client.request({ url: at(port, '/ui/swagger/') })).status).toBe(404);
      expect((await operator.request({ url: at(adminPort, '/readyz') })).status).toBe(200);
      expect((await operator.request({ url: at(adminPort, '/admin/v1/demo') })).status).toBe(404);
      expect((await operator.request({ method: 'POST', url: at(adminPort, '/admin/v1/demo/reset'), body: {} })).status).toBe(404);
    }
    const authorization = basic('demo-admin', 'demo-admin-password');
    expect((await client.request({ url: at(stack.ports.kms, KEYS), headers: { authorization } })).status).toBe(401);
    const token = await client.request({
      method: 'POST',
      url: at(stack.ports.identity, '/oauth2/token'),
      headers: { authorization: basic('demo-confidential-client', 'demo-confidential-client-password') },
      form: { grant_type: 'client_credentials', scope: 'kms:read', resource: KMS_RESOURCE },
    });
    expect([token.status, token.json()]).toEqual([401, expect.objectContaining({ error: 'invalid_client' })]);
  });

  it('of Identity know what any of them did: tokens, revocations, and each step of a log-in', { timeout: 120_000 }, async () => {
    const issuer = at(stack.ports.identity);
    await using opened = new AsyncDisposableStack();
    const fetches = (await stack.replicas('identity')).map(({ port }) => opened.use(fetchAt(port, stack.files.ca)).fetch);
    const [one, two] = fetches as [typeof fetch, typeof fetch];
    expect(fetches).toHaveLength(2);

    const secretOf = (name: string) => basic(name, stack.files.passwords[name] ?? '');
    const kms = basic('passthru-kms', stack.files.kmsClientSecret);
    const ask = async (fetching: typeof fetch, token: string) =>
      (await post<{ active: boolean }>(fetching, `${issuer}/oauth2/introspect`, { token }, kms)).active;
    const grant = { grant_type: 'client_credentials', scope: 'kms:read', resource: KMS_RESOURCE };
    const { access_token: token } = await post<Tokens>(one, `${issuer}/oauth2/token`, grant, secretOf(SERVICE_CLIENT));
    expect([await ask(one, token), await ask(two, token)]).toEqual([true, true]);
    await using client = stack.client();
    const read = async (bearer: string) =>
      (await client.request({ url: at(stack.ports.kms, KEYS), headers: { authorization: `Bearer ${bearer}` } })).status;
    expect(await read(token)).toBe(200);
    const revoked = await two(`${issuer}/oauth2/revoke`, {
      method: 'POST',
      headers: { authorization: secretOf(SERVICE_CLIENT), 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ token }).toString(),
    });
    expect(revoked.status).toBe(200);
    expect([await ask(one, token), await ask(two, token)]).toEqual([false, false]);

    // Once with the replicas in turn, once as the balancer likes it.
    const balanced = opened.use(fetchAt(stack.ports.identity, stack.files.ca)).fetch;
    for (const fetching of [roundRobin(fetches), balanced]) {
      const tokens = await logIn(fetching, issuer, { username: PERSON, password: stack.files.passwords[PERSON] ?? '' });
      expect(await read(tokens.access_token)).toBe(200);
      const refresh = { grant_type: 'refresh_token', client_id: PUBLIC_CLIENT, refresh_token: tokens.refresh_token };
      const again = await post<Tokens>(fetching, `${issuer}/oauth2/token`, refresh);
      expect(await read(again.access_token)).toBe(200);
      // Sent again while nobody has used its successor, it has that same successor from any of them.
      const repeated = await post<Tokens>(fetching, `${issuer}/oauth2/token`, refresh);
      expect(repeated.refresh_token).toBe(again.refresh_token);
      // Once that is used, whoever is asked for the old one ends the whole family.
      const next = await post<Tokens>(fetching, `${issuer}/oauth2/token`, { ...refresh, refresh_token: again.refresh_token });
      await expect(post(fetching, `${issuer}/oauth2/token`, refresh)).rejects.toThrow(/400 .*invalid_grant/);
      await expect(post(fetching, `${issuer}/oauth2/token`, { ...refresh, refresh_token: next.refresh_token })).rejects.toThrow(/400/);
    }
  });

  /** Both products under load while `act` runs, and some time before and after it. */
  const underLoad = async <T>(act: () => Promise<T>) => {
    const clock = () => performance.now();
    await using load = startLoad({ ledger, callers: callersOf(stack), clients: 2, base: at(stack.ports.kms, API), clock });
    await load.reached(ledger.right + AROUND);
    const key = ledger.keysOf(TENANTS[0]).find(({ algorithm }) => algorithm === 'A256GCM/A256KW') as KnownKey;
    await using tokens = startTokenLoad(stack, key.id);
    await using opened = new AsyncDisposableStack();
    const knocks = [stack.ports.kms, stack.ports.identity].map((port) => opened.use(startKnocks(() => stack.client(), at(port, '/livez'))));
    const earlier = ledger.failures.length;
    const done = await act();
    await load.reached(ledger.right + AROUND);
    const failures = [...ledger.wrong, ...ledger.failures.slice(earlier), ...tokens.failures, ...knocks.flatMap((each) => each.failures)];
    return { done, right: Math.min(tokens.right, ...knocks.map(({ answered }) => answered)), failures };
  };
  /** Acknowledged writes that are not there, as one of the replicas sees it. */
  const lostWrites = async (): Promise<readonly string[]> => {
    const [replica] = (await stack.replicas('kms')) as [Replica];
    return auditOf(replica);
  };

  it('that are restarted in turn under load lose no request and no acknowledged write', { timeout: 300_000 }, async () => {
    const restartInTurn = async (server: 'kms' | 'identity') => {
      for (const { id } of await stack.replicas(server)) {
        await stack.restart({ id });
        const back = (await stack.replicas(server)).find((replica) => replica.id === id) as Replica;
        await stack.ready(back.port);
      }
    };
    const { right, failures } = await underLoad(() => Promise.all([restartInTurn('kms'), restartInTurn('identity')]));
    expect(right).toBeGreaterThan(0);
    expect([failures, await lostWrites()]).toEqual([[], []]);
  });

  it('that are updated under load, by the commands of docs/production.md, lose as little', { timeout: 300_000 }, async () => {
    const [, chapter = ''] = (await readFile(join(ROOT, 'docs', 'production.md'), 'utf8')).split('\n### With Compose\n');
    const [start, look, end] = [...chapter.matchAll(/^```\n([^`]*)^```$/gm)].map(([, commands = '']) => commands);
    const next = `${stack.tag}-next`;
    const images = ['telemetry', 'identity', 'kms'].map((name) => `passthru-${name}`);
    for (const image of images) await docker('tag', `${image}:${stack.tag}`, `${image}:${next}`);
    onTestFinished(async () => void (await docker('image', 'rm', '--force', ...images.map((image) => `${image}:${next}`))));
    const before = await stack.replicas('kms');
    const { done, right, failures } = await underLoad(() => stack.shell(`${start}${look}${end}`.replace('0.2.0', next)));
    expect(done.trim().split('\n')).toEqual(Array.from({ length: 10 }, () => expect.stringMatching(/^ready: /) as string));
    const after = await stack.replicas('kms');
    expect(after).toHaveLength(before.length);
    expect(after.filter(({ id }) => before.some((old) => old.id === id))).toEqual([]);
    expect(right).toBeGreaterThan(0);
    expect([failures, await lostWrites()]).toEqual([[], []]);
  });

  it.each(['kms', 'identity'] as const)(
    'of %s that are all without a database say so through the balancer, whoever asks',
    { timeout: 120_000 },
    async (server) => {
      const look = async (path: string) => {
        // A connection of its own: the balancer decides anew.
        await using client = stack.client('caller');
        const { status, headers, text } = await client.request({ url: at(stack.ports[server], path) });
        return { status, type: headers['content-type'], body: JSON.parse(text) as unknown };
      };
      /** How often the balancer had no replica that was ready; once at the beginning. */
      const timesWithout = async () =>
        (await stack.compose.run('logs', `${server}-balancer`)).split('backend server has no server available').length - 1;
      const before = await timesWithout();
      await stack.compose.run('stop', `${server}-postgres`);
      try {
        while ((await timesWithout()) === before) expect(await look('/livez')).toMatchObject({ status: 200 });
        expect(await look('/readyz')).toEqual({
          status: 503,
          type: expect.stringContaining('application/problem+json') as string,
          // Which part is down is no caller's affair in prod: `errors.detail` is `minimal`.
          body: {
            type: 'urn:passthru:problem:not-ready',
            title: 'Service Unavailable',
            status: 503,
            detail: 'The service is not ready.',
            code: 'not-ready',
          },
        });
      } finally {
        await stack.compose.run('start', `${server}-postgres`);
        await stack.ready(stack.ports[server]);
      }
    },
  );

  it(
    'of the KMS lose no acknowledged write and give no wrong answer when one of them is killed under load',
    { timeout: 600_000 },
    async () => {
      const clock = () => performance.now();
      const [first, second, third] = (await stack.replicas('kms')) as [Replica, Replica, Replica];
      killed = second;
      const earlier = ledger.failures.length;
      const killUnderLoad = async () => {
        await using load = startLoad({
          ledger,
          callers: callersOf(stack),
          clients: 6,
          base: at(stack.ports.kms, API),
          clock,
        });
        await load.reached(ledger.right + BEFORE);
        const from = clock();
        await stack.kill(killed);
        await load.reached(ledger.right + AFTER);
        return from;
      };
      const from = await killUnderLoad();
      expect(ledger.wrong).toEqual([]);
      expect(unexplained(ledger.failures.slice(earlier), { from, to: from + WINDOW_MS })).toEqual([]);
      const survivors = await stack.replicas('kms');
      expect(survivors.map(({ id }) => id)).toEqual([first.id, third.id]);
      for (const survivor of survivors) expect(await auditOf(survivor)).toEqual([]);
    },
  );

  it('of the KMS that were killed come back with everything, and one serves alone', { timeout: 300_000 }, async () => {
    await stack.start(killed);
    const replicas = await stack.replicas('kms');
    const back = replicas.find(({ id }) => id === killed.id) as Replica;
    await stack.ready(back.port);
    expect(await auditOf(back)).toEqual([]);
    for (const other of replicas.filter(({ id }) => id !== killed.id)) await stack.kill(other);
    await stack.ready(stack.ports.kms);
    expect(await auditOf({ ...back, name: 'through the balancer', port: stack.ports.kms })).toEqual([]);
  });

  it('of the KMS serve those whom they know by themselves while there is no Identity', { timeout: 120_000 }, async () => {
    for (const replica of await stack.replicas('identity')) await stack.kill(replica);
    const [{ port, adminPort }] = (await stack.replicas('kms')) as [Replica];
    await using caller = stack.client('caller');
    await using operator = stack.client('operator');
    const readiness = async () => {
      const { status } = await caller.request({ url: at(port, '/readyz') });
      // In prod the public answer names no part.
      const { text } = await operator.request({ url: at(adminPort, '/readyz') });
      return [status, (JSON.parse(text) as { dependencies: { identity: { state: string } } }).dependencies.identity.state];
    };
    // The balancer goes by this answer.
    await expect.poll(readiness, { timeout: 30_000 }).toEqual([200, 'down']);
    const body = { name: `acme-${randomUUIDv7()}`, algorithm: 'ES256' };
    expect((await caller.request({ method: 'POST', url: at(stack.ports.kms, KEYS), body })).status).toBe(201);
  });

  it('of the KMS that all die leave nobody waiting', { timeout: 120_000 }, async () => {
    const replicas = await stack.replicas('kms');
    const knocking: Promise<unknown>[] = [];
    const knock = async (): Promise<string> => {
      await using client = stack.client();
      return client.request({ url: at(stack.ports.kms, '/livez') }).then(
        ({ status }) => String(status),
        (error: unknown) => (error instanceof AppError ? error.code : String(error)),
      );
    };
    const dead = Promise.all(replicas.map((replica) => stack.kill(replica)));
    await expect.poll(async () => knocking.push(knock()), { interval: 20, timeout: 30_000 }).toBe(KNOCKS);
    await dead;
    // Answered while one still lived, else refused; never forgotten.
    expect(new Set(await Promise.all(knocking))).not.toContain('timed-out');
    expect(await knock()).toBe('connection-failed');
  });
});
