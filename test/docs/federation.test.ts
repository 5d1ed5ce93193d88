import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadKmsConfig } from '#kms/config.ts';
import { ROOT } from '#test/support/engine.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

it('The examples of docs/federation.md are configurations that the KMS takes, laid over the delivered one', async () => {
  await using directory = await temporaryDirectory();
  const page = await readFile(join(ROOT, 'docs/federation.md'), 'utf8');
  const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text = '']) => text);
  const issuers = [];
  for (const [index, text] of examples.entries()) {
    const file = join(directory.path, `example-${index}.yml`);
    await writeFile(file, text);
    const { identity } = await loadKmsConfig([join(ROOT, 'deployments/kms/config/kms.yml'), file]);
    issuers.push(identity.issuers.map(({ name, tenants, claims }) => ({ name, tenants, tenantIs: claims?.tenant_is })));
  }
  expect(issuers).toEqual([
    [
      { name: 'example', tenants: 'others', tenantIs: undefined },
      { name: 'partner', tenants: ['partner-sales', 'partner-research'], tenantIs: undefined },
    ],
    [{ name: 'keycloak', tenants: ['acme'], tenantIs: 'name' }],
  ]);
});
