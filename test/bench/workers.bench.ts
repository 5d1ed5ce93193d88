import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { createHttpsClient } from '#infra/http/client/create-https-client.ts';
import { ADMIN_PORT_OFFSET } from '#infra/magic/magic.ts';
import { basic, bearer, kmsHouse, type KmsHouse } from '#test/kms/support/kms-server.ts';
import { reservePorts } from '#test/support/ports.ts';
import type { ServingPostgres } from '#test/support/postgres/running-postgres.ts';
import { postgresProviders } from '#test/support/postgres/providers.ts';
import type { Compared, Comparison } from './suite.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ECHO = fileURLToPath(new URL('./bare-echo.ts', import.meta.url));
const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = [8, 32] as const;
/** So many bytes, in base64url, are the payload. */
const PAYLOAD_BYTES = 64;
/** A call may take so many times as long as one of the bare server, the load generator on the same cores: 0.45 of its calls a second. */
const AIM = 1 / 0.45;
const ADMIN = basic('demo-tenant-admin', 'demo-tenant-admin-password');

interface Target extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A program that serves until it is disposed; resolves when each of these texts stands in its output. */
const serving = async (args: readonly string[], until: readonly RegExp[]): Promise<AsyncDisposable> => {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  await new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (until.every((pattern) => lines.some((each) => pattern.test(each)))) resolve();
      });
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}:\n${lines.join('\n')}`)));
  });
  return {
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
};

const kmsWith = async (workers: number, postgres: ServingPostgres): Promise<Target> => {
  await using opened = new AsyncDisposableStack();
  const ports = await reservePorts();
  const house: KmsHouse = opened.use(
    await kmsHouse({
      change: (config) => {
        config.database = postgres.config;
        config.server = { ...config.server, workers, port: ports.kms, rate_limit: { max: 1_000_000, window_seconds: 1 } };
        config.admin.port = ports.kms + ADMIN_PORT_OFFSET;
        config.quotas.requests = { max: 100_000_000, window_seconds: 60 };
      },
    }),
  );
  const tenant = randomUUID();
  house.config.demo.tenants_file = join(house.folder, 'tenants.json');
  await writeFile(house.config.demo.tenants_file, JSON.stringify({ demo: tenant, 'demo-other': randomUUID() }));
  const file = join(house.folder, 'kms.yml');
  await writeFile(file, stringify(house.config));
  const up = Array.from({ length: workers }, (_, index) => new RegExp(workers === 1 ? 'public listener' : `worker ${index + 1} is up`));
  opened.use(await serving(['bin/passthru.js', 'serve', 'kms', '--demo', '--config', file], up));
  await using client = createHttpsClient({ ca: house.ca });
  const keys = `https://localhost:${ports.kms}/service/api/v1/elastic-keys`;
  const { items } = (await client.request({ url: `${keys}?name=demo-encryption-key`, headers: ADMIN })).json<{
    items: { id: string }[];
  }>();
  const [key] = items;
  if (key === undefined) throw new Error('the demo has a key');
  const token = await house.issuer.token(tenant);
  const resources = opened.move();
  return {
    name: `an encryption with a token by ${workers} worker(s)`,
    url: `${keys}/${key.id}/encrypt`,
    headers: bearer(token),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};

const bareServer = async (): Promise<Target> => {
  await using opened = new AsyncDisposableStack();
  const house = opened.use(await kmsHouse());
  const { kms: port } = await reservePorts();
  const { cert, key } = house.config.server.tls;
  opened.use(await serving([ECHO, String(port), cert, key], [/listens/]));
  const resources = opened.move();
  return {
    name: 'the bare server',
    url: `https://localhost:${port}/echo`,
    headers: {},
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
};

const SCRIPT = `wrk.method = 'POST'
bad = 0
function response(status) if status ~= 200 then bad = bad + 1 end end
local threads = {}
function setup(thread) table.insert(threads, thread) end
function done(summary) local sum = 0 for _, thread in ipairs(threads) do sum = sum + (thread:get('bad') or 0) end
io.write(string.format('@@%d %d %d\\n', summary.requests, summary.duration, sum)) end
`;

/** Milliseconds from one answer to the next, of all connections together. */
const millisecondsOf = async (target: Target, connections: number, script: string): Promise<number> => {
  const headers = Object.entries({ 'content-type': 'application/json', ...target.headers }).flatMap(([name, value]) => [
    '-H',
    `${name}: ${value}`,
  ]);
  const args = ['-t1', `-c${connections}`, `-d${SECONDS}s`, '--timeout', '10s', '-s', script, ...headers, target.url];
  const { stdout } = await promisify(execFile)('wrk', args);
  const [, requests, microseconds, bad] = (/@@(\d+) (\d+) (\d+)/.exec(stdout) ?? []).map(Number);
  if (requests === undefined || microseconds === undefined || requests === 0 || bad !== 0) throw new Error(`wrk says: ${stdout}`);
  return microseconds / 1_000 / requests;
};

/** Encryptions by one and by two workers beside a bare server: wrk, one thread, on the same machine; PostgreSQL with its data in memory. */
export const workersComparison: Comparison = async () => {
  const [provider] = await postgresProviders();
  if (provider === undefined) throw new Error('workers need PostgreSQL, and there is none to be had here');
  await using opened = new AsyncDisposableStack();
  const databases = [opened.use(await provider.startInMemory()), opened.use(await provider.startInMemory())] as const;
  const bare = opened.use(await bareServer());
  const targets = [opened.use(await kmsWith(1, databases[0])), opened.use(await kmsWith(2, databases[1]))] as const;
  const { folder } = opened.use(await kmsHouse());
  const script = join(folder, 'call.lua');
  const body = JSON.stringify({ plaintext: Buffer.alloc(PAYLOAD_BYTES, 'x').toString('base64url') });
  await writeFile(script, `${SCRIPT}wrk.body = [[${body}]]\n`);

  const compared: Compared[] = [];
  for (const connections of CONNECTIONS) {
    for (const target of [bare, ...targets]) await millisecondsOf(target, connections, script);
    const rows = targets.map(({ name }) => ({ name, pairs: [] as (readonly [number, number])[] }));
    for (let round = 0; round < ROUNDS; round += 1) {
      const theirs = await millisecondsOf(bare, connections, script);
      for (const [index, target] of targets.entries()) rows[index]?.pairs.push([await millisecondsOf(target, connections, script), theirs]);
    }
    for (const { name, pairs } of rows) compared.push({ ours: `${name}, ${connections} connections`, theirs: bare.name, aim: AIM, pairs });
  }
  return compared;
};
