import { randomUUIDv7, X509Certificate } from 'node:crypto';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { prepareProd } from '#engine/files/prod/prepare-prod.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import type { HttpsRequest, HttpsResponse } from '#infra/http/client.ts';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { basic } from '#test/kms/support/kms-server.ts';
import { type Guide, guide } from '#test/prod/guide.ts';
import { PROD_FILES } from '#test/prod/stack.ts';
import { type Compose, compose, leftOvers } from '#test/support/compose.ts';
import { dockerImages } from '#test/support/docker.ts';
import { docker } from '#test/support/docker-stack.ts';
import { ROOT } from '#test/support/engine.ts';
import { valueOf } from '#test/support/mounts.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const execute = promisify(execFile);

const DAY = 86_400_000;
const BACK_END = 'otlp.example.org';
const PLAINTEXT = Buffer.from(`plain-${randomUUIDv7()}`).toString('base64url');

/** Prints one line for each address: `connected`, or the code of the error. */
const KNOCK = `
const { connect } = require('node:net');
const knock = ([host, port]) => new Promise((tell) => {
  const socket = connect({ host, port, timeout: 5000 });
  socket.on('connect', () => (tell('connected'), socket.destroy()));
  socket.on('timeout', () => (tell('timeout'), socket.destroy()));
  socket.on('error', ({ code }) => tell(code));
});
Promise.all(process.argv.slice(1).map((each) => knock(each.split('|')))).then((lines) => console.log(lines.join('\\n')));
`;

/** Node prints a file, nothing where it is not there: our images have no other program that could. */
const READ = ['-e', 'fs.existsSync(process.argv[1]) && process.stdout.write(fs.readFileSync(process.argv[1]))'];

/** A collector of somebody else's, which writes down what it gets. */
const BACK_END_CONFIG = {
  receivers: {
    otlp: { protocols: { http: { endpoint: '0.0.0.0:4318', tls: { cert_file: '/own/back-end.pem', key_file: '/own/back-end.key' } } } },
  },
  exporters: { file: { path: '/tmp/received.jsonl' } },
  service: { pipelines: { metrics: { receivers: ['otlp'], exporters: ['file'] } }, telemetry: { metrics: { level: 'none' } } },
};

describe.runIf(await dockerImages('postgres:17-trixie', 'haproxy:3.0-trixie'))(
  'The production guide, its commands as they are printed',
  () => {
    const opened = new AsyncDisposableStack();
    const project = `guide-${randomUUIDv7()}`;
    const tag = process.env['PASSTHRU_TAG'] ?? `test-${randomUUIDv7()}`;
    let target: string;
    let ports: Awaited<ReturnType<typeof reservePorts>>;
    let commands: Guide;
    let stack: Compose;
    /** What the first tenant has. */
    let [password, key, ciphertext] = ['', '', ''];

    beforeAll(async () => {
      const directory = opened.use(await temporaryDirectory());
      ports = await reservePorts();
      target = join(directory.path, 'material');
      const issuer = `https://localhost:${ports.identity}`;
      // Prepared 61 days ago, so that its certificates are due; the commands of the guide find it.
      valueOf(
        await prepareProd({
          target,
          authority: stateFolder(join(target, 'authority')),
          packageRoot: ROOT,
          issuer,
          hosts: ['kms.example.org'],
          renew: false,
          signal: new AbortController().signal,
          warn: (text) => {
            throw new Error(`a warning where all is new: ${text}`);
          },
          now: () => Date.now() - 61 * DAY,
        }),
      );
      commands = await guide({
        file: 'production.md',
        replaced: {
          'npx passthru': `${process.execPath} ${join(ROOT, 'bin/passthru.js')}`,
          '/srv/passthru': target,
          'https://id.example.org:8082': issuer,
          '-p passthru': `-p ${project}`,
          'localhost:8081': `localhost:${ports.kms}`,
          'localhost:8082': `localhost:${ports.identity}`,
          'kms.dump': join(directory.path, 'kms.dump'),
          'identity.dump': join(directory.path, 'identity.dump'),
          'secrets.tar.gz': join(directory.path, 'secrets.tar.gz'),
        },
        env: { PASSTHRU_TAG: tag, PASSTHRU_PORT_KMS: `${ports.kms}`, PASSTHRU_PORT_IDENTITY: `${ports.identity}` },
      });
      const env = { PASSTHRU_TAG: tag, PASSTHRU_MOUNTS: target };
      const files = [...PROD_FILES, 'telemetry/compose.forward.yml'];
      stack = compose({ project, folder: join(ROOT, 'deployments'), env, files });
      opened.defer(async () => {
        await stack.run('down', '--volumes', '--timeout', '2');
        const left = await leftOvers(project);
        if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
        if (process.env['PASSTHRU_TAG'] === undefined)
          await docker('image', 'rm', '--force', ...['telemetry', 'identity', 'kms'].map((name) => `passthru-${name}:${tag}`));
      });
    }, 120_000);
    afterAll(() => opened[Symbol.asyncDispose](), 120_000);

    const container = async (service: string): Promise<string> => {
      const labels = Object.entries({ project, service, oneoff: 'False' }).flatMap(([name, value]) => [
        '--filter',
        `label=com.docker.compose.${name}=${value}`,
      ]);
      const [id = ''] = (await docker('ps', '--quiet', ...labels)).trim().split('\n');
      return id;
    };
    const inside = async (service: string, ...program: readonly string[]) => docker('exec', await container(service), ...program);
    const operator = (file: string) => readFile(join(target, 'operator', file), 'utf8');

    /** When the certificate ends that a server shows, as epoch milliseconds. */
    const shown = async (port: number, servername: string): Promise<number> => {
      const socket = connect({ port, host: 'localhost', servername, ca: await operator('ca.pem') });
      await once(socket, 'secureConnect');
      const { valid_to: end } = socket.getPeerCertificate();
      socket.destroy();
      return Date.parse(end);
    };
    const starts = async () =>
      docker(
        'inspect',
        '--format',
        '{{.Id}} {{.State.StartedAt}}',
        ...(await Promise.all(['kms', 'identity', 'kms-postgres', 'telemetry'].map(container))),
      );
    const knock = async (service: string, ...addresses: readonly string[]): Promise<readonly string[]> =>
      (await inside(service, 'node', '-e', KNOCK, ...addresses)).trim().split('\n');
    const addressOf = async (service: string): Promise<string> =>
      (await docker('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', await container(service))).trim();

    /** The KMS, as the first tenant's administrator. */
    const ask = async (path: string, request: Omit<HttpsRequest, 'url'>, headers = basic('ann', password)): Promise<HttpsResponse> => {
      await using client = createHttpsClient({ ca: await operator('ca.pem'), timeoutMs: 30_000 });
      const url = `https://localhost:${ports.kms}/service/api/v1/elastic-keys${path}`;
      return await client.request({ ...request, url, headers });
    };

    it('prepares: what is there is kept, and certificates that end soon are named', async () => {
      const said = await commands.run('Prepare');
      expect(said).toMatch(/^Kept +all \d+ files: nothing was missing$/m);
      expect(said).toMatch(/kms\/secrets\/kms\.pem ends on \d{4}-\d\d-\d\d: run this command with --renew/);
    });

    it('brings the stack up with Compose, and it is ready', { timeout: 900_000 }, async () => {
      await commands.run('With Compose', 0);
      await commands.run('With Compose', 1);
      const ready = () => commands.run('Health').catch((error: Error) => error.message);
      await expect.poll(ready, { timeout: 90_000 }).toMatch(/^ready: .*\nready: /);
    });

    it('makes a first tenant, whose administrator makes a key with the password of the operator', { timeout: 120_000 }, async () => {
      await commands.run('First tenants and accounts', 0);
      expect(await commands.run('First tenants and accounts', 1)).toMatch(/^[0-9a-f-]{36}\n$/);
      password = (await operator('ann.password')).trim();
      const made = await ask('', { method: 'POST', body: { name: `key-${randomUUIDv7()}`, algorithm: 'A256GCM/A256KW' } });
      expect(made.status).toBe(201);
      key = made.json<{ id: string }>().id;
      const sealed = await ask(`/${key}/encrypt`, { method: 'POST', body: { plaintext: PLAINTEXT } });
      expect(sealed.status).toBe(200);
      ciphertext = sealed.json<{ ciphertext: string }>().ciphertext;
    });

    it('makes an account and clients of Identity, one of which gets a token for the tenant', { timeout: 120_000 }, async () => {
      expect(await commands.run('First tenants and accounts', 2)).toMatch(
        /^Account +acme-ann [^]*^Client +acme-app [^]*^Client +acme-worker /m,
      );
      await using client = createHttpsClient({ ca: await operator('ca.pem'), timeoutMs: 30_000 });
      const { text } = await client.request({
        method: 'POST',
        url: `https://localhost:${ports.identity}/oauth2/token`,
        headers: basic('acme-worker', (await operator('acme-worker.password')).trim()),
        form: { grant_type: 'client_credentials', scope: 'kms:read', resource: 'urn:passthru:kms' },
      });
      const { access_token: token } = JSON.parse(text) as { access_token: string };
      const { items } = (await ask('', {}, { authorization: `Bearer ${token}` })).json<{ items: readonly { id: string }[] }>();
      expect(items.map(({ id }) => id)).toEqual([key]);
    });

    it('renews certificates, and what runs shows them without a restart', { timeout: 300_000 }, async () => {
      const before = await starts();
      const soon = Date.now() + 31 * DAY;
      expect(await shown(ports.kms, 'kms')).toBeLessThan(soon);
      expect(await commands.run('Renewal')).toContain('Renewed       telemetry/secrets: telemetry.pem, telemetry.key');
      const limit = { timeout: 90_000 };
      await expect.poll(() => shown(ports.kms, 'kms'), limit).toBeGreaterThan(soon);
      await expect.poll(() => shown(ports.identity, 'identity'), limit).toBeGreaterThan(soon);
      await expect
        .poll(async () => new X509Certificate(await inside('kms-postgres', 'cat', '/tmp/tls/kms-postgres.pem')).validTo, limit)
        .toBe(new X509Certificate(await readFile(join(target, 'kms/secrets/kms-postgres.pem'))).validTo);
      expect(await starts()).toBe(before);
      expect(await commands.run('Health')).toMatch(/^ready: .*\nready: /);
    });

    it(
      'shows a container a changed stack.yml after the restart that it names, also where `sed -i` gave it another inode',
      { timeout: 120_000 },
      async () => {
        const mark = `marked-${randomUUIDv7()}`;
        const seen = () => inside('kms', 'node', ...READ, '/etc/passthru/stack.yml');
        await execute('sed', ['-i', `1i # ${mark}`, join(target, 'kms/secrets/stack.yml')]);
        expect(await seen()).not.toContain(mark);
        await commands.run('Renewal', 1);
        expect(await seen()).toContain(mark);
        await expect
          .poll(() => commands.run('Health').catch((error: Error) => error.message), { timeout: 90_000 })
          .toMatch(/^ready: .*\nready: /);
      },
    );

    it('gives the KMS and Identity no way out, and neither a way to the database of the other', { timeout: 120_000 }, async () => {
      for (const [server, other] of [
        ['kms', 'identity'],
        ['identity', 'kms'],
      ] as const) {
        // Each of the names resolves and answers for those who are meant to reach it; 192.0.2.1 is nobody's (RFC 5737).
        const [own, telemetry, byName, byAddress, outside] = await knock(
          server,
          `${server}-postgres|5432`,
          'telemetry|4318',
          `${other}-postgres|5432`,
          `${await addressOf(`${other}-postgres`)}|5432`,
          '192.0.2.1|443',
        );
        expect([server, own, telemetry]).toEqual([server, 'connected', 'connected']);
        expect(byName).toMatch(/^(EAI_AGAIN|ENOTFOUND)$/);
        expect([byAddress, outside]).toEqual(['ENETUNREACH', 'ENETUNREACH']);
        const routes = (await inside(server, 'node', ...READ, '/proc/net/route')).trim().split('\n').slice(1);
        expect(routes.map((line) => line.split('\t')[1]).filter((destination) => destination === '00000000')).toEqual([]);
      }
    });

    it('sends telemetry on to a back end, and only the collector gets out', { timeout: 300_000 }, async () => {
      await using own = await temporaryDirectory();
      const store = await prepareTls({
        directory: own.path,
        leaves: [{ name: 'back-end', kind: 'server', commonName: BACK_END, names: [BACK_END] }],
      });
      await chmod(store.leaf('back-end').key, 0o444);
      await writeFile(join(own.path, 'config.yml'), stringify(BACK_END_CONFIG));
      await chmod(own.path, 0o755);
      const secrets = join(target, 'telemetry/secrets');
      await writeFile(join(secrets, 'forward.yml'), commands.yaml('Telemetry to a back end of yours'), { mode: 0o644 });
      await writeFile(join(secrets, 'forward-ca.pem'), await readFile(store.caFile), { mode: 0o644 });
      await commands.run('Telemetry to a back end of yours');
      const backEnd = `${project}-back-end`;
      const place = ['--network', `${project}_forward-network`, '--network-alias', BACK_END, '--volume', `${own.path}:/own:ro`];
      await docker('run', '--detach', '--name', backEnd, ...place, `passthru-telemetry:${tag}`, '--config=/own/config.yml');
      try {
        const received = () => docker('exec', backEnd, 'node', ...READ, '/tmp/received.jsonl');
        await expect.poll(received, { timeout: 120_000 }).toContain('passthru-kms');
      } finally {
        await docker('rm', '--force', backEnd);
      }
      expect(await knock('kms', '192.0.2.1|443')).toEqual(['ENETUNREACH']);
    });

    it('backs up, and restores into empty volumes with what was in them', { timeout: 300_000 }, async () => {
      const keys = async (): Promise<string> => {
        await using client = createHttpsClient({ ca: await operator('ca.pem') });
        return (await client.request({ url: `https://localhost:${ports.identity}/.well-known/jwks.json` })).text;
      };
      const before = await keys();
      expect(before).toContain('"kid"');
      await commands.run('Backup', 0);
      await stack.run('down', '--volumes', '--timeout', '5');
      const lost = `${target}-lost`;
      await rename(target, lost);
      try {
        await commands.run('Backup', 1);
        await expect
          .poll(() => commands.run('Health').catch((error: Error) => error.message), { timeout: 90_000 })
          .toMatch(/^ready: .*\nready: /);
        expect(await keys()).toBe(before);
        const opened = await ask(`/${key}/decrypt`, { method: 'POST', body: { ciphertext } });
        expect([opened.status, opened.json()]).toEqual([200, expect.objectContaining({ plaintext: PLAINTEXT })]);
      } finally {
        await rm(lost, { recursive: true });
      }
    });

    it('has had each of its blocks run, but for those that say why no test can, and those of an update', () => {
      // The commands of an update run under load in test/faults/replicas.test.ts.
      expect(commands.left(['Updates'])).toEqual([]);
    });
  },
);
