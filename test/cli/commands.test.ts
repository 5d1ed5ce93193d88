import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUIDv7 } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { TSchema } from 'typebox';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { downSchema } from '#cli/documents/down.ts';
import { errorSchema } from '#cli/documents/error.ts';
import { prepareSchema } from '#cli/documents/prepare.ts';
import { statusSchema } from '#cli/documents/status.ts';
import { main } from '#cli/main.ts';
import { type Report, reportSchema } from '#demo/report.ts';
import { acquireLock } from '#engine/state/lock.ts';
import { fakeProcess, type FakeProcess } from '#test/support/fake-cli.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** An empty folder with free ports, and command lines that are run there without a process of their own. */
const place = async () => {
  const folder = await temporaryDirectory();
  const ports = await reservePorts();
  const place = ['--state-dir', join(folder.path, 'state'), '--port-kms', String(ports.kms), '--port-identity', String(ports.identity)];
  const flags = ['--engine', 'embedded', ...place];
  const start = (line: string, env: Record<string, string> = {}, given = flags) => {
    const cli = fakeProcess({ cwd: folder.path, env });
    const done = main([...line.split(' '), ...given], cli).then(() => {
      const code = process.exitCode;
      process.exitCode = 0;
      return { code, ...cli.written };
    });
    return { cli, done };
  };
  return {
    path: folder.path,
    stateDir: join(folder.path, 'state'),
    ports,
    start,
    run: (line: string) => start(line).done,
    runWithoutPorts: (line: string) => start(line, {}, ['--state-dir', join(folder.path, 'state')]).done,
    [Symbol.asyncDispose]: async () => {
      const { code, err } = await start('down --volumes').done;
      if (code !== 0) throw new Error(`passthru down ended with ${code}: ${err}`);
      await folder[Symbol.asyncDispose]();
    },
  };
};

const listening = async (port: number): Promise<Server & AsyncDisposable> => {
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
};

const valid = (schema: TSchema, text: string): unknown => {
  const validate = new Ajv2020({ allErrors: true, validateFormats: false }).compile(JSON.parse(JSON.stringify(schema)) as object);
  const value: unknown = JSON.parse(text);
  validate(value);
  expect(validate.errors).toBeNull();
  return value;
};

/** Resolves when stderr holds the text; the command must not have ended before. */
const said = async (cli: FakeProcess, text: string): Promise<void> => {
  await expect.poll(() => cli.written.err, { timeout: 30_000, interval: 10 }).toContain(text);
};

afterEach(() => {
  process.exitCode = 0;
});

describe('Where nothing was ever started', () => {
  it('status shows every service as down, exits 1 and makes no folder', async () => {
    await using here = await place();
    const { code, out } = await here.run('status');
    expect(code).toBe(1);
    for (const service of ['telemetry', 'identity', 'kms']) expect(out).toMatch(new RegExp(`^${service} +down +- +- +not started$`, 'm'));
    expect(out).toMatch(/^`.*passthru up.*` starts what does not run$/m);
    expect(await readdir(here.path)).toEqual([]);
  });

  it('status tells what was stopped from what was never started, and down that data stay', async () => {
    await using here = await place();
    await mkdir(join(here.stateDir, 'data', 'kms'), { recursive: true });
    await writeFile(join(here.stateDir, 'data', 'kms', 'kms.sqlite'), '');
    const { out } = await here.run('status');
    expect(out.match(/(not started|stopped)$/gm)).toEqual(['stopped', 'not started', 'stopped']);
    expect(await here.run('down')).toMatchObject({ code: 0, out: 'Nothing ran; data stay, --volumes removes them\n' });
  });

  it('status --wait ends when its time is over: exit code 1, and the table of what is not ready', async () => {
    await using here = await place();
    const { code, out } = await here.run('status --wait 100ms');
    expect([code, out]).toEqual([1, expect.stringMatching(/^kms +down/m)]);
  });

  it('status --watch shows what it finds until Ctrl-C, and ends with the exit code of that', async () => {
    await using here = await place();
    const { cli, done } = here.start('status --watch');
    await expect.poll(() => cli.written.out, { timeout: 30_000, interval: 10 }).toMatch(/ kms down not started$/m);
    cli.signals.emit('SIGINT');
    expect((await done).code).toBe(1);
  });

  it('status --output json validates against its schema', async () => {
    await using here = await place();
    const { code, out, err } = await here.run('status --output json');
    expect(valid(statusSchema, out)).toMatchObject({ command: 'status', exit_code: code, ready: false });
    expect(err).toBe('');
  });

  it('down succeeds, twice, and leaves nothing behind', async () => {
    await using here = await place();
    expect(await here.run('down')).toEqual({ code: 0, out: 'Nothing ran\n', err: '' });
    const { code, out } = await here.run('down --volumes --output json');
    const nothing = { version: 1, command: 'down', exit_code: 0, stopped: [], volumes_removed: true, removed: [], kept: expect.any(Array) };
    expect([code, valid(downSchema, out)]).toEqual([0, nothing]);
    expect((await here.run('down --volumes')).out).toMatch(/^Nothing ran; there was no data$/m);
    expect((await here.run('down --images')).out).toMatch(
      /^Nothing ran; no image removed\nStays {2}images: this stack was not on Docker, /,
    );
    expect(await readdir(here.path)).toEqual([]);
  });

  it('logs have no lines, for there is no stack: that is said and is no failure', async () => {
    await using here = await place();
    expect(await here.run('logs kms --tail 5')).toMatchObject({
      code: 0,
      out: '',
      err: expect.stringMatching(/^There is no stack in .+: `passthru up --state-dir state` starts one$/m),
    });
  });

  it('reset-demo has nothing to reset: exit code 2 and the fix', async () => {
    await using here = await place();
    const { code, err } = await here.run('reset-demo');
    expect(code).toBe(2);
    expect(err).toContain('nothing-to-reset');
    expect(err).toContain('passthru demo all');
  });
});

describe('passthru prepare', () => {
  it('makes certificates and secrets once, says so, and starts nothing', async () => {
    await using here = await place();
    const first = await here.run('prepare --output json');
    expect(first.code).toBe(0);
    const document = valid(prepareSchema, first.out) as { created: boolean; chain: string[]; ca_file: string };
    expect(document).toMatchObject({ compose_secrets: [], next: [] });
    expect(document).toMatchObject({ created: true, chain: ['root', 'policy', 'issuing'], key_type: 'P-256', state_dir: here.stateDir });
    const ca = await readFile(document.ca_file, 'utf8');
    expect((await stat(join(here.stateDir, 'secrets'))).mode & 0o077).toBe(0);

    const second = await here.run('prepare');
    expect(second.out).toContain('Certificates  kept, all valid: root → policy → issuing → ');
    expect(second.out).toContain('CA            state/tls/ca.pem\n');
    expect(await readFile(document.ca_file, 'utf8')).toBe(ca);
    expect((await here.run('status')).code).toBe(1);
    await writeFile(join(here.stateDir, 'notes'), randomUUIDv7());
    const down = valid(downSchema, (await here.run('down --volumes --output json')).out) as { removed: string[]; kept: { what: string }[] };
    const gone = ['.gitignore', 'config', 'data', 'logs', 'secrets', 'tls'].map((name) => join(here.stateDir, name));
    expect(down.removed).toEqual(gone);
    expect(down.kept).toContainEqual({ what: join(here.stateDir, 'notes'), why: 'this program did not put it there' });
    expect(await readdir(here.stateDir)).toEqual(['notes']);
  });

  it('in a folder that cannot be used says why, with exit code 2, and as a document where JSON is wanted', async () => {
    await using here = await place();
    await writeFile(here.stateDir, randomUUIDv7());
    const { code, out, err } = await here.run('prepare --output json');
    expect(code).toBe(2);
    expect(valid(errorSchema, out)).toMatchObject({ command: 'prepare', exit_code: 2, error: { code: 'state-folder-unusable' } });
    expect(err).toContain('state-folder-unusable');
    await here[Symbol.asyncDispose]().catch(() => undefined);
    const { rm } = await import('node:fs/promises');
    await rm(here.stateDir, { force: true });
  });
});

describe('A command that changes something', () => {
  it.each(['demo all', 'down', 'prepare', 'reset-demo'])(
    '%s refuses while another holds the lock, and names holder, age and command',
    async (line) => {
      await using here = await place();
      const lock = await acquireLock({ stateDir: here.stateDir, command: 'demo kms', now: () => Date.UTC(2026, 0, 2, 3, 4, 5) - 42_000 });
      if (!lock.ok) throw new Error(lock.error.message);
      const { code, out, err } = await here.run(line);
      await lock.value[Symbol.asyncDispose]();
      expect([code, out]).toEqual([2, '']);
      expect(err.replaceAll(/\s+/g, ' ')).toContain(
        `lock-held passthru demo kms (pid ${process.pid}) has held the lock of ${here.stateDir} for 42 s`,
      );
    },
  );
});

describe('passthru demo', () => {
  it('refuses the prod profile, which has no demo data, and says where to read on', async () => {
    await using here = await place();
    const { code, err } = await here.run('demo all --profile prod');
    expect(code).toBe(64);
    expect(err.replaceAll(/\s+/g, ' ')).toContain('the prod profile seeds no demo data');
    expect(err).toContain('docs/production.md');
    expect(await readdir(here.path)).toEqual([]);
  });

  it('names every taken port and its holder before anything starts, with exit code 2', async () => {
    await using here = await place();
    await using _kms = await listening(here.ports.kms);
    await using _admin = await listening(here.ports.identity + 1000);
    const { code, out, err } = await here.run('demo all --output json');
    expect(code).toBe(2);
    const { error } = valid(errorSchema, out) as { error: { code: string; message: string; fix: string } };
    expect(error.code).toBe('port-taken');
    expect(error.message).toContain(`port ${here.ports.kms} of kms is held by`);
    expect(error.message).toContain(`port ${here.ports.identity + 1000} of identity is held by`);
    expect(error.message).toContain(`pid ${process.pid}`);
    expect(error.fix).toContain('--port-kms');
    expect(err).toContain('port-taken');
    expect(await readdir(here.path)).toEqual([]);
  });

  it('interrupted while services start: acknowledges, takes down what it started, keeps no lock, exits 130', async () => {
    await using here = await place();
    const { cli, done } = here.start('demo identity');
    await said(cli, '✓ Telemetry');
    cli.signals.emit('SIGINT');
    expect(cli.written.err).toContain('Interrupted: stopping what this run started. Ctrl-C again kills it.');
    const { code, out } = await done;
    expect(code).toBe(130);
    expect(out).not.toContain('Demo credentials');
    expect((await here.run('status --output json')).out).not.toContain('"state": "ready"');
    expect(await readdir(here.stateDir)).not.toContain('lock');
    expect(cli.signals.listenerCount('SIGINT')).toBe(0);
  });

  it('shows Identity, leaves it up for status and logs, and is taken down by the next one with --rm', async () => {
    await using here = await place();
    const first = await here.run('demo identity -v');
    expect(first.err + first.out).toContain('0 failed');
    expect(first.code).toBe(0);
    expect(first.out).toContain(`Identity   https://localhost:${here.ports.identity}`);
    expect(first.out).not.toContain('KMS  ');
    // The KMS was not asked for, so status does not miss it; and it needs no flag to find the ports.
    const status = await here.runWithoutPorts('status');
    expect([status.code, status.out]).toEqual([0, expect.stringMatching(/^kms +down +- +- +not started$/m)]);
    expect(status.out).toMatch(new RegExp(`^telemetry +ready +\\d+ \\w+ +https://localhost:${here.ports.kms + 2000}$`, 'm'));
    expect(status.out).toMatch(new RegExp(`^identity +ready +\\d+ \\w+ +https://localhost:${here.ports.identity}$`, 'm'));
    const again = await here.runWithoutPorts('demo identity');
    expect([again.code, again.out]).toEqual([0, expect.stringContaining(`Identity   https://localhost:${here.ports.identity}`)]);
    expect(again.err).toContain('embedded');
    expect((await here.runWithoutPorts('reset-demo identity')).code).toBe(0);
    const other = await here.start('status --port-identity 9', {}, ['--state-dir', here.stateDir]).done;
    expect([other.code, other.err]).toEqual([1, `! --port-identity says 9; this stack was last started on ${here.ports.identity}\n`]);
    expect((await here.run('logs identity --tail 1')).out.trim().split('\n')).toHaveLength(1);
    const second = await here.run('demo identity --rm -q --output structured');
    expect(second.code).toBe(0);
    const records = second.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { eventName: string });
    expect(records.map(({ eventName }) => eventName)).toEqual(['passthru.outcome']);
    expect((await here.run('status --output json')).out).not.toContain('"state": "ready"');
  });

  it('is followed by its logs over a restart, until it is taken down, its last lines included', async () => {
    await using here = await place();
    expect((await here.run('demo identity -q')).code).toBe(0);
    const { cli, done } = here.start('logs -f --tail 0');
    const stops = () => cli.written.out.split('stopping on SIGTERM').length - 1;
    const other = await reservePorts();
    expect((await here.runWithoutPorts(`demo identity -q --port-kms ${other.kms} --port-identity ${other.identity}`)).code).toBe(0);
    await expect.poll(stops, { timeout: 30_000, interval: 10 }).toBe(2);
    await here.runWithoutPorts('down --volumes');
    const { code, out, err } = await done;
    expect([code, stops()]).toEqual([0, 4]);
    expect(out).toMatch(/^\S+ telemetry INFO {2}stopped$/m);
    expect(err).toBe(`Nothing runs any more in ${here.stateDir}\n`);
  });

  it('whose teardown fails says so in its document, too: exit code 1, though every step passed', async () => {
    await using here = await place();
    using kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    });
    const { code, out, err } = await here.run('demo identity --rm --output json');
    expect(kill).toHaveBeenCalled();
    expect(err).toContain('process-not-ours');
    expect(code).toBe(1);
    const report = valid(reportSchema, out) as Report;
    expect(report).toMatchObject({ outcome: 'partial', exit_code: code });
    const red = report.steps.filter(({ status }) => status !== 'passed');
    expect(red).toMatchObject([{ id: 'tear-down.stack', status: 'failed', error: { cause: { code: 'process-not-ours' } } }]);
  });

  it('interrupted during its teardown exits 130, which its document says, too', async () => {
    await using here = await place();
    const { cli, done } = here.start('demo identity --rm --output json');
    const send = process.kill.bind(process);
    using kill = vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
      cli.signals.emit('SIGINT');
      return send(pid, signal);
    });
    const { code, out } = await done;
    expect(kill).toHaveBeenCalled();
    expect(code).toBe(130);
    expect(valid(reportSchema, out)).toMatchObject({ outcome: 'partial', exit_code: code });
  });

  it('in the ci profile takes its own data away, and leaves that of earlier runs alone', async () => {
    await using here = await place();
    const data = () => readdir(join(here.stateDir, 'data'));
    const fleeting = await here.run('demo identity --profile ci');
    expect([fleeting.code, await data()]).toEqual([0, []]);
    expect(fleeting.err).toContain('data removed');
    expect((await here.run('demo identity --rm -q')).code).toBe(0);
    const kept = await data();
    expect(kept).toContain('identity');
    const beside = await here.run('demo identity --profile ci');
    expect([beside.code, await data()]).toEqual([0, kept]);
    expect(beside.err).toMatch(/Stopped [a-z, ]+; the data was there before this run, and stays\n/);
  });
});
