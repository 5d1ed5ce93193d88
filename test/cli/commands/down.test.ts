import { randomUUIDv7 } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DownDocument } from '#cli/documents/down.ts';
import { cli } from '#test/support/cli.ts';
import { copyCheckout } from '#test/support/copy-of-checkout.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

describe('passthru down --volumes after passthru prepare', () => {
  it('leaves the unseal shares and keys of plain Compose, and both say so', async () => {
    await using folder = await temporaryDirectory();
    const checkout = join(folder.path, `checkout-${randomUUIDv7()}`);
    await copyCheckout(checkout);
    const here = { cwd: folder.path, bin: join(checkout, 'bin/passthru.js') };
    const prepared = await cli(['prepare'], here);
    expect(prepared.stdout).toContain('unseal shares and keys, which no command removes: the volumes of plain Compose need them');

    const { code, stdout } = await cli(['down', '--volumes', '--output', 'json'], here);
    const { removed, kept } = JSON.parse(stdout) as DownDocument;
    expect(code).toBe(0);
    expect(removed).toEqual(['.gitignore', 'config', 'data', 'logs', 'secrets', 'tls'].map((name) => join(folder.path, '.passthru', name)));
    const why = 'unseal shares and keys for plain Compose, whose volumes need them; remove the folder when those are gone';
    const folders = ['telemetry', 'identity', 'kms'].map((product) => join(checkout, 'deployments', product, 'secrets'));
    expect(kept).toEqual(folders.map((what) => ({ what, why })));
    expect(await readdir(join(checkout, 'deployments/kms/secrets'))).toContain('kms-unseal-share-1');
    const again = await cli(['down', '--volumes'], here);
    expect(again.stdout).toContain(`Stays  ${join(checkout, 'deployments/kms/secrets').slice(folder.path.length + 1)}: unseal shares`);
  });
});
