import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { randomUUIDv7 } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
 * Packs a copy of the checkout as `npm publish` would, since packing writes dist/, and lays the package, with the dependencies of
 * this checkout, into an empty folder.
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
  const dependencies = (await readdir(join(ROOT, 'node_modules'))).filter((name) => !name.startsWith('.'));
  for (const name of dependencies) await symlink(join(ROOT, 'node_modules', name), join(modules, name));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('The packed package', () => {
  it('holds JavaScript instead of TypeScript, and no secret', async () => {
    const files = (await readdir(installed, { recursive: true })).filter((name) => !name.startsWith('node_modules'));
    expect(files).toContain(join('dist', 'cli', 'main.js'));
    expect(files).toContain(join('dist', 'package-lock.json'));
    expect(files.filter((name) => name.endsWith('.ts') || name.startsWith('src'))).toEqual([]);
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
