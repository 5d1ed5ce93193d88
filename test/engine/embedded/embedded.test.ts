import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { EngineEvent, ServiceName } from '#engine/engine.ts';
import { processIdentity } from '#engine/state/process-identity.ts';
import { processesWithArguments } from '#engine/state/processes.ts';
import type { StackEngine } from '#engine/stack-engine.ts';
import type { Result } from '#infra/apperr/result.ts';
import { createRotatedFile } from '#infra/lines/rotated-file.ts';
import { listening, listenOn, testStack, type TestStack } from '#test/support/engine.ts';
import { reservePorts } from '#test/support/ports.ts';

const never = new AbortController().signal;

const valueOf = <T>(result: Result<T>): T => {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
};

const statusOf = async (stack: TestStack, service: ServiceName, engine = stack.engine()) =>
  (await engine.status()).find((status) => status.service === service);

/** Starts a service and waits until it listens; answers with its pid. */
const started = async (stack: TestStack, service: ServiceName, engine = stack.engine()): Promise<number> => {
  expect(valueOf(await engine.up(service, never))).toBe('started');
  await listening(engine, service);
  return (await statusOf(stack, service))?.pid ?? 0;
};

/** Not `kill(pid, 0)`, which also finds a child that has ended and waits for this process to notice. */
const isAlive = async (pid: number): Promise<boolean> => (await processIdentity(pid)) !== null;

const overlayOf = (stack: TestStack, service: ServiceName): string => join(stack.stateDir, 'config', `${service}.yml`);

/** A process that is none of ours; ends with the test. */
const stranger = async (program: string, args: readonly string[]) => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child, 'spawn');
  return {
    pid: child.pid ?? 0,
    stdout: child.stdout,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

describe('preparing a stack', () => {
  it('makes certificates, secrets and configuration, all closed to others, and keeps them the next time', async () => {
    await using stack = await testStack();
    const first = valueOf(await stack.engine().prepare(never));
    expect(first).toEqual({ chain: ['root', 'policy', 'issuing'], leaves: 11, keyType: 'P-256', created: true });
    const secrets = join(stack.stateDir, 'secrets');
    expect((await readdir(secrets)).toSorted()).toEqual([
      'identity-cookie-keys',
      'partner-client-secret',
      'partner-cookie-keys',
      'partner-signing-key-encryption',
      'passthru-kms-client-secret',
      ...[1, 2, 3, 4, 5].map((n) => `unseal-share-${n}`),
    ]);
    expect((await stat(secrets)).mode & 0o777).toBe(0o700);
    const read = () => Promise.all(['identity-cookie-keys', 'unseal-share-1'].map((name) => readFile(join(secrets, name), 'utf8')));
    for (const name of await readdir(secrets)) expect((await stat(join(secrets, name))).mode & 0o777).toBe(0o600);
    const before = await read();
    expect(valueOf(await stack.engine().prepare(never)).created).toBe(false);
    expect(await read()).toEqual(before);
    expect(await readFile(join(stack.stateDir, '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('says where clients find everything, before anything is made', async () => {
    await using stack = await testStack();
    const { kms, identity, caFile, client } = stack.engine().endpoints();
    expect(kms.service).toBe(`https://localhost:${stack.portKms}/service/api/v1`);
    expect(kms.admin).toBe(`https://localhost:${stack.portKms + 1000}`);
    expect(identity.issuer).toBe(`https://localhost:${stack.portIdentity}`);
    expect(existsSync(stack.stateDir)).toBe(false);
    valueOf(await stack.engine().prepare(never));
    for (const file of [caFile, client.certFile, client.keyFile]) expect(existsSync(file)).toBe(true);
  });

  it('refuses ports that do not exist, and two listeners on one port', async () => {
    await using stack = await testStack();
    expect(await stack.engine({ portKms: 65_000 }).prepare(never)).toMatchObject({ ok: false, error: { code: 'port-invalid' } });
    expect(await stack.engine({ portKms: 0 }).prepare(never)).toMatchObject({ ok: false, error: { code: 'port-invalid' } });
    expect(await stack.engine({ portKms: 8081, portIdentity: 9081 }).prepare(never)).toMatchObject({
      ok: false,
      error: { code: 'ports-collide', message: `the KMS's admin listener and Identity would both listen on port 9081` },
    });
  });

  it('fails with what the disk said and a fix, where the state folder cannot be', async () => {
    await using stack = await testStack();
    await writeFile(stack.stateDir, 'a file');
    expect(await stack.engine().prepare(never)).toMatchObject({
      ok: false,
      error: {
        code: 'prepare-failed',
        cause: { code: expect.stringMatching(/eexist|enotdir/) },
        fix: expect.stringContaining('--state-dir'),
      },
    });
    await rm(stack.stateDir);
  });

  it('ends when it is interrupted', async () => {
    await using stack = await testStack();
    expect(await stack.engine().prepare(AbortSignal.abort())).toMatchObject({ ok: false, error: { code: 'interrupted' } });
  });

  it('makes lost unseal shares anew only while there is nothing that they sealed', async () => {
    await using stack = await testStack();
    const share = (n: number) => join(stack.stateDir, 'secrets', `unseal-share-${n}`);
    const overlay = () => readFile(join(stack.stateDir, 'config', 'kms.yml'), 'utf8');
    valueOf(await stack.engine().prepare(never));
    const first = await readFile(share(5), 'utf8');
    await rm(share(1));
    await writeFile(share(3), 'damaged');
    valueOf(await stack.engine().prepare(never));
    expect(await readFile(share(5), 'utf8')).toBe(first);
    for (const n of [2, 4, 5]) expect(await overlay()).toContain(share(n));
    for (const n of [1, 3]) expect(await overlay()).not.toContain(share(n));

    await rm(share(4));
    await mkdir(join(stack.stateDir, 'data', 'kms'), { recursive: true });
    await writeFile(join(stack.stateDir, 'data', 'kms', 'service.sqlite'), randomUUIDv7());
    expect(await stack.engine().prepare(never)).toMatchObject({
      ok: false,
      error: { cause: { code: 'unseal-shares-lost' }, fix: expect.stringContaining('backup') },
    });
    expect(await readFile(share(5), 'utf8')).toBe(first);

    await rm(join(stack.stateDir, 'data', 'kms'), { recursive: true });
    valueOf(await stack.engine().prepare(never));
    expect(await readFile(share(5), 'utf8')).not.toBe(first);
  });
});

describe('a service', () => {
  it('is started once, as a process of its own that other runs find', async () => {
    await using stack = await testStack();
    expect((await stack.engine().status()).map(({ state }) => state)).toEqual(['absent', 'absent', 'absent']);
    const engine = stack.engine();
    const pid = await started(stack, 'identity', engine);
    await engine[Symbol.asyncDispose]();
    expect(await statusOf(stack, 'identity')).toMatchObject({
      state: 'running',
      pid,
      restarts: 0,
      exitCode: null,
      address: `https://localhost:${stack.portIdentity}`,
    });
    expect((await statusOf(stack, 'identity'))?.uptimeMs).toBeGreaterThan(0);
    expect(valueOf(await engine.up('identity', never))).toBe('already-running');
    expect(valueOf(await stack.engine().up('identity', never))).toBe('already-running');
    expect((await statusOf(stack, 'identity'))?.pid).toBe(pid);
  });

  it('gets its configuration files and no secret, neither as argument nor in its environment', async () => {
    await using stack = await testStack();
    const secret = randomUUIDv7();
    process.env['PASSTHRU_TEST_SECRET'] = secret;
    try {
      await started(stack, 'kms');
      await started(stack, 'telemetry');
    } finally {
      delete process.env['PASSTHRU_TEST_SECRET'];
    }
    const config = join(stack.stateDir, 'config');
    const told = async (service: ServiceName) => {
      for await (const line of stack.engine().logs(service, {})) return JSON.parse(line) as { argv: string[]; env: Record<string, string> };
      throw new Error('no log');
    };
    const { argv, env } = await told('kms');
    const defaults = join(stack.packageRoot, 'deployments', 'kms', 'config', 'kms.yml');
    expect(argv).toEqual(['serve', 'kms', '--demo', '--config', defaults, '--config', join(config, 'kms.yml')]);
    expect((await told('telemetry')).argv).toEqual(['serve', 'telemetry', '--config', join(config, 'telemetry.yml')]);
    const allowed = ['PATH', 'HOME', 'TZ', 'LANG', 'LC_ALL', 'TMPDIR', 'XDG_CACHE_HOME', 'MALLOC_ARENA_MAX'];
    expect(Object.keys(env).filter((name) => !allowed.includes(name))).toEqual([]);
    expect(JSON.stringify({ argv, env })).not.toContain(secret);
    for (const share of await readdir(join(stack.stateDir, 'secrets'))) {
      expect(JSON.stringify({ argv, env })).not.toContain((await readFile(join(stack.stateDir, 'secrets', share), 'utf8')).trim());
    }
  });

  it('is replaced when its configuration, a secret or the root certificate is another', async () => {
    await using stack = await testStack();
    let pid = await started(stack, 'identity');
    const spoils = [
      () => writeFile(join(stack.packageRoot, 'deployments', 'identity', 'config', 'extra.yml'), randomUUIDv7()),
      () => rm(join(stack.stateDir, 'secrets', 'identity-cookie-keys')),
      () => rm(join(stack.stateDir, 'tls', 'ca'), { recursive: true }),
    ];
    for (const spoil of spoils) {
      await spoil();
      const engine = stack.engine();
      expect(valueOf(await engine.up('identity', never))).toBe('restarted');
      const now = (await statusOf(stack, 'identity'))?.pid ?? 0;
      expect(now).not.toBe(pid);
      expect(await isAlive(pid)).toBe(false);
      await listening(engine, 'identity');
      pid = now;
    }
  });

  it('keeps running when only its certificate is made again, which it reloads', async () => {
    await using stack = await testStack();
    await started(stack, 'identity');
    await rm(join(stack.stateDir, 'tls', 'identity.pem'));
    expect(valueOf(await stack.engine().up('identity', never))).toBe('already-running');
    expect(existsSync(join(stack.stateDir, 'tls', 'identity.pem'))).toBe(true);
  });

  it('that was killed is seen, explained and started again', async () => {
    await using stack = await testStack();
    const engine = stack.engine();
    const exits = Promise.withResolvers<EngineEvent>();
    using watching = abortOnDispose();
    engine.watch((event) => event.type === 'service-exited' && exits.resolve(event), watching.signal);
    const pid = await started(stack, 'kms', engine);
    process.kill(pid, 'SIGKILL');
    expect(await exits.promise).toEqual({ type: 'service-exited', service: 'kms', exitCode: null, signal: 'SIGKILL' });
    expect(await statusOf(stack, 'kms', engine)).toMatchObject({ state: 'exited', pid: null, uptimeMs: null });
    expect(await engine.diagnose('kms')).toMatchObject({
      signal: 'SIGKILL',
      exitCode: null,
      outOfMemory: false,
      logTail: expect.arrayContaining(['listening']),
    });
    await engine[Symbol.asyncDispose]();
    expect(await stack.engine().diagnose('kms')).toMatchObject({ signal: 'SIGKILL' });
    expect(valueOf(await stack.engine().up('kms', never))).toBe('started');
  });

  it('that another run starts is seen to start and to end, too', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    const [start, exit] = [Promise.withResolvers<EngineEvent>(), Promise.withResolvers<EngineEvent>()];
    using watching = abortOnDispose();
    stack.engine().watch((event) => (event.type === 'service-exited' ? exit : start).resolve(event), watching.signal);
    const other = stack.engine();
    let pid = await started(stack, 'telemetry', other);
    // Only a change after its first look is one for the watch; a second start is such a change in any case.
    valueOf(await other.down({ volumes: false }));
    pid = await started(stack, 'telemetry', other);
    expect(await start.promise).toMatchObject({ type: 'service-started', service: 'telemetry' });
    process.kill(pid, 'SIGKILL');
    expect(await exit.promise).toEqual({ type: 'service-exited', service: 'telemetry', exitCode: null, signal: null });
  });

  it('that ends at its start is explained by its exit code and its last lines', async () => {
    await using stack = await testStack();
    await stack.behave('identity', 'ends');
    const engine = stack.engine();
    const exited = Promise.withResolvers<void>();
    using watching = abortOnDispose();
    engine.watch((event) => event.type === 'service-exited' && exited.resolve(), watching.signal);
    expect(valueOf(await engine.up('identity', never))).toBe('started');
    await stack.letEnd('identity');
    await exited.promise;
    expect(await statusOf(stack, 'identity', engine)).toMatchObject({ state: 'exited', exitCode: 3 });
    const { exitCode, logTail } = await engine.diagnose('identity');
    expect(exitCode).toBe(3);
    expect(logTail.at(-1)).toBe('the stand-in ends');
    await stack.behave('identity', 'well');
    valueOf(await engine.up('identity', never));
    await listening(engine, 'identity');
    expect((await engine.diagnose('identity')).logTail).not.toContain('the stand-in ends');
  });

  it('is not started on a port that somebody else holds', async () => {
    await using stack = await testStack();
    await using other = await listenOn(stack.portIdentity + 1000);
    const engine = stack.engine();
    expect(await engine.up('identity', never)).toMatchObject({
      ok: false,
      error: {
        code: 'port-taken',
        message: expect.stringMatching(new RegExp(`^port ${other.port} of identity is held by .+ \\(pid ${process.pid}\\)$`)) as string,
      },
    });
    expect(await statusOf(stack, 'identity')).toMatchObject({ state: 'absent' });
  });
});

describe('a taken port', () => {
  it('is named with its holder, on either loopback address; our own services are no conflict', async () => {
    await using stack = await testStack();
    const engine = stack.engine();
    expect(await engine.portConflicts(['telemetry', 'identity', 'kms'])).toEqual([]);
    await started(stack, 'telemetry', engine);
    await using _admin = await listenOn(stack.portKms + 1000);
    await using _v6 = await listenOn(stack.portIdentity, '::1');
    const conflicts = await stack.engine().portConflicts(['telemetry', 'identity', 'kms']);
    expect(conflicts.map(({ port, service }) => ({ port, service }))).toEqual([
      { port: stack.portIdentity, service: 'identity' },
      { port: stack.portKms + 1000, service: 'kms' },
    ]);
    for (const { holder } of conflicts) expect(holder).toContain(`(pid ${process.pid})`);
  });

  it('is named where its holder only names our configuration file on its command line', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    const listen = `require('node:net').createServer().listen(${stack.portKms}, '127.0.0.1', () => console.log('listening'))`;
    await using holder = await stranger(process.execPath, ['-e', listen, overlayOf(stack, 'kms')]);
    await once(holder.stdout, 'data');
    expect(await stack.engine().portConflicts(['kms'])).toEqual([
      { service: 'kms', port: stack.portKms, holder: expect.stringContaining(`(pid ${holder.pid})`) },
    ]);
  });

  it.each([
    ['of this run', async (_file: string) => {}],
    [
      'that a killed run has not recorded',
      async (file: string) => {
        const all = JSON.parse(await readFile(file, 'utf8')) as { services: { kms?: unknown } };
        delete all.services.kms;
        await writeFile(file, JSON.stringify(all));
      },
    ],
    ['of which no record is left', (file: string) => rm(file)],
  ])('is looked for without trying that of a service %s, which may be about to listen', async (_whose, change) => {
    await using stack = await testStack();
    await stack.behave('kms', 'ends');
    for (const service of ['telemetry', 'kms'] as const) expect(valueOf(await stack.engine().up(service, never))).toBe('started');
    await change(join(stack.stateDir, 'run.json'));
    using tried = vi.spyOn(Server.prototype, 'listen');
    expect(await stack.engine().portConflicts(['kms'])).toEqual([]);
    expect(tried).not.toHaveBeenCalled();
    expect(await stack.engine().portConflicts(['identity'])).toEqual([]);
    expect(tried).toHaveBeenCalled();
  });

  it('does not matter for a service that is not asked for', async () => {
    await using stack = await testStack();
    await using _other = await listenOn(stack.portKms);
    expect(await stack.engine().portConflicts(['identity'])).toEqual([]);
  });
});

describe('taking a stack down', () => {
  it('stops in reverse order what another run started, and is content when nothing runs', async () => {
    await using stack = await testStack();
    const pids = [await started(stack, 'telemetry'), await started(stack, 'identity'), await started(stack, 'kms')];
    expect(valueOf(await stack.engine().down({ volumes: false }))).toEqual(['kms', 'identity', 'telemetry']);
    expect(await Promise.all(pids.map(isAlive))).not.toContain(true);
    expect(valueOf(await stack.engine().down({ volumes: false }))).toEqual([]);
    expect((await stack.engine().status()).map(({ state }) => state)).toEqual(['absent', 'absent', 'absent']);
  });

  it('stops only what it was told to', async () => {
    await using stack = await testStack();
    await started(stack, 'identity');
    const kms = await started(stack, 'kms');
    expect(valueOf(await stack.engine().down({ services: ['identity'], volumes: false }))).toEqual(['identity']);
    expect(await isAlive(kms)).toBe(true);
  });

  it('kills what does not heed SIGTERM, after the grace period', async () => {
    await using stack = await testStack();
    await stack.behave('kms', 'stubborn');
    const pid = await started(stack, 'kms');
    expect(valueOf(await stack.engine({ stopGraceMs: 100 }).down({ volumes: false }))).toEqual(['kms']);
    expect(await isAlive(pid)).toBe(false);
  });

  it('kills at once when it is interrupted itself', async () => {
    await using stack = await testStack();
    await stack.behave('kms', 'stubborn');
    const pid = await started(stack, 'kms');
    valueOf(await stack.engine({ stopGraceMs: 60_000 }).down({ volumes: false, signal: AbortSignal.abort() }));
    expect(await isAlive(pid)).toBe(false);
  });

  it('with its volumes leaves nothing but what others put there', async () => {
    await using stack = await testStack();
    await started(stack, 'kms');
    await mkdir(join(stack.stateDir, 'notes'));
    valueOf(await stack.engine().down({ volumes: true }));
    expect(await readdir(stack.stateDir)).toEqual(['notes']);
    expect(await stack.engine().hasData()).toBe(false);
    valueOf(await stack.engine().down({ volumes: true }));
  });

  it('with the volumes of one service leaves those of the others', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    for (const service of ['kms', 'identity']) await mkdir(join(stack.stateDir, 'data', service));
    expect(await stack.engine().hasData()).toBe(true);
    valueOf(await stack.engine().down({ services: ['kms'], volumes: true }));
    expect(await readdir(join(stack.stateDir, 'data'))).toEqual(['identity']);
    expect(existsSync(join(stack.stateDir, 'secrets', 'unseal-share-1'))).toBe(true);
  });

  it('never touches a process that only reads the configuration of a service', async () => {
    await using stack = await testStack();
    // The engine that started it also writes down how it ended: only one at a time may change the records.
    const engine = stack.engine();
    await started(stack, 'kms', engine);
    await using reader = await stranger('tail', ['-f', overlayOf(stack, 'kms')]);
    expect(valueOf(await engine.down({ volumes: false }))).toEqual(['kms']);
    expect(await isAlive(reader.pid)).toBe(true);
    expect(await statusOf(stack, 'kms')).toMatchObject({ state: 'absent' });
  });

  it('never touches a process that only has a recorded number', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(stranger, 'spawn');
    const record = { pid: stranger.pid, identity: 'another boot:1', port: 1, config_hash: 'x', started_at: 0, log_offset: 0, exit: null };
    await writeFile(join(stack.stateDir, 'run.json'), JSON.stringify({ version: 1, services: { kms: record } }));
    expect(await statusOf(stack, 'kms')).toMatchObject({ state: 'exited' });
    expect(valueOf(await stack.engine().down({ volumes: false }))).toEqual([]);
    expect(stranger.exitCode).toBeNull();
    expect(await isAlive(stranger.pid ?? 0)).toBe(true);
    stranger.kill('SIGKILL');
    await once(stranger, 'exit');
  });
});

describe('a state folder', () => {
  const copyOf = async (stack: TestStack) => {
    const stateDir = `${stack.stateDir}-copy`;
    await cp(stack.stateDir, stateDir, { recursive: true, preserveTimestamps: true });
    const warnings: string[] = [];
    return { stateDir, warnings, warn: (text: string): void => void warnings.push(text) };
  };
  const states = async (engine: StackEngine) => (await engine.status()).map(({ state }) => state);

  it('that is a copy leaves the processes of the original alone, and says so', async () => {
    await using stack = await testStack();
    const pids = [await started(stack, 'telemetry'), await started(stack, 'identity'), await started(stack, 'kms')];
    const { stateDir, warnings, warn } = await copyOf(stack);
    const copy = stack.engine({ stateDir, warn });
    expect(await states(copy)).toEqual(['absent', 'absent', 'absent']);
    expect(await copy.diagnose('kms')).toMatchObject({ exitCode: null, signal: null });
    expect(warnings).toEqual(
      ['telemetry', 'identity', 'kms'].map((name) => `the ${name} that run.json records runs for ${stack.stateDir}, and is left alone`),
    );
    expect(valueOf(await copy.down({ volumes: true }))).toEqual([]);
    expect(await Promise.all(pids.map(isAlive))).toEqual([true, true, true]);
    expect(await states(stack.engine())).toEqual(['running', 'running', 'running']);
  });

  it('that is a copy names the original where its ports are taken, and is a stack of its own on others', async () => {
    await using stack = await testStack();
    const pid = await started(stack, 'kms');
    const { stateDir, warn } = await copyOf(stack);
    expect(await stack.engine({ stateDir, warn }).portConflicts(['kms'])).toEqual([
      { port: stack.portKms, service: 'kms', holder: `kms of the stack in ${stack.stateDir} (pid ${pid})`, stateDir: stack.stateDir },
      {
        port: stack.portKms + 1000,
        service: 'kms',
        holder: `kms of the stack in ${stack.stateDir} (pid ${pid})`,
        stateDir: stack.stateDir,
      },
    ]);
    const ports = await reservePorts();
    const copy = stack.engine({ stateDir, warn, portKms: ports.kms, portIdentity: ports.identity });
    expect(valueOf(await copy.up('kms', never))).toBe('started');
    await listening(copy, 'kms');
    expect(valueOf(await copy.down({ volumes: true }))).toEqual(['kms']);
    expect(await isAlive(pid)).toBe(true);
  });

  it.runIf(process.platform === 'linux')('that was moved takes its processes along, and its next start replaces them', async () => {
    await using stack = await testStack();
    const pid = await started(stack, 'kms');
    const stateDir = `${stack.stateDir}-moved`;
    await rename(stack.stateDir, stateDir);
    const [before, moved] = [stack.engine(), stack.engine({ stateDir })];
    expect(await states(before)).toEqual(['absent', 'absent', 'absent']);
    expect(await statusOf(stack, 'kms', moved)).toMatchObject({ state: 'running', pid });
    // A new stack in the old place does not take them for its own, though their command lines name it.
    valueOf(await before.prepare(never));
    expect(valueOf(await before.down({ volumes: true }))).toEqual([]);
    expect(await isAlive(pid)).toBe(true);
    expect(valueOf(await moved.up('kms', never))).toBe('restarted');
    expect(await isAlive(pid)).toBe(false);
    await listening(moved, 'kms');
    expect(valueOf(await moved.down({ volumes: true }))).toEqual(['kms']);
  });

  it('that is reached by a link is the one that the link leads to', async () => {
    await using stack = await testStack();
    const pid = await started(stack, 'kms');
    const link = `${stack.stateDir}-link`;
    await symlink(stack.stateDir, link);
    expect(await statusOf(stack, 'kms', stack.engine({ stateDir: link }))).toMatchObject({ state: 'running', pid });
    expect(valueOf(await stack.engine({ stateDir: link }).down({ volumes: false }))).toEqual(['kms']);
    expect(stack.warnings).toEqual([]);
  });
});

describe('a damaged state folder', () => {
  for (const [what, text] of [
    ['is no JSON', '{"version":1,'],
    ['is empty', ''],
    ['holds nonsense', '{"version":1,"services":{"kms":{"pid":-1}}}'],
    ['is of another version', '{"version":2,"services":{}}'],
  ] as const) {
    it(`whose run.json ${what} still tells what runs, with one warning, and is repaired by the next start`, async () => {
      await using stack = await testStack();
      const pid = await started(stack, 'kms');
      await writeFile(join(stack.stateDir, 'run.json'), text);
      const warnings: string[] = [];
      const engine = stack.engine({ warn: (warning) => void warnings.push(warning) });
      expect(await statusOf(stack, 'kms', engine)).toMatchObject({ state: 'running', pid });
      expect(await engine.portConflicts(['kms'])).toEqual([]);
      expect(valueOf(await engine.up('kms', never))).toBe('restarted');
      expect(await isAlive(pid)).toBe(false);
      expect(warnings).toEqual(['run.json was damaged; the running services were found by their command lines']);
      expect(await readFile(join(stack.stateDir, 'run.json.damaged'), 'utf8')).toBe(text);
      expect(await statusOf(stack, 'kms')).toMatchObject({ state: 'running' });
    });
  }

  it('without run.json, as a run leaves it that is killed right after a start, loses no process', async () => {
    await using stack = await testStack();
    const pids = [await started(stack, 'identity'), await started(stack, 'kms')];
    await rm(join(stack.stateDir, 'run.json'));
    expect(valueOf(await stack.engine().up('kms', never))).toBe('restarted');
    expect(await isAlive(pids[1] ?? 0)).toBe(false);
    expect(valueOf(await stack.engine().down({ volumes: false }))).toEqual(['kms', 'identity']);
    expect(await Promise.all(pids.map(isAlive))).not.toContain(true);
  });
});

describe('the demo tenants', () => {
  it('have random ids that stay until others are set', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    const first = await stack.engine().demoTenants();
    expect(Object.keys(first)).toEqual(['demo', 'demo-other']);
    for (const id of Object.values(first)) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await stack.engine().demoTenants()).toEqual(first);
    const set = { demo: randomUUID(), 'demo-other': randomUUID() };
    await stack.engine().demoTenants({ set });
    expect(JSON.parse(await readFile(join(stack.stateDir, 'config', 'tenants.json'), 'utf8'))).toEqual(set);
  });

  it('are made anew, with a warning, when their file is damaged', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    const file = join(stack.stateDir, 'config', 'tenants.json');
    for (const text of ['', '[]', '{"demo":"not-a-uuid"}', `{"demo":"${randomUUIDv7()}"}`]) {
      await writeFile(file, text);
      const made = await stack.engine().demoTenants();
      expect(await stack.engine().demoTenants()).toEqual(made);
    }
    expect(stack.warnings).toHaveLength(4);
  });

  it('do not restart a service when they change', async () => {
    await using stack = await testStack();
    await started(stack, 'kms');
    await stack.engine().demoTenants({ set: { demo: randomUUID(), 'demo-other': randomUUID() } });
    expect(valueOf(await stack.engine().up('kms', never))).toBe('already-running');
  });
});

const write = async (file: string, lines: readonly string[]) => writeFile(file, lines.map((line) => `${line}\n`).join(''), { flag: 'a' });

describe('a log', () => {
  it('is read from its beginning, or from its last lines, and followed until it is enough', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    const file = join(stack.stateDir, 'logs', 'kms.log');
    const lines = Array.from({ length: 50 }, (_, i) => `${i} Zoë ${randomUUIDv7()}`);
    await write(file, lines);
    const engine = stack.engine();
    expect(await Array.fromAsync(engine.logs('kms', {}))).toEqual(lines);
    expect(await Array.fromAsync(engine.logs('kms', { tail: 3 }))).toEqual(lines.slice(-3));
    expect(await Array.fromAsync(engine.logs('kms', { tail: 0 }))).toEqual([]);
    expect(await Array.fromAsync(engine.logs('identity', {}))).toEqual([]);
    const [last, enough] = [randomUUIDv7(), new AbortController()];
    const followed: string[] = [];
    for await (const line of engine.logs('kms', { tail: 1, follow: true, signal: enough.signal })) {
      followed.push(line);
      if (followed.length === 1) await write(file, [last]);
      else enough.abort();
    }
    expect(followed).toEqual([lines.at(-1), last]);
  });

  it('that is replaced while it is followed is read to its end before the next one, and one that is removed, too', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    const file = join(stack.stateDir, 'logs', 'kms.log');
    const [one, two, three, four] = Array.from({ length: 4 }, () => randomUUIDv7()) as [string, string, string, string];
    await write(file, [one]);
    const enough = new AbortController();
    const followed: string[] = [];
    for await (const line of stack.engine().logs('kms', { follow: true, signal: enough.signal })) {
      followed.push(line);
      if (line === one) {
        await write(file, [two]);
        await rename(file, `${file}.1`);
        await write(file, [three]);
      }
      if (line === three) {
        await writeFile(file, four, { flag: 'a' });
        await rm(file);
      }
      if (line === four) enough.abort();
    }
    expect(followed).toEqual([one, two, three, four]);
  });

  it('is followed through every rotation, however many came between two looks, and each line is told once', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    await using log = createRotatedFile({ path: join(stack.stateDir, 'logs', 'kms.log'), maxBytes: 400, olderFiles: 4 });
    const lines = Array.from({ length: 60 }, () => randomUUIDv7());
    const append = async (some: readonly string[]): Promise<void> => {
      for (const line of some) await log.append([line]);
    };
    await append(lines.slice(0, 5));
    const enough = new AbortController();
    const followed: string[] = [];
    for await (const line of stack.engine().logs('kms', { follow: true, signal: enough.signal })) {
      followed.push(line);
      if (followed.length % 5 === 0 && followed.length < 30) await append(lines.slice(followed.length, followed.length + 5));
      if (followed.length === 30) await append(lines.slice(30));
      if (line === lines.at(-1)) enough.abort();
    }
    // Ten lines a file, and five files.
    expect(followed).toEqual(lines);
    expect(await Array.fromAsync(stack.engine().logs('kms', { tail: 15 }))).toEqual(lines.slice(-15));
  });

  it('shows what the process says outside of its log after that, and once the log goes on, before it', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    const [log, output] = ['kms.log', 'kms.out.log'].map((name) => join(stack.stateDir, 'logs', name)) as [string, string];
    const [line, crash, next] = [randomUUIDv7(), randomUUIDv7(), randomUUIDv7()];
    await write(log, [line]);
    await write(output, [crash]);
    await utimes(log, 1, 1);
    expect(await Array.fromAsync(stack.engine().logs('kms', {}))).toEqual([line, crash]);
    await write(log, [next]);
    await utimes(output, 1, 1);
    expect(await Array.fromAsync(stack.engine().logs('kms', {}))).toEqual([crash, line, next]);
  });

  it('tells in a diagnosis of this run only, across a rotation too', async () => {
    await using stack = await testStack();
    const pid = await started(stack, 'kms');
    await using log = createRotatedFile({ path: join(stack.stateDir, 'logs', 'kms.log'), maxBytes: 400, olderFiles: 4 });
    const lineOf = (from: number): string => JSON.stringify({ 'process.pid': from, body: randomUUIDv7() });
    const own = Array.from({ length: 8 }, () => lineOf(pid));
    for (const line of [lineOf(1), lineOf(1), ...own]) await log.append([line]);
    const { logTail } = await stack.engine().diagnose('kms');
    // Of this run, and after it what the stand-in prints.
    expect(logTail.slice(0, own.length)).toEqual(own);
    expect(logTail.at(-1)).toBe('listening');
  });

  it('of the process itself that grew too long makes room at a start', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().prepare(never));
    await writeFile(join(stack.stateDir, 'logs', 'kms.out.log'), Buffer.alloc(1024 * 1024 + 1, 'x'));
    await started(stack, 'kms');
    expect((await stat(join(stack.stateDir, 'logs', 'kms.out.log'))).size).toBeLessThan(100_000);
  });
});

describe('the telemetry that was received', () => {
  it('is read back as export requests, oldest first', async () => {
    await using stack = await testStack();
    const folder = join(stack.stateDir, 'data', 'telemetry');
    expect(await Array.fromAsync(stack.engine().telemetryRecords('traces'))).toEqual([]);
    await mkdir(folder, { recursive: true });
    const requests = [{ resourceSpans: [{ id: randomUUIDv7() }] }, { resourceSpans: [] }];
    await write(
      join(folder, 'traces.jsonl'),
      requests.map((request) => JSON.stringify(request)),
    );
    expect(await Array.fromAsync(stack.engine().telemetryRecords('traces'))).toEqual(requests);
  });
});

describe('two stacks', () => {
  it('run beside each other', async () => {
    await using first = await testStack();
    await using second = await testStack();
    const pids = [await started(first, 'identity'), await started(second, 'identity')];
    expect(new Set(pids).size).toBe(2);
    valueOf(await first.engine().down({ volumes: true }));
    expect(await Promise.all(pids.map(isAlive))).toEqual([false, true]);
  });
});

const abortOnDispose = (): Disposable & { readonly signal: AbortSignal } => {
  const controller = new AbortController();
  return { signal: controller.signal, [Symbol.dispose]: () => controller.abort() };
};

describe('the second Identity of a demo', () => {
  const pidsOf = (stack: TestStack) => processesWithArguments(['serve', 'identity', join(stack.stateDir, 'config', 'partner.yml')]);

  it('runs while it is open, is no part of the stack, and ends with its data', async () => {
    await using stack = await testStack();
    const engine = stack.engine();
    const partner = valueOf(await engine.openPartner(never));
    expect(await pidsOf(stack)).toHaveLength(1);
    using tried = vi.spyOn(Server.prototype, 'listen');
    expect([await stack.engine().portConflicts(['partner']), tried.mock.calls]).toEqual([[], []]);
    expect((await engine.status()).map(({ state }) => state)).toEqual(['absent', 'absent', 'absent']);
    await mkdir(join(stack.stateDir, 'data', 'partner'), { recursive: true });
    await partner[Symbol.asyncDispose]();
    expect(await pidsOf(stack)).toEqual([]);
    expect(existsSync(join(stack.stateDir, 'data', 'partner'))).toBe(false);
  });

  it('is ended by the next one, and by `down`, where a run that was killed left it', async () => {
    await using stack = await testStack();
    valueOf(await stack.engine().openPartner(never));
    const [left] = await pidsOf(stack);
    valueOf(await stack.engine().openPartner(never));
    const [next, ...others] = await pidsOf(stack);
    expect([next === left, others]).toEqual([false, []]);
    valueOf(await stack.engine().down({ volumes: false }));
    expect(await pidsOf(stack)).toEqual([]);
  });

  it('names who holds its port', async () => {
    await using stack = await testStack();
    await using _holder = await listenOn(stack.portIdentity + 3000);
    expect(await stack.engine().openPartner(never)).toMatchObject({
      ok: false,
      error: {
        code: 'port-taken',
        message: expect.stringContaining(`port ${stack.portIdentity + 3000} of the second Identity is held by`),
      },
    });
  });
});
