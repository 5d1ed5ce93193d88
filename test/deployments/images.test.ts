import { execFile } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTAINER_USER } from '#engine/files/prod/container-file.ts';
import { DEPLOYMENTS } from '#test/deployments/deployments.ts';
import { dockerImages } from '#test/support/docker.ts';
import { ROOT } from '#test/support/engine.ts';

const run = promisify(execFile);

const PRODUCTS = ['telemetry', 'identity', 'kms'] as const;
type Product = (typeof PRODUCTS)[number];

const dockerfileOf = (product: Product) => readFile(join(DEPLOYMENTS, product, 'Dockerfile'), 'utf8');

/** Paths that the context of an image may hold, as its ignore file lists them. */
const contextOf = async (product: Product): Promise<readonly string[]> => {
  const lines = (await readFile(join(DEPLOYMENTS, product, 'Dockerfile.dockerignore'), 'utf8')).split('\n');
  const rules = lines.filter((line) => line !== '' && !line.startsWith('#'));
  expect(rules[0]).toBe('*');
  for (const rule of rules.slice(1)) expect(rule).toMatch(/^![\w./-]+$/);
  return rules.slice(1).map((rule) => rule.slice(1));
};

describe('Dockerfiles', () => {
  it.each(PRODUCTS)('of %s start from images of a version, run as a user by number, and take no secret as an argument', async (product) => {
    const text = await dockerfileOf(product);
    const images = [...text.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(images.filter((image) => image !== 'node:26-trixie-slim' && image !== 'otel/opentelemetry-collector-contrib:0.160.0')).toEqual(
      [],
    );
    expect(text.match(/^USER .*$/gm)).toEqual([`USER ${CONTAINER_USER}:${CONTAINER_USER}`]);
    expect(text.match(/^(?:ARG|ENV) \S+/gm)).toEqual(['ENV NODE_ENV=production', 'ARG VERSION=0.1.0']);
    // All that they need is in the bundle: nothing is fetched but the images that they start from.
    expect(text.replaceAll(/^#.*$/gm, '')).not.toMatch(/\b(npm|curl|apt-get|ADD)\b/);
  });

  it.each(PRODUCTS)('of %s see its program and its configuration, and nothing else', async (product) => {
    expect((await contextOf(product)).toSorted()).toEqual(['bin', `bundle/${product}`, `deployments/${product}/config`, 'package.json']);
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
    const files = (await inside(product, 'find', '/app', '-type', 'f')).split('\n');
    expect(files).toContain('/app/bin/passthru.js');
    expect(files.filter((file) => /^\/app\/(src|test|node_modules|deployments\/[a-z]+\/secrets)\/|\.(key|pem|ts)$/.test(file))).toEqual([]);
    const modules = await inside(product, 'grep', '-rhoE', '^// src/[a-z]+/.+', '/app/bundle');
    const ours = modules.split('\n').flatMap((line) => /src\/([a-z]+)\//.exec(line)?.[1] ?? []);
    expect([...new Set(ours)].toSorted()).toEqual(rooms);
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
    expect(lines.filter((line) => line.includes('was accepted')).length).toBeGreaterThan(5);
    expect(lines.filter((line) => /was rejected|writing cache/.test(line))).toEqual([]);
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
