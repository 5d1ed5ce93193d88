import { randomUUIDv7 } from 'node:crypto';
import { chmod, cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { type ComposeFile, DEPLOYMENTS, readYaml } from '#test/deployments/deployments.ts';
import { docker } from '#test/support/docker-stack.ts';
import { dockerImages } from '#test/support/docker.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const IMAGE = 'postgres:17-trixie';
const UP_LIMIT_MS = 60_000;

/** The PostgreSQL of a product as it is delivered: servers are verified under the root of a company, clients under one of ours. */
const started = async (product: 'kms' | 'identity') => {
  await using opened = new AsyncDisposableStack();
  const { path: folder } = opened.use(await temporaryDirectory());
  const { services = {} } = await readYaml<ComposeFile>(`${product}/compose.yml`);
  const { entrypoint = [], command = [] } = services[`${product}-postgres`] ?? {};
  const client = (name: string) => ({ name, kind: 'client' as const, commonName: name });
  const [owner, health] = [`passthru-${product}`, 'passthru-health'];
  const company = await prepareTls({
    directory: join(folder, 'company'),
    leaves: [
      { name: 'server', kind: 'server', commonName: `${product}-postgres`, names: [`${product}-postgres`, 'localhost'] },
      ...[owner, health, product, `${product}-owner`, 'postgres'].map(client),
    ],
  });
  const ours = await prepareTls({ directory: join(folder, 'ours'), leaves: [owner, health].map(client) });
  const mounts: Record<string, string> = {
    'ca.pem': company.caFile,
    'client-ca.pem': ours.caFile,
    [`${product}-postgres.pem`]: company.leaf('server').cert,
    [`${product}-postgres.key`]: company.leaf('server').key,
    'health-client.pem': ours.leaf(health).cert,
    'health-client.key': ours.leaf(health).key,
  };
  const [password, name] = [join(folder, 'password'), `postgres-clients-${randomUUIDv7()}`];
  await writeFile(password, randomUUIDv7());
  const volumes = await Promise.all(
    Object.entries({ ...mounts, 'postgres-password': password }).map(async ([file, source]) => {
      const copy = join(folder, file);
      await cp(source, copy);
      await chmod(copy, 0o444);
      return ['--volume', `${copy}:/run/secrets/${file}:ro`];
    }),
  );
  const config = Object.entries({
    'init.sql': '/docker-entrypoint-initdb.d/init.sql',
    'pg_hba.conf': '/etc/postgresql/pg_hba.conf',
    'pg_ident.conf': '/etc/postgresql/pg_ident.conf',
  }).flatMap(([file, target]) => ['--volume', `${join(DEPLOYMENTS, product, 'postgres', file)}:${target}:ro`]);
  const environment = [
    'PGDATA=/var/lib/postgresql/data/pgdata',
    `POSTGRES_DB=${product}`,
    'POSTGRES_PASSWORD_FILE=/run/secrets/postgres-password',
  ];
  const [program = '', ...args] = entrypoint.map((word) => word.replaceAll('$$', '$'));
  opened.defer(async () => void (await docker('rm', '--force', '--volumes', name)));
  await docker(
    ...['run', '--detach', '--name', name, '--network=none', '--user=postgres', `--entrypoint=${program}`],
    ...environment.map((each) => `--env=${each}`),
    ...[...volumes.flat(), ...config, IMAGE, ...args, ...command],
  );
  /** What PostgreSQL says to a role that shows this certificate. */
  const ask = async (role: string, store: typeof ours, leaf: string): Promise<string> => {
    const at = `/tmp/${randomUUIDv7()}`;
    const { cert, key } = store.leaf(leaf);
    await docker('cp', cert, `${name}:${at}.pem`);
    await docker('cp', key, `${name}:${at}.key`);
    await docker('exec', '--user=root', name, 'chown', 'postgres', `${at}.pem`, `${at}.key`);
    const connection = `host=localhost dbname=${product} user=${role} sslmode=verify-full sslrootcert=/run/secrets/ca.pem sslcert=${at}.pem sslkey=${at}.key`;
    return docker('exec', name, 'psql', connection, '-XAtqc', 'select current_user').then(
      (out) => out.trim(),
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  };
  await expect.poll(() => ask('passthru_health', ours, health), { timeout: UP_LIMIT_MS, interval: 500 }).toBe('passthru_health');
  const resources = opened.move();
  return { ask, ours, company, owner, health, [Symbol.asyncDispose]: () => resources.disposeAsync() };
};

describe.runIf(await dockerImages(IMAGE)).each(['kms', 'identity'] as const)('The PostgreSQL of %s', (product) => {
  it(
    'takes its owner and health checks under the authority for clients, and nobody under the root of servers',
    { timeout: 120_000 },
    async () => {
      await using database = await started(product);
      const { ask, ours, company, owner, health } = database;
      expect(await ask(product, ours, owner)).toBe(product);
      for (const leaf of [owner, health, product, `${product}-owner`, 'postgres']) {
        for (const role of [product, 'passthru_health', 'postgres'])
          expect(await ask(role, company, leaf)).toMatch(/unknown ca|no pg_hba\.conf entry/);
      }
      // A name alone is not another's role.
      expect(await ask(product, ours, health)).toMatch(/authentication failed/);
    },
  );
});
