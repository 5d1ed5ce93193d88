import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { fetchAt, identityFiles, unique } from '#test/support/identity.ts';
import { createBrowser, formOn } from '#test/support/identity-browser.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** The processes load the same modules. */
const COMPILE_CACHE = join(tmpdir(), 'passthru-test-compile-cache');
const PROCESS = new URL('./identity-process.ts', import.meta.url).pathname;

interface Line {
  readonly attributes?: { readonly listener?: string; readonly port?: number };
}

/** A running process: its ports, once it has said them, and everything that it wrote. */
const startProcess = async (mode: string, configFiles: readonly string[]) => {
  const child: ChildProcess = spawn(process.execPath, [PROCESS, mode, ...configFiles], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  });
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  const output: string[] = [];
  const errors: string[] = [];
  child.stderr?.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const ports = new Map<string, number>();
  const listening = new Promise<void>((resolve) => {
    if (child.stdout === null) throw new TypeError('stdout is a pipe');
    createInterface({ input: child.stdout }).on('line', (line) => {
      output.push(line);
      const { listener, port } = (JSON.parse(line) as Line).attributes ?? {};
      if (listener !== undefined && port !== undefined) ports.set(listener, port);
      if (listener === 'public') resolve();
    });
  });
  await Promise.race([listening, closed]);
  return {
    child,
    closed,
    output,
    errors,
    port: (listener: 'public' | 'admin') => ports.get(listener) ?? 0,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await closed;
    },
  };
};

const setup = async (overlay: Record<string, unknown> = {}) => {
  const folder = await temporaryDirectory();
  const tenantsFile = join(folder.path, 'tenants.json');
  const tenants = { demo: randomUUID(), 'demo-other': randomUUID() };
  await writeFile(tenantsFile, JSON.stringify(tenants));
  const files = await identityFiles(folder.path, { demo: { tenants_file: tenantsFile }, ...overlay });
  const leaf = files.tls.leaf('client');
  const [ca, cert, key] = await Promise.all([leaf.ca, leaf.cert, leaf.key].map((file) => readFile(file)));
  const client = createHttpsClient({ ca: ca ?? '', cert: cert ?? '', key: key ?? '' });
  return {
    ...files,
    directory: folder.path,
    tenants,
    get: (port: number, path: string) => client.request({ url: `https://localhost:${port}${path}` }),
    [Symbol.asyncDispose]: async () => {
      await client[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
};

describe('Identity as a process', () => {
  it('starts with the demo, serves, stops on SIGTERM with code 0, and no library warns of anything', async () => {
    await using test = await setup();
    await using running = await startProcess('demo', test.configFiles);
    expect((await test.get(running.port('public'), '/readyz')).status).toBe(200);
    const discovery = await test.get(running.port('public'), '/.well-known/openid-configuration');
    expect(discovery.json()).toMatchObject({ issuer: test.issuer, code_challenge_methods_supported: ['S256'] });
    expect((await test.get(running.port('admin'), '/admin/v1/demo')).json()).toMatchObject({ seeded: true, tenants: test.tenants });
    running.child.kill('SIGTERM');
    expect(await running.closed).toEqual([0, null]);
    for (const line of running.output) expect(JSON.parse(line)).toEqual(expect.any(Object));
    expect(running.errors.join('')).toBe('');
  });

  it('answers guesses at a secret that wait when it is told to stop', async () => {
    await using test = await setup();
    await using running = await startProcess('demo', test.configFiles);
    const ca = await readFile(test.tls.caFile, 'utf8');
    await using client = createHttpsClient({ ca });
    const guess = () =>
      client.request({
        method: 'POST',
        url: `https://localhost:${running.port('public')}/oauth2/token`,
        headers: { authorization: `Basic ${Buffer.from(`demo-confidential-client:${unique('wrong')}`).toString('base64')}` },
        form: { grant_type: 'client_credentials' },
      });
    for (let n = 0; n < 6; n += 1) expect((await guess()).status).toBe(401);
    // As many may wait as the one that is refused first tells of.
    const guesses = Array.from({ length: 34 }, guess);
    expect((await Promise.race(guesses)).status).toBe(429);
    running.child.kill('SIGTERM');
    for (const { status, headers } of await Promise.all(guesses))
      expect([status, headers['retry-after']]).toEqual([429, expect.stringMatching(/^[1-9]\d*$/)]);
    expect(await running.closed).toEqual([0, null]);
  });

  it('keeps tenants and signing keys over a restart, a kill included', async () => {
    await using test = await setup();
    const seen: unknown[] = [];
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      await using running = await startProcess('demo', test.configFiles);
      seen.push([
        (await test.get(running.port('admin'), '/admin/v1/demo')).json(),
        (await test.get(running.port('public'), '/.well-known/jwks.json')).json(),
      ]);
      running.child.kill(signal);
      await running.closed;
    }
    expect(seen[0]).toEqual(seen[1]);
  });

  it('writes no password, name, code or token into its log', async () => {
    await using test = await setup();
    await using running = await startProcess('demo', test.configFiles);
    await using dialled = fetchAt(running.port('public'), await readFile(test.tls.caFile, 'utf8'));
    const browser = createBrowser({ fetch: dialled.fetch, origin: test.issuer });
    const [state, wrong] = [unique('state'), { username: unique('nobody'), password: unique('wrong') }];
    const verifier = randomBytes(32).toString('base64url');
    const query = {
      client_id: 'demo-public-client',
      response_type: 'code',
      redirect_uri: 'http://127.0.0.1:43117/callback',
      scope: 'openid kms:read',
      resource: 'urn:passthru:kms',
      state,
      code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    };
    let page = await browser.visit(`${test.issuer}/oauth2/authorize?${new URLSearchParams(query).toString()}`);
    const csrf = formOn(page).fields._csrf ?? '';
    page = await browser.submit(page, { ...wrong, decision: 'login' });
    page = await browser.submit(page, { username: 'demo-user', password: 'demo-user-password', decision: 'login' });
    page = await browser.submit(page, { decision: 'allow' });
    const code = new URL(page.url).searchParams.get('code') ?? '';
    const answer = await dialled.fetch(`${test.issuer}/oauth2/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: query.client_id,
        redirect_uri: query.redirect_uri,
        code,
        code_verifier: verifier,
      }),
    });
    const tokens = (await answer.json()) as Record<string, string>;
    expect(Object.keys(tokens)).toEqual(expect.arrayContaining(['access_token', 'refresh_token', 'id_token']));
    running.child.kill('SIGTERM');
    await running.closed;
    const written = [...running.output, ...running.errors].join('\n');
    expect(written).toContain('log-in failed');
    expect(written).toContain('logged in');
    const cookies = [...browser.jar.values()].map(({ value }) => value);
    const { access_token, refresh_token, id_token } = tokens;
    for (const secret of [
      ...Object.values(wrong),
      'demo-user-password',
      state,
      csrf,
      code,
      verifier,
      access_token,
      refresh_token,
      id_token,
      ...cookies,
    ]) {
      expect(secret?.length).toBeGreaterThan(10);
      expect(written.includes(secret ?? '')).toBe(false);
    }
  });

  it.each(['demo', 'reset-demo'])('does not start with --%s where the configuration allows no demo', async (mode) => {
    await using test = await setup({ demo: { allowed: false } });
    await using running = await startProcess(mode, test.configFiles);
    expect(await running.closed).toEqual([1, null]);
    expect(running.errors.join('')).toContain('"demo-not-allowed"');
  });

  it('without --demo seeds nothing and has no routes for it, and with --reset-demo seeds anew', async () => {
    await using test = await setup();
    {
      await using plain = await startProcess('plain', test.configFiles);
      expect((await test.get(plain.port('admin'), '/readyz')).status).toBe(200);
      expect((await test.get(plain.port('admin'), '/admin/v1/demo')).status).toBe(404);
    }
    await using reset = await startProcess('reset-demo', test.configFiles);
    expect((await test.get(reset.port('admin'), '/admin/v1/demo')).json()).toMatchObject({ seeded: true, tenants: test.tenants });
  });

  it('names every wrong setting and ends with code 1', async () => {
    await using test = await setup({ issuer: 'http://localhost', unknown: 1 });
    await using running = await startProcess('demo', test.configFiles);
    expect(await running.closed).toEqual([1, null]);
    const text = running.errors.join('');
    expect(text).toContain('overlay.yml#/issuer');
    expect(text).toContain('overlay.yml#/unknown');
    expect(running.output).toEqual([]);
  });

  for (const [what, file, code] of [
    ['the cookie keys are missing', 'cookie-keys', 'secret-unreadable'],
    ['the secret of the KMS is missing', 'kms-secret', 'secret-unreadable'],
    ['its private key is missing', 'tls/server.key', 'tls-file-unreadable'],
  ] as const) {
    it(`does not start when ${what}, and leaves nothing running`, async () => {
      await using test = await setup();
      await rm(join(test.directory, file));
      await using running = await startProcess('demo', test.configFiles);
      expect(await running.closed).toEqual([1, null]);
      expect(running.errors.join('')).toContain(`"${code}"`);
    });
  }

  it('does not start with a cookie key that is too short', async () => {
    await using test = await setup();
    await writeFile(join(test.directory, 'cookie-keys'), 'short');
    await using running = await startProcess('plain', test.configFiles);
    expect(await running.closed).toEqual([1, null]);
    expect(running.errors.join('')).toContain('"cookie-keys-invalid"');
  });

  it('does not make a new database in the place of a damaged one', async () => {
    await using test = await setup();
    {
      await using first = await startProcess('demo', test.configFiles);
      first.child.kill('SIGTERM');
      await first.closed;
    }
    await writeFile(join(test.directory, 'data/identity.sqlite'), 'damaged '.repeat(1000));
    await using running = await startProcess('demo', test.configFiles);
    expect(await running.closed).toEqual([1, null]);
    expect(running.errors.join('')).toContain('"database-corrupt"');
  });
});
