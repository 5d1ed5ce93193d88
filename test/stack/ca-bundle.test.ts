import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getCACertificates } from 'node:tls';
import { expect, it } from 'vitest';
import { writeCaBundle } from '#stack/ca-bundle.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const certificate = (name: string): string =>
  `-----BEGIN CERTIFICATE-----\n${Buffer.from(name).toString('base64')}\n-----END CERTIFICATE-----`;

it('The bundle of a stack holds its root, those that the user named, and those of the system or of Node, each once', async () => {
  await using folder = await temporaryDirectory();
  const [caFile, own] = ['ca.pem', 'own.pem'].map((name) => join(folder.path, name)) as [string, string];
  await mkdir(join(folder.path, 'tls'));
  await writeFile(caFile, `${certificate('ours')}\n`);
  await writeFile(own, `# of a proxy\n${certificate('proxy')}\n${certificate('ours')}\n`);
  const env = { NODE_EXTRA_CA_CERTS: own, SSL_CERT_FILE: own, GIT_SSL_CAINFO: join(folder.path, 'gone.pem') };
  const file = await writeCaBundle({ stateDir: folder.path, caFile, env });
  expect(file).toBe(join(folder.path, 'tls/ca-bundle.pem'));
  const roots = (await readFile(file, 'utf8')).match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? [];
  expect(roots.slice(0, 2)).toEqual([certificate('ours'), certificate('proxy')]);
  expect(new Set(roots).size).toBe(roots.length);
  const system = getCACertificates('system');
  const others = system.length === 0 ? getCACertificates('bundled') : system;
  expect(new Set(roots)).toEqual(new Set([certificate('ours'), certificate('proxy'), ...others.map((pem) => pem.trim())]));
});
