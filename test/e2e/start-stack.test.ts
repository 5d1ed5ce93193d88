import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PassthruContainer, startStack, type TestStack } from '#testing/index.ts';
import { isAlive } from '#test/support/is-alive.ts';
import { startSuite } from '#test/support/suites.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** Folders of these tests alone, by the variables that name them: nothing else is in them, and nothing may stay. */
const folders = new AsyncDisposableStack();
let temporary: string;
const before = { TMPDIR: process.env['TMPDIR'], XDG_CACHE_HOME: process.env['XDG_CACHE_HOME'] };

beforeAll(async () => {
  [temporary, process.env['XDG_CACHE_HOME']] = [folders.use(await temporaryDirectory()).path, folders.use(await temporaryDirectory()).path];
  process.env['TMPDIR'] = temporary;
});
afterAll(async () => {
  for (const [name, value] of Object.entries(before)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await folders.disposeAsync();
});

/** Processes of a stack: its services, and its holder. */
const processesOf = async (stateDir: unknown): Promise<{ readonly services: readonly number[]; readonly holder: number }> => {
  const json = async (name: string) => JSON.parse(await readFile(join(String(stateDir), name), 'utf8')) as Record<string, unknown>;
  const [run, lock] = [await json('run.json'), await json('lock')];
  const services = Object.values(run['services'] ?? run).flatMap((each) => (each as { pid?: number }).pid ?? []);
  return { services, holder: Number(lock['pid']) };
};

/** Whatever started a stack has an end: nothing of it runs, and nothing is on the disk. */
const nothingLeft = async (pids: readonly number[]): Promise<void> => {
  await expect.poll(() => pids.filter(isAlive)).toEqual([]);
  await expect.poll(() => readdir(temporary)).toEqual([]);
};

describe('Suites in processes of their own', () => {
  it('start at once from data that one of them seeded, and none sees what another does', async () => {
    const names = ['one', 'two', 'three'];
    const suites = names.map((name) => startSuite('key', name));
    const stacks = await Promise.all(suites.map(({ next }) => next()));
    expect(stacks.map(({ startedFrom }) => startedFrom).toSorted()).toEqual(['seed', 'snapshot', 'snapshot']);
    expect(await Promise.all(suites.map(({ next }) => next()))).toEqual(names.map(() => ({ made: 201 })));
    const pids = (await Promise.all(stacks.map(({ stateDir }) => processesOf(stateDir)))).flatMap(({ services }) => services);
    expect(pids).toHaveLength(9);
    for (const { child } of suites) child.stdin?.end();
    expect(await Promise.all(suites.map(({ next }) => next()))).toEqual(names.map((name) => ({ keys: [name] })));
    await Promise.all(suites.map(({ ended }) => ended));
    await nothingLeft(pids);
  });

  it('leave nothing, however they end', async () => {
    const ends = ['throw', 'reject', 'exit', 'forget'];
    const suites = ends.map((how) => startSuite(how));
    await Promise.all(suites.map(({ next }) => next()));
    const codes = await Promise.all(suites.map(({ ended }) => ended));
    expect(codes).toEqual([
      [1, null],
      [1, null],
      [7, null],
      [0, null],
    ]);
    await nothingLeft([]);
  });

  it('leave nothing when they are killed; when their holder is killed, too, nothing after the next start', async () => {
    const [killed, both] = [startSuite('hang'), startSuite('hang')];
    const [first, second] = await Promise.all([killed, both].map(async ({ next }) => processesOf((await next())['stateDir'])));
    killed.child.kill('SIGKILL');
    await expect.poll(() => first?.services.filter(isAlive)).toEqual([]);
    process.kill(second?.holder ?? 0, 'SIGKILL');
    both.child.kill('SIGKILL');
    await both.ended;
    // A process that is killed lives until its last thread is gone.
    await expect.poll(() => isAlive(second?.holder ?? 0)).toBe(false);
    expect(second?.services.filter(isAlive)).toHaveLength(3);
    const stack = await startStack({ engine: 'embedded', services: ['identity'] });
    // They were killed before it started; a process is there until its parent, now the system's first, has looked at it.
    await expect.poll(() => second?.services.filter(isAlive)).toEqual([]);
    await stack.stop();
    await nothingLeft([]);
  });
});

describe('A stack of a suite', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startStack({ engine: 'embedded' });
  });
  afterAll(() => stack?.stop());

  const asAdmin = { authorization: `Basic ${btoa('demo-tenant-admin:demo-tenant-admin-password')}`, 'content-type': 'application/json' };
  const makeKey = async (name: string): Promise<number> => {
    const body = JSON.stringify({ name, algorithm: 'ES256' });
    return (await stack.fetch(`${stack.kmsUrl}/elastic-keys`, { method: 'POST', headers: asAdmin, body })).status;
  };
  const hasKey = async (name: string): Promise<boolean> => {
    const response = await stack.fetch(`${stack.kmsUrl}/elastic-keys?name=${name}`, { headers: asAdmin });
    return ((await response.json()) as { items: unknown[] }).items.length === 1;
  };

  it('gives tokens of Identity for its KMS, to people and to clients', async () => {
    for (const wanted of [
      { username: 'demo-user' },
      { username: 'demo-service', scope: 'kms:crypto' },
      { client: 'demo-confidential-client' },
    ]) {
      const headers = { authorization: `Bearer ${await stack.token(wanted)}` };
      const url = `${stack.kmsUrl}/elastic-keys/demo-encryption-key/encrypt`;
      const sealed = await stack.fetch(url, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ plaintext: 'aGVsbG8' }),
      });
      expect(sealed.status).toBe(200);
    }
  });

  it('says who there is where a name is wrong, and why Identity refuses', async () => {
    await expect(stack.token({ username: 'nobody' })).rejects.toThrow(/no user nobody\nFix: Name one of demo-admin, /);
    await expect(stack.token({ client: 'nobody' })).rejects.toThrow(/no client nobody\nFix: Name one of demo-confidential-client, /);
    await expect(stack.token({ client: 'demo-public-client' })).rejects.toMatchObject({ code: 'client-has-no-token' });
    await expect(stack.token({ username: 'demo-user', scope: 'kms:write' })).rejects.toThrow(/gave demo-user no kms:write\nFix: .*user/);
    await expect(stack.token({ client: 'demo-limited-client', scope: 'kms:admin' })).rejects.toThrow(
      /got no token .*"kms:admin"[^]*not allowed[^]*\nFix: Ask for scopes that demo-limited-client has: kms:/,
    );
    await expect(stack.token({ username: 'demo-user', scope: 'nonsense' })).rejects.toThrow(
      /\nCause: Identity refused: invalid_scope: .+\nFix: Ask for scopes that demo-public-client has: openid, .*kms:crypto/,
    );
    await expect(stack.token({} as { username: string })).rejects.toThrow('Fix: Say username or client');
  });

  it('has its data of the start again after restore, those of a moment after restore of that name, and the seed after reset', async () => {
    expect(await makeKey('first')).toBe(201);
    const folder = await stack.snapshot('moment');
    expect(await readdir(folder)).toContain('snapshot.json');
    await stack.restore();
    expect(await hasKey('first')).toBe(false);
    await stack.restore('moment');
    expect(await hasKey('first')).toBe(true);
    await stack.reset();
    expect(await hasKey('first')).toBe(false);
    expect(await hasKey('demo-signing-key')).toBe(true);
    await expect(stack.restore('never')).rejects.toThrow(
      `this stack has no snapshot never\nFix: Make it first: \`stack.snapshot('never')\`.`,
    );
    await expect(stack.snapshot('../up')).rejects.toMatchObject({ code: 'snapshot-name-invalid' });
  });

  it('shows what its services logged, and has the shape of Testcontainers', async () => {
    const lines = await stack.logs({ tail: 5 });
    expect(new Set(lines.map(({ service }) => service))).toEqual(new Set(['telemetry', 'identity', 'kms']));
    expect((await stack.logs({ service: 'kms', tail: 1 })).map(({ service }) => service)).toEqual(['kms']);
    await expect(stack.logs({ service: 'kmss' as 'kms' })).rejects.toThrow('runs no kmss\nFix: It runs telemetry, identity, kms.');
    expect([stack.getKmsUrl(), stack.getIssuer(), stack.getCaFile()]).toEqual([stack.kmsUrl, stack.issuer, stack.caFile]);
    expect(await readFile(stack.caFile, 'utf8')).toBe(stack.ca);
  });

  it('gives other programs what they need to find and trust it', async () => {
    const program = `const { PASSTHRU_USERNAME: user, PASSTHRU_PASSWORD: password, PASSTHRU_KMS_API_URL: url } = process.env;
      const headers = { authorization: 'Basic ' + btoa(user + ':' + password) };
      console.log((await fetch(url + '/elastic-keys', { headers })).status);`;
    const args = ['--input-type=module', '--eval', program];
    expect(execFileSync(process.execPath, args, { env: { ...process.env, ...stack.env }, encoding: 'utf8' })).toBe('200\n');
  });
});

describe('A start', () => {
  it('ends in time, or when its signal aborts, and leaves nothing', async () => {
    await expect(startStack({ engine: 'embedded', timeoutMs: 1 })).rejects.toMatchObject({ code: 'start-timeout' });
    const caller = new AbortController();
    const started = startStack({ engine: 'embedded', signal: caller.signal, log: () => caller.abort(new Error('no more')) });
    await expect(started).rejects.toThrow('no more');
    await nothingLeft([]);
  });

  it('that fails says what, why and what to do', async () => {
    await expect(startStack({ engine: 'dokcer' as 'docker' })).rejects.toThrow(
      "engine of startStack cannot be \"dokcer\"\nFix: Did you mean docker? Allowed: 'auto', 'embedded' or 'docker'.",
    );
    await expect(startStack({ engine: 'embedded', snapshot: './none' })).rejects.toThrow(/there is no snapshot .*none\nFix: /);
  });

  it('is one of Testcontainers, too; a stack that was stopped refuses calls, and stops only once', async () => {
    const said: string[] = [];
    const container = new PassthruContainer().withEngine('embedded').withSnapshot('auto').withStartupTimeout(100_000);
    const stack = await container.withLogConsumer((line) => void said.push(line)).start();
    expect(said.length).toBeGreaterThan(0);
    await Promise.all([stack.stop(), stack[Symbol.asyncDispose]()]);
    await expect(stack.token({ username: 'demo-user' })).rejects.toMatchObject({ code: 'stopped' });
    await nothingLeft([]);
  });
});
