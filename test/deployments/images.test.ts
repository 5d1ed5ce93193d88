import { execFile, spawn } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTAINER_USER } from '#engine/files/prod/container-file.ts';
import { DEPLOYMENTS } from '#test/deployments/deployments.ts';
import { dockerImages } from '#test/support/docker.ts';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const run = promisify(execFile);

const PRODUCTS = ['telemetry', 'identity', 'kms'] as const;
type Product = (typeof PRODUCTS)[number];

/** Prints the path of every file below a folder; an image has no other program that could. */
const FILES = `
  const below = (folder) => fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = require('path').join(folder, entry.name);
    return entry.isDirectory() ? (/^\\/(proc|sys|dev)$/.test(path) ? [] : below(path)) : [path];
  });
  console.log(below(process.argv[1]).join('\\n'))`;

/** Prints the rooms of src/ whose modules are in the bundle of an image. */
const ROOMS = `
  const names = fs.readdirSync('/app/bundle', { recursive: true }).filter((name) => name.endsWith('.js'));
  const texts = names.map((name) => fs.readFileSync('/app/bundle/' + name, 'utf8'));
  console.log([...new Set(texts.flatMap((text) => [...text.matchAll(/^\\/\\/ src\\/([a-z]+)\\/.+/gm)].map(([, room]) => room)))].join('\\n'))`;

const dockerfileOf = (product: Product) => readFile(join(DEPLOYMENTS, product, 'Dockerfile'), 'utf8');

/** Paths that the context of an image may hold, as its ignore file lists them. */
const contextOf = async (product: Product): Promise<readonly string[]> => {
  const lines = (await readFile(join(DEPLOYMENTS, product, 'Dockerfile.dockerignore'), 'utf8')).split('\n');
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(rules[0]).toBe('*');
  for (const rule of rules.slice(1)) expect(rule).toMatch(/^![\w./-]+$/);
  return rules.slice(1).map((rule) => rule.slice(1));
};

/** The databases that the image of PostgreSQL for demos has. */
const DATABASES = ['identity', 'kms'] as const;

describe('Dockerfiles', () => {
  it.each(PRODUCTS)('of %s start from images of a version, run as a user by number, and take no secret as an argument', async (product) => {
    const text = await dockerfileOf(product);
    const images = [...text.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    const collector = product === 'telemetry' ? ['otel/opentelemetry-collector-contrib:0.160.0'] : [];
    expect(images).toEqual([...collector, 'node:26-trixie-slim', 'node:26-trixie-slim', 'scratch']);
    expect([...new Set(text.match(/^USER .*$/gm))]).toEqual([`USER ${CONTAINER_USER}:${CONTAINER_USER}`]);
    expect(text.match(/^(?:ARG|ENV) \S+/gm)).toEqual(['ENV XDG_CACHE_HOME=/app/.cache', 'ENV NODE_ENV=production', 'ARG VERSION=0.1.0']);
    // All that they need is in the bundle: nothing is fetched but the images that they start from.
    expect(text.replaceAll(/^#.*$/gm, '')).not.toMatch(/\b(npm|curl|apt-get|ADD)\b/);
  });

  it.each(PRODUCTS)('of %s see its program, its configuration and the makers of an image, and nothing else', async (product) => {
    const seen = ['bin', `bundle/${product}`, `deployments/${product}/config`, 'deployments/image', 'package.json'];
    expect((await contextOf(product)).toSorted()).toEqual(seen.toSorted());
  });
});

describe.runIf(await dockerImages('node:26-trixie-slim', 'otel/opentelemetry-collector-contrib:0.160.0'))('Images', () => {
  const tag = `test-${randomUUIDv7()}`;
  const revision = randomUUIDv7();
  const nameOf = (product: Product) => `passthru-${product}:${tag}`;
  const inside = async (product: Product, ...program: readonly string[]): Promise<string> => {
    const [entry = '', ...args] = program;
    const options = ['--rm', '--read-only', '--network=none', '--cap-drop=ALL', '--entrypoint', entry];
    return (await run('docker', ['run', ...options, nameOf(product), ...args], { maxBuffer: 64 * 1024 * 1024 })).stdout;
  };

  const filesOf = async (product: Product, folder = '/app') => (await inside(product, 'node', '-e', FILES, folder)).trim().split('\n');

  beforeAll(async () => {
    await run(process.execPath, [join(ROOT, 'build/bundle.ts')]);
    for (const product of PRODUCTS) {
      const args = [
        'build',
        '--file',
        join(DEPLOYMENTS, product, 'Dockerfile'),
        '--tag',
        nameOf(product),
        '--build-arg',
        `REVISION=${revision}`,
        '--build-arg',
        `SOURCE=https://${revision}.example.test`,
      ];
      await run('docker', [...args, ROOT], { timeout: 600_000, maxBuffer: 64 * 1024 * 1024 });
    }
  }, 900_000);
  afterAll(async () => {
    await run('docker', ['image', 'rm', '--force', ...PRODUCTS.map(nameOf)]);
  }, 120_000);

  it('gather their system from an image of Node that has nothing of OpenSSL beside it, too', async () => {
    const program = 'rm -f /etc/ssl/openssl.cnf && node /run/image/gather-system.mjs /image && chroot /image /usr/local/bin/node --version';
    const mount = `${join(DEPLOYMENTS, 'image')}:/run/image:ro`;
    const options = ['--rm', '--network=none', '--volume', mount, '--entrypoint', 'sh'];
    const { stdout } = await run('docker', ['run', ...options, 'node:26-trixie-slim', '-c', program]);
    expect(stdout).toMatch(/^v26\./);
  });

  it.each(PRODUCTS)('of %s says in its history and settings no password and no key', async (product) => {
    const history = await run('docker', ['history', '--no-trunc', nameOf(product)]);
    const settings = await run('docker', ['image', 'inspect', nameOf(product)]);
    for (const { stdout } of [history, settings]) expect(stdout).not.toMatch(/password|PRIVATE KEY/);
    const [image] = JSON.parse(settings.stdout) as [{ Config: { User: string; Labels: Record<string, string> } }];
    expect(image.Config.User).toBe(`${CONTAINER_USER}:${CONTAINER_USER}`);
    const { version, license } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<string, string>;
    const told = Object.entries(image.Config.Labels).map(([name, value]) => [name.replace('org.opencontainers.image.', ''), value]);
    expect(Object.fromEntries(told)).toMatchObject({
      title: `passthru-${product}`,
      version,
      revision,
      source: `https://${revision}.example.test`,
      licenses: license,
    });
  });

  it.each([
    ['kms', ['cli', 'client', 'engine', 'infra', 'kms']],
    ['identity', ['cli', 'client', 'engine', 'identity', 'infra']],
    ['telemetry', ['cli', 'engine', 'infra']],
  ] as const)('of %s holds the code of %j, no key and no test', async (product, rooms) => {
    const files = await filesOf(product);
    expect(files).toContain('/app/bin/passthru.js');
    expect(files.filter((file) => /^\/app\/(src|test|node_modules|deployments\/[a-z]+\/secrets)\/|\.(key|pem|ts)$/.test(file))).toEqual([]);
    const ours = (await inside(product, 'node', '-e', ROOMS)).trim().split('\n');
    expect(ours.toSorted()).toEqual(rooms);
  });

  it.each(PRODUCTS)(
    'of %s holds two programs at most, and for each library the entry by which scanners know its package',
    async (product) => {
      const files = await filesOf(product, '/');
      const collector = product === 'telemetry' ? ['/otelcol-contrib'] : [];
      const programs = files.filter((file) => /^\/(usr\/)?(local\/)?s?bin\//.test(file) || collector.includes(file));
      expect(programs.toSorted()).toEqual([...collector, '/usr/local/bin/node']);
      const libraries = files.filter((file) => /\/lib[a-z_+]+\.so/.test(file)).map((file) => /lib([a-z_+]+)\.so/.exec(file)?.[1]);
      const packages = files.flatMap((file) => /^\/var\/lib\/dpkg\/status\.d\/lib(\w+)/.exec(file)?.[1] ?? []);
      expect(packages).toEqual(expect.arrayContaining(['c6', 'gcc', 'stdc']));
      expect(libraries).toEqual(expect.arrayContaining(['c', 'gcc_s', 'm', 'stdc++']));
      const told = await inside(product, 'node', '-p', 'require("fs").readFileSync("/var/lib/dpkg/status.d/libc6", "utf8")');
      expect(told).toMatch(/^Package: libc6\n[^]*^Version: \d/m);
    },
  );

  it.each(PRODUCTS)('of %s has less than 200 MB', async (product) => {
    const { stdout } = await run('docker', ['image', 'inspect', '--format', '{{.Size}}', nameOf(product)]);
    expect(Number(stdout)).toBeLessThan(200_000_000);
  });

  it.each(['kms', 'identity'] as const)('of %s says of a command that it does not hold where it is', async (product) => {
    const failed = await run('docker', ['run', '--rm', '--network=none', nameOf(product), 'demo', 'all']).catch(
      (error: { readonly stderr: string }) => error,
    );
    expect(failed.stderr).toContain('This command is not part of the server and its image.');
    expect(failed.stderr).toContain('Fix: Run it by the package, npx passthru.');
  });

  it('of the KMS starts with what was compiled at its build, on a root file system that cannot be written', async () => {
    const { stderr } = await run('docker', [
      'run',
      '--rm',
      '--read-only',
      '--env',
      'NODE_DEBUG_NATIVE=COMPILE_CACHE',
      nameOf('kms'),
      '--version',
    ]);
    const lines = stderr.split('\n').filter((line) => line.includes('/app/bundle/'));
    expect(lines.filter((line) => line.includes('was accepted')).length).toBeGreaterThan(2);
    expect(lines.filter((line) => /was rejected|writing cache/.test(line))).toEqual([]);
  });

  it.each(DATABASES)('of PostgreSQL has the database of %s as a first start would make it, and no password in it', async (database) => {
    const name = `passthru-postgres:${tag}`;
    await run('docker', ['build', '--file', join(DEPLOYMENTS, 'postgres', 'Dockerfile'), '--tag', name, ROOT], { timeout: 300_000 });
    const script = `set -e
      mkdir -m 700 /tmp/data
      tar -xzf /usr/share/passthru/${database}.tar.gz -C /tmp/data
      pg_controldata /tmp/data | grep -E 'cluster state|page checksum'
      pg_ctl -D /tmp/data -o "-c listen_addresses='' -k /tmp" -w start >/tmp/log
      psql -h /tmp -d ${database} -XAtc "select datname, pg_get_userbyid(datdba), datlocprovider, datlocale from pg_database where datname = '${database}'" \\
        -c "select rolname from pg_authid where rolcanlogin order by 1" -c "select count(rolpassword) from pg_authid"
      pg_ctl -D /tmp/data -m immediate stop >/tmp/log`;
    try {
      const args = ['run', '--rm', '--network=none', '--entrypoint=bash', name, '-c', script];
      const { stdout } = await run('docker', args, { timeout: 60_000 });
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.replace(/:\s+/, ': ')),
      ).toEqual([
        'Database cluster state: shut down',
        'Data page checksum version: 1',
        `${database}|${database}|b|C.UTF-8`,
        ...[database, 'passthru_health', 'postgres'].toSorted(),
        '0',
      ]);
    } finally {
      await run('docker', ['image', 'rm', '--force', name]);
    }
  });

  it('of the KMS ends at SIGTERM while its code loads: here it never has', async () => {
    await using folder = await temporaryDirectory();
    const endless = join(folder.path, 'main.js');
    await writeFile(endless, 'setInterval(() => {}, 1000); await new Promise(() => {});', { mode: 0o644 });
    await chmod(folder.path, 0o755);
    const name = `passthru-test-${randomUUIDv7()}`;
    const mount = ['--volume', `${endless}:/app/bundle/cli/main.js:ro`];
    const started = spawn('docker', ['run', '--rm', '--network=none', '--name', name, ...mount, nameOf('kms')], { stdio: 'ignore' });
    // Before its first line Node listens for nothing: the signal is sent until it is heard.
    const told = async (): Promise<number | null> => {
      await run('docker', ['kill', '--signal=TERM', name]).catch(() => undefined);
      return started.exitCode;
    };
    try {
      await expect.poll(told, { timeout: 20_000, interval: 200 }).toBe(143);
    } finally {
      await run('docker', ['rm', '--force', name]);
    }
  });

  it('of the collector reads the configuration that it is delivered with', async () => {
    const failed = await inside(
      'telemetry',
      '/otelcol-contrib',
      'validate',
      '--config=/app/deployments/telemetry/config/collector.yml',
    ).catch((error: { stderr: string }) => error.stderr);
    // Without the secrets of a stack, its certificates are all that is missing.
    expect(failed).toMatch(/^$|telemetry\.(pem|key)|ca\.pem/);
  });
});
