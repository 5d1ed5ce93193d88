import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createAuthority } from '#infra/tls/certificates.ts';
import type { PostgresConfig } from '#infra/database/config.ts';
import type { TlsFiles } from '#infra/tls/config.ts';

/** Debian keeps each major version in a folder of its own. */
const VERSIONS = '/usr/lib/postgresql';
const USER = 'passthru';
/** The only name in the certificate of the server. */
const HOST = '127.0.0.1';
const START_LIMIT_MS = 30_000;

export interface RunningPostgres extends AsyncDisposable {
  readonly config: PostgresConfig;
  /** JSON of `config`, for `PASSTHRU_TEST_POSTGRES`. */
  readonly configFile: string;
  /** Ends it at once, as a crash would; connections break. */
  crash(): Promise<void>;
  /** Starts it again on the same port, with what it had. */
  start(): Promise<void>;
  /** Files of a certificate from the same authority for another user. */
  certificateOf(user: string): Promise<TlsFiles>;
}

/** The folder of the newest installed PostgreSQL, or null. */
export const findPostgres = async (): Promise<string | null> => {
  const versions = await readdir(VERSIONS).catch((): string[] => []);
  const newest = versions
    .map(Number)
    .filter(Number.isInteger)
    .toSorted((a, b) => b - a);
  for (const version of newest) {
    const folder = join(VERSIONS, String(version), 'bin');
    const files = await readdir(folder).catch((): string[] => []);
    if (files.includes('initdb') && files.includes('postgres')) return folder;
  }
  return null;
};

/** PostgreSQL refuses to run as root; then it runs as the user that the package made. */
const runAs = async (): Promise<{ uid: number; gid: number } | null> => {
  if (process.getuid?.() !== 0) return null;
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) throw new Error('PostgreSQL does not run as root, and there is no user postgres');
  return { uid: Number(uid), gid: Number(gid) };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('the system gave no port');
  return address.port;
};

const runToEnd = async (program: string, args: readonly string[], identity: object): Promise<void> => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, ...identity });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${Buffer.concat(output).toString()}`);
};

const writeTls = async (folder: string) => {
  const authority = await createAuthority({});
  const server = await authority.issue({ kind: 'server', commonName: 'postgres', names: [HOST] });
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const ca = await write('ca.pem', authority.rootPem);
  const clientOf = async (user: string): Promise<TlsFiles> => {
    const { certPem, keyPem } = await authority.issue({ kind: 'client', commonName: user });
    return { ca, cert: await write(`${user}.pem`, certPem), key: await write(`${user}.key`, keyPem) };
  };
  return { ca, server: { cert: await write('server.pem', server.certPem), key: await write('server.key', server.keyPem) }, clientOf };
};

const untilReady = async (child: ChildProcess): Promise<void> => {
  const lines: string[] = [];
  if (child.stderr === null) throw new TypeError('stderr is a pipe');
  const signal = AbortSignal.timeout(START_LIMIT_MS);
  const output = createInterface({ input: child.stderr, signal });
  for await (const line of output) {
    lines.push(line);
    if (line.includes('ready to accept connections')) {
      output.close();
      // Closing pauses the pipe, and a server whose log nobody reads stops at the first full buffer.
      child.stderr.resume();
      return;
    }
  }
  const why = signal.aborted ? `within ${START_LIMIT_MS} ms` : 'before it ended';
  throw new Error(`PostgreSQL was not ready ${why}:\n${lines.join('\n')}`);
};

/** Starts a PostgreSQL of its own: TLS 1.3 only, client certificates only, nothing kept. */
export const startPostgres = async (binaries: string): Promise<RunningPostgres> => {
  const identity = await runAs();
  const folder = await mkdtemp(join(tmpdir(), 'passthru-postgres-'));
  const data = join(folder, 'data');
  const tls = await writeTls(folder);
  await mkdir(data, { mode: 0o700 });
  if (identity !== null) {
    for (const path of [folder, data, tls.ca, tls.server.cert, tls.server.key]) await chown(path, identity.uid, identity.gid);
  }
  const as = { cwd: folder, ...identity };
  await runToEnd(
    join(binaries, 'initdb'),
    ['--pgdata', data, '--username', USER, '--encoding', 'UTF8', '--locale', 'C', '--auth', 'reject', '--no-sync'],
    as,
  );
  await writeFile(join(data, 'pg_hba.conf'), `hostssl all all ${HOST}/32 cert\n`);
  const port = await freePort();
  const settings = {
    listen_addresses: HOST,
    port: String(port),
    unix_socket_directories: '',
    ssl: 'on',
    ssl_min_protocol_version: 'TLSv1.3',
    ssl_ca_file: tls.ca,
    ssl_cert_file: tls.server.cert,
    ssl_key_file: tls.server.key,
    // Nothing here outlives the tests.
    fsync: 'off',
    max_connections: '200',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  let running: { readonly child: ChildProcess; readonly ended: Promise<unknown> } | null = null;
  const crash = async (): Promise<void> => {
    running?.child.kill('SIGQUIT');
    await running?.ended;
    running = null;
  };
  const start = async (): Promise<void> => {
    const child = spawn(join(binaries, 'postgres'), ['-D', data, ...args], { stdio: ['ignore', 'ignore', 'pipe'], ...as });
    running = { child, ended: once(child, 'close') };
    await untilReady(child);
  };
  const stop = async (): Promise<void> => {
    await crash();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  const config: PostgresConfig = { kind: 'postgres', host: HOST, port, database: 'postgres', user: USER, tls: await tls.clientOf(USER) };
  const configFile = join(folder, 'database.json');
  await writeFile(configFile, JSON.stringify(config));
  return { config, configFile, crash, start, certificateOf: tls.clientOf, [Symbol.asyncDispose]: stop };
};

/**
 * Global set-up of vitest: one PostgreSQL for the whole run where its package is installed.
 * `PASSTHRU_TEST_POSTGRES` that is already set names another one, which is used and left alone.
 */
export default async (): Promise<(() => Promise<void>) | undefined> => {
  if (process.env['PASSTHRU_TEST_POSTGRES'] !== undefined) return undefined;
  const binaries = await findPostgres();
  if (binaries === null) {
    const reason = `no PostgreSQL in ${VERSIONS}/*/bin`;
    if (process.env['CI'] === 'true') throw new Error(`${reason}: CI must test on PostgreSQL, install the package postgresql`);
    process.stderr.write(`PostgreSQL is left out of the tests: ${reason}\n`);
    return undefined;
  }
  const postgres = await startPostgres(binaries);
  process.env['PASSTHRU_TEST_POSTGRES'] = postgres.configFile;
  return async () => {
    delete process.env['PASSTHRU_TEST_POSTGRES'];
    await postgres[Symbol.asyncDispose]();
  };
};
