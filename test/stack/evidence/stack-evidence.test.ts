import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { writeCaBundle } from '#stack/ca-bundle.ts';
import { stackEvidence } from '#stack/evidence/stack-evidence.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

it('A bundle of evidence holds the certificates of a stack, and not the roots that other programs are told to trust', async () => {
  await using folder = await temporaryDirectory();
  const leaves = [{ name: 'kms', kind: 'server' as const, commonName: 'kms', names: ['localhost'] }];
  const { caFile } = await prepareTls({ directory: join(folder.path, 'tls'), leaves });
  await writeCaBundle({ stateDir: folder.path, caFile, env: {} });

  const { caPem, certificates } = await stackEvidence(folder.path);

  expect(caPem).toBe(await readFile(caFile, 'utf8'));
  expect(certificates.map(({ name }) => name)).toEqual(['kms']);
});
