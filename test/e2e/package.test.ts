import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { randomUUIDv7 } from 'node:crypto';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '#demo/report.ts';
import { cli } from '#test/support/cli.ts';
import { copyCheckout } from '#test/support/copy-of-checkout.ts';
import { ROOT } from '#test/support/engine.ts';
import { reservePorts } from '#test/support/ports.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

let folder: string;
let installed: string;

/**
 * Packs a copy of the checkout as `npm publish` would, since packing writes bundle/ and dist/, and lays the package into an empty
 * folder, with nothing of npm's beside it but Node and what the samples import.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), `passthru-${randomUUIDv7()}-`));
  await using checkout = await temporaryDirectory();
  await copyCheckout(checkout.path);
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: checkout.path, encoding: 'utf8' });
  const modules = join(folder, 'node_modules');
  installed = join(modules, 'passthru');
  await mkdir(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, packed.trim().split('\n').at(-1) ?? ''), '--strip-components=1', '-C', installed]);
  const names = (await readdir(join(ROOT, 'node_modules'))).filter((name) =>
    /^node-(bin-)?(darwin|linux|win)|^(vitest|@types)$/.test(name),
  );
  for (const name of names) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('The packed package', () => {
  it('holds JavaScript instead of TypeScript, and no secret', async () => {
    const files = (await readdir(installed, { recursive: true })).filter((name) => !name.startsWith('node_modules'));
    expect(files).toContain(join('bundle', 'cli', 'main.js'));
    expect(files).toContain(join('dist', 'testing', 'index.js'));
    // They go along with what is bundled.
    for (const program of ['cli', 'kms', 'identity', 'telemetry']) expect(files).toContain(join('bundle', program, 'licences.txt'));
    const isSource = (name: string) => name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.startsWith('docs');
    expect(files.filter((name) => isSource(name) || name.startsWith('src'))).toEqual([]);
    expect(files.filter((name) => /\.(key|pem)$|deployments.*secrets|\.passthru/.test(name))).toEqual([]);
  });

  it('prepares plain Compose beside its Compose files, and says how to go on, also on other ports', async () => {
    const flags = ['--state-dir', join(folder, 'prepared'), '--port-kms', '18081', '--port-identity', '18082'];
    const run = await cli(['prepare', '--output', 'json', ...flags], { cwd: folder, bin: join(installed, 'bin/passthru.js') });
    expect(run.code, run.stderr).toBe(0);
    const { compose_secrets: folders, next } = JSON.parse(run.stdout) as { compose_secrets: string[]; next: string[] };
    expect(folders).toEqual(['telemetry', 'identity', 'kms'].map((product) => join(installed, 'deployments', product, 'secrets')));
    for (const each of folders) expect(await readdir(each)).toContain('ca.pem');
    expect(next[0]).toMatch(
      /^PASSTHRU_PORT_KMS=18081 PASSTHRU_PORT_KMS_ADMIN=19081 .*PASSTHRU_PORT_TELEMETRY_HEALTH=21081 .*docker compose/,
    );
    expect(next[0]).toContain('-f node_modules/passthru/deployments/kms/compose.demo.yml up -d --wait');
    const again = await cli(['prepare', '--state-dir', join(folder, 'prepared')], { cwd: folder, bin: join(installed, 'bin/passthru.js') });
    expect(again.stdout).toContain('Certificates  kept, all valid');
    expect(again.stdout).toMatch(/^  docker compose -f node_modules\/passthru\/deployments\/telemetry\/compose.yml/m);
  });

  it('runs the whole demo from an empty folder', async () => {
    const { kms, identity } = await reservePorts();
    const flags = ['--engine', 'embedded', '--port-kms', String(kms), '--port-identity', String(identity)];
    const run = await cli(['demo', 'all', ...flags, '--rm', '--profile', 'ci', '--output', 'json'], {
      cwd: folder,
      bin: join(installed, 'bin/passthru.js'),
    });
    const report = JSON.parse(run.stdout) as Report;
    expect(report.steps.filter((step) => step.status !== 'passed')).toEqual([]);
    expect(run.code).toBe(0);
    expect(existsSync(join(folder, '.passthru/run.json'))).toBe(false);
  }, 120_000);
});

/** The words of Jest in those of node:test: its files are CommonJS, run one after the other, and that is what a module notices of it. */
const LIKE_JEST = `
const { after, before, describe, it } = require('node:test');
const { strictEqual } = require('node:assert');
Object.assign(globalThis, { describe, it, expect: (got) => ({ toBe: (wanted) => strictEqual(got, wanted) }) });
Object.assign(globalThis, { beforeAll: (work, timeout) => before(work, { timeout }), afterAll: (work, timeout) => after(work, { timeout }) });
`;

const VITEST_CONFIG = `
export default { test: { include: ['*.test.ts'], globalSetup: ['vitest-global-setup.ts'], maxWorkers: 2 } };
`;

/** The Node of the machine, where it is another one than ours; ours else. */
const machinesNode = async (): Promise<string> => {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((each) => !each.endsWith(join('node_modules', '.bin')));
  for (const each of folders) {
    const program = join(each, 'node');
    const { stdout } = await promisify(execFile)(program, ['--version']).catch(() => ({ stdout: '' }));
    if (stdout.startsWith('v') && stdout.trim() !== process.version) return program;
  }
  console.log('the machine has no Node but ours: passthru/testing is not tried on an older one');
  return process.execPath;
};

describe('passthru/testing of the packed package', () => {
  it('runs the examples of its page in node:test, Vitest and CommonJS, on the Node of the machine, too, and leaves nothing', async () => {
    const [project, temporary, cache] = await Promise.all(
      ['project', 'temporary', 'cache'].map((name) => mkdtemp(join(folder, `${name}-`))),
    );
    if (project === undefined || temporary === undefined || cache === undefined) throw new TypeError('three folders were asked for');
    await cp(join(ROOT, 'docs/samples/testing'), project, { recursive: true });
    await writeFile(join(project, 'like-jest.cjs'), LIKE_JEST);
    await writeFile(join(project, 'vitest.config.mjs'), VITEST_CONFIG);
    const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: temporary, XDG_CACHE_HOME: cache, NO_COLOR: '1' };
    const run = async (program: string, ...args: readonly string[]) => {
      const ended = await promisify(execFile)(program, args, { cwd: project, env, timeout: 200_000 }).catch(
        (error: { readonly stdout: string; readonly stderr: string }) => error,
      );
      return { failed: ended instanceof Error, said: `${ended.stdout}${ended.stderr}` };
    };
    const node = await machinesNode();
    const runs = await Promise.all([
      run(node, '--test', 'node-test.mjs'),
      run(node, '--require', './like-jest.cjs', '--test', 'jest.test.cjs'),
      run(process.execPath, join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run'),
    ]);
    expect(runs.filter(({ failed }) => failed)).toEqual([]);
    expect(runs.map(({ said }) => /(?:pass|Tests +) ?(\d+)/.exec(said)?.[1])).toEqual(['1', '1', '2']);
    expect(await readdir(temporary)).toEqual([]);
  }, 240_000);

  it.each([
    ['nodenext', 'node', 'es2022'],
    ['bundler', 'node', 'es2022'],
    ['nodenext', '', 'es2022,dom'],
  ])('has types for a project with moduleResolution %s, types "%s" and lib %s', async (resolution, types, lib) => {
    await writeFile(join(folder, 'typed.ts'), TYPED);
    await writeFile(join(folder, 'typed.cts'), TYPED);
    const flags = ['--noEmit', '--strict', '--target', 'es2022', '--lib', lib, '--types', types];
    const module = ['--module', resolution === 'bundler' ? 'esnext' : resolution, '--moduleResolution', resolution];
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, ...flags, ...module, 'typed.ts', 'typed.cts'], {
      cwd: folder,
    }).catch((error: { readonly stdout: string }) => error);
    expect(stdout).toBe('');
  });
});

const TYPED = `
import { PassthruContainer, StackError, startStack, type TestStack } from 'passthru/testing';

export const run = async (): Promise<void> => {
  await using stack: TestStack = await startStack({ engine: 'embedded', snapshot: null, services: ['identity'], log: (line) => line.length });
  const token: string = await stack.token({ username: 'demo-user', scope: 'kms:read' });
  // @ts-expect-error a person or a client, not both
  await stack.token({ username: 'demo-user', client: 'demo-confidential-client' });
  // @ts-expect-error no engine
  await startStack({ engine: 'dokcer' });
  const { status }: Response = await stack.fetch(stack.kmsUrl, { headers: { authorization: \`Bearer \${token}\` } });
  const container = await new PassthruContainer().withEngine('docker').withStartupTimeout(status).start();
  container.getKmsUrl().startsWith('https:');
  await container.stop().catch((error: unknown) => error instanceof StackError && error.logTail.join(error.code));
};
`;
