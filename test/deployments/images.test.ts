import { execFile } from 'node:child_process';
import { randomUUIDv7 } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTAINER_USER } from '#engine/files/prod/container-file.ts';
import { type ComposeFile, DEPLOYMENTS, readYaml } from '#test/deployments/deployments.ts';
import { dockerImages } from '#test/support/docker.ts';
import { ROOT } from '#test/support/engine.ts';
import { importsBelow } from '#test/support/imports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const run = promisify(execFile);

const PRODUCTS = ['telemetry', 'identity', 'kms'] as const;
/** Whoever has one image has the commands that make real data. */
const OPERATOR_COMMANDS = ['tenant-create', 'realm-add', 'account-create', 'client-create', 'signing-key'].map(
  (name) => `src/cli/commands/operator/${name}.ts`,
);
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

/** Every file of ours and every package that a program in the image loads, or loads later, from its entries on. */
const reachedFrom = async (entries: readonly string[], isThere: (file: string) => boolean) => {
  const imports = await importsBelow(ROOT);
  const [files, packages] = [new Set<string>(entries), new Set<string>()];
  for (const file of files) {
    for (const { specifier, target } of imports.filter((each) => each.file === file && !each.isType)) {
      if (target !== null && isThere(target)) files.add(target);
      else if (target === null && !specifier.startsWith('node:'))
        packages.add(
          specifier
            .split('/')
            .slice(0, specifier.startsWith('@') ? 2 : 1)
            .join('/'),
        );
    }
  }
  return { files, packages };
};

const dependencies = async (): Promise<readonly string[]> =>
  Object.keys((JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { dependencies: object }).dependencies);

describe('Dockerfiles', () => {
  it.each(PRODUCTS)('of %s start from images of a version, run as a user by number, and take no secret as an argument', async (product) => {
    const text = await dockerfileOf(product);
    const images = [...text.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(images.filter((image) => image !== 'node:26-trixie-slim' && image !== 'otel/opentelemetry-collector-contrib:0.160.0')).toEqual(
      [],
    );
    expect(text.match(/^USER .*$/gm)).toEqual([`USER ${CONTAINER_USER}:${CONTAINER_USER}`]);
    expect(text.match(/^(?:ARG|ENV) \S+/gm)).toEqual(['ENV NODE_ENV=production', 'ARG VERSION=0.1.0']);
    expect(text).toContain('NPM_CONFIG_IGNORE_SCRIPTS=true');
  });

  it.each([
    ['kms', 'identity'],
    ['identity', 'kms'],
    ['telemetry', 'kms'],
    ['telemetry', 'identity'],
  ] as const)('of %s see nothing of %s, of the demo, of tests or of secrets', async (product, other) => {
    const context = await contextOf(product);
    const foreign = new RegExp(`/${other}(/|$)|demo$|^test|secrets|^deployments/?$|^(src|dist)/?$|engine$`);
    expect(context.filter((path) => foreign.test(path))).toEqual([]);
    expect(context).toContain(`deployments/${product}/config`);
  });

  it.each([
    ['telemetry', 'telemetry/compose.local.yml'],
    ['identity', 'identity/compose.seed.yml'],
    ['kms', 'kms/compose.seed.yml'],
  ] as const)('of %s get their secrets from Compose under the names that they mount', async (product, file) => {
    const mounted = [...(await dockerfileOf(product)).matchAll(/--mount=type=secret,id=(\w+)/g)].map(([, id]) => id);
    const { services = {} } = await readYaml<ComposeFile>(file);
    expect(mounted).toEqual(['ca', 'npmrc']);
    expect(services[product]?.build?.secrets).toEqual(mounted.map((id) => ({ source: `build-${id}`, target: id })));
  });

  it.each(PRODUCTS)('of %s hold every file of ours that their programs load at once', async (product) => {
    const context = await contextOf(product);
    const imports = await importsBelow(ROOT);
    const files = new Set([
      'src/cli/main.ts',
      'src/cli/command-line/usage-errors.ts',
      'src/cli/reporters/create-printer.ts',
      'src/cli/reporters/terminal/terminal.ts',
      'src/cli/commands/serve.ts',
      'src/cli/commands/health.ts',
      ...(product === 'telemetry' ? [] : [`src/${product}/main.ts`]),
      ...(product === 'telemetry' ? [] : OPERATOR_COMMANDS),
    ]);
    for (const file of files) {
      for (const { target, isLater, isType } of imports.filter((each) => each.file === file)) {
        if (target !== null && !isLater && !isType) files.add(target);
      }
    }
    expect([...files].filter((file) => !context.some((path) => file === path || file.startsWith(`${path}/`)))).toEqual([]);
  });

  it.each(['kms', 'identity'] as const)('of %s leave out packages that its programs never load', async (product) => {
    const context = await contextOf(product);
    const isThere = (file: string) => context.some((path) => file === path || file.startsWith(`${path}/`));
    const commands = ['serve', 'health'].map((command) => `src/cli/commands/${command}.ts`);
    // main.ts names every command, but loads only the one that is called.
    const entries = [
      'src/cli/process/cli-process.ts',
      'src/cli/command-line/build-program.ts',
      'src/cli/command-line/usage-errors.ts',
      ...commands,
    ];
    const { files, packages } = await reachedFrom(entries, isThere);
    expect(files).toContain(`src/${product}/main.ts`);
    const removed = [...(await dockerfileOf(product)).matchAll(/dependencies\.(\S+)/g)].map(([, name = '']) => name);
    const kept = (await dependencies()).filter((name) => !removed.includes(name));
    expect([...packages].filter((name) => !kept.includes(name)).toSorted()).toEqual([]);
    expect(removed).toContain(product === 'kms' ? 'oidc-provider' : 'shamir-secret-sharing');
  });
});

describe.runIf(await dockerImages('node:26-trixie-slim', 'otel/opentelemetry-collector-contrib:0.160.0'))('Images', () => {
  const tag = `test-${randomUUIDv7()}`;
  const marker = `marker-${randomUUIDv7()}`;
  const revision = randomUUIDv7();
  const nameOf = (product: Product) => `passthru-${product}:${tag}`;
  const inside = async (product: Product, ...program: readonly string[]): Promise<string> => {
    const [entry = '', ...args] = program;
    const options = ['--rm', '--read-only', '--network=none', '--cap-drop=ALL', '--entrypoint', entry];
    return (await run('docker', ['run', ...options, nameOf(product), ...args], { maxBuffer: 64 * 1024 * 1024 })).stdout;
  };

  beforeAll(async () => {
    await using folder = await temporaryDirectory();
    const npmrc = join(folder.path, 'npmrc');
    await writeFile(npmrc, `//registry.invalid/:_authToken=${marker}\n`);
    for (const product of PRODUCTS) {
      const args = [
        'build',
        '--file',
        join(DEPLOYMENTS, product, 'Dockerfile'),
        '--tag',
        nameOf(product),
        '--secret',
        `id=npmrc,src=${npmrc}`,
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

  it.each(PRODUCTS)('of %s says in its history and settings neither the secret of its build nor a password', async (product) => {
    const history = await run('docker', ['history', '--no-trunc', nameOf(product)]);
    const settings = await run('docker', ['image', 'inspect', nameOf(product)]);
    for (const { stdout } of [history, settings]) expect(stdout).not.toMatch(new RegExp(`${marker}|password|PRIVATE KEY`));
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
    ['kms', /^\/app\/(src|dist)\/(identity|demo|engine\/(?!engine\.))|node_modules\/oidc-provider\//],
    ['identity', /^\/app\/(src|dist)\/(kms|demo|engine\/(?!engine\.))|node_modules\/shamir-secret-sharing\//],
    ['telemetry', /^\/app\/(src|dist)\/(kms|identity|demo|engine\/(?!engine\.))|node_modules\/(?!chalk|commander)/],
  ] as const)('of %s holds none of the code of others, no key and no test', async (product, foreign) => {
    const files = (await inside(product, 'find', '/app', '-type', 'f')).split('\n');
    expect(files).toContain('/app/bin/passthru.js');
    expect(files.filter((file) => foreign.test(file) || /^\/app\/(test|deployments\/[a-z]+\/secrets)\/|\.(key|pem)$/.test(file))).toEqual(
      [],
    );
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
    const lines = stderr.split('\n').filter((line) => line.includes('/app/src/'));
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
