import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ensureKeyStore, ensureTrustStore } from '#infra/tls/authority/pkcs12/stored-pkcs12.ts';
import { prepareTls, type LeafRequest } from '#infra/tls/authority/store.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { testTls } from '../../../support/tls.ts';

const run = promisify(execFile);
const DAY_MS = 86_400_000;
const count = async (file: string) => (await readFile(file, 'utf8')).split('BEGIN CERTIFICATE').length - 1;
const fingerprint = async (file: string) => new X509Certificate(await readFile(file, 'utf8')).fingerprint256;

describe('a certificate store', () => {
  it('keeps every private key to its owner and leaves nothing half-written', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    await ensureTrustStore(store.caFile);
    for (const name of ['server', 'client']) await ensureKeyStore(store.leaf(name), name);
    const files = await readdir(folder.path, { recursive: true });
    const secret = files.filter((file) => /\.(key|p12|password|java-options)$/.test(file));
    expect(secret).toHaveLength(3 + 2 * 3 + 3);
    for (const file of secret) expect((await stat(join(folder.path, file))).mode & 0o777).toBe(0o600);
    expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([]);
  });

  it('puts the root alone into ca.pem, and the leaf with its intermediates into its own file', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    expect(await count(store.caFile)).toBe(1);
    expect(await count(store.leaf('server').cert)).toBe(3);
    expect(store.chain).toEqual(['root', 'policy', 'issuing']);
    expect(store).toMatchObject({ leaves: 2, keyType: 'P-256', created: true });
    expect(() => store.leaf('nobody')).toThrow(TypeError);
  });

  it('keeps what is valid', async () => {
    await using folder = await temporaryDirectory();
    const leaves: LeafRequest[] = [
      { name: 'server', kind: 'server', commonName: 'server', names: ['localhost', '::1'], uriSans: ['urn:a:b'] },
    ];
    const first = await prepareTls({ directory: folder.path, leaves });
    const before = await fingerprint(first.leaf('server').cert);
    const second = await prepareTls({ directory: folder.path, leaves });
    expect(second.created).toBe(false);
    expect(await fingerprint(second.leaf('server').cert)).toBe(before);
  });

  const spoils: Record<string, (directory: string) => Promise<unknown>> = {
    'a missing key': (d) => rm(join(d, 'server.key')),
    'a damaged certificate': (d) => writeFile(join(d, 'server.pem'), '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
    'an empty file, as a power cut leaves it': (d) => writeFile(join(d, 'server.pem'), ''),
    'the key of another certificate': async (d) => writeFile(join(d, 'server.key'), await readFile(join(d, 'client.key'))),
    'a client certificate in its place': async (d) => {
      await writeFile(join(d, 'server.key'), await readFile(join(d, 'client.key')));
      await writeFile(join(d, 'server.pem'), await readFile(join(d, 'client.pem')));
    },
    'a certificate without its intermediates': async (d) => {
      const pem = await readFile(join(d, 'server.pem'), 'utf8');
      await writeFile(join(d, 'server.pem'), pem.slice(0, pem.indexOf('-----END CERTIFICATE-----') + 26));
    },
  };
  for (const [what, spoil] of Object.entries(spoils)) {
    it(`makes a leaf again for ${what}, and leaves the other one alone`, async () => {
      await using folder = await temporaryDirectory();
      const leaves: LeafRequest[] = [
        { name: 'server', kind: 'server', commonName: 'server', names: ['localhost'] },
        { name: 'client', kind: 'client', commonName: 'client' },
      ];
      const store = await prepareTls({ directory: folder.path, leaves });
      const [server, client] = [await fingerprint(store.leaf('server').cert), await fingerprint(store.leaf('client').cert)];
      await spoil(folder.path);
      const again = await prepareTls({ directory: folder.path, leaves });
      expect(again.created).toBe(true);
      expect(await fingerprint(store.leaf('server').cert)).not.toBe(server);
      expect(await fingerprint(store.leaf('client').cert)).toBe(client);
      expect((await prepareTls({ directory: folder.path, leaves })).created).toBe(false);
    });
  }

  it('makes a leaf again when it is asked for other names', async () => {
    await using folder = await temporaryDirectory();
    const leaf = { name: 'server', kind: 'server', commonName: 'server' } as const;
    await prepareTls({ directory: folder.path, leaves: [{ ...leaf, names: ['localhost'] }] });
    const again = await prepareTls({ directory: folder.path, leaves: [{ ...leaf, names: ['localhost', '10.0.0.1'] }] });
    expect(again.created).toBe(true);
    expect(new X509Certificate(await readFile(again.leaf('server').cert)).checkIP('10.0.0.1')).toBe('10.0.0.1');
  });

  it('makes a leaf again in its last week, under the same root', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    const [root, leaf] = [await fingerprint(store.caFile), await fingerprint(store.leaf('server').cert)];
    await testTls(folder.path, { now: () => Date.now() + 84 * DAY_MS });
    expect(await fingerprint(store.caFile)).toBe(root);
    expect(await fingerprint(store.leaf('server').cert)).not.toBe(leaf);
  });

  const foreign: Record<string, (directory: string) => Promise<unknown>> = {
    'a CA key that is lost': (d) => rm(join(d, 'ca', '2-issuing.key')),
    'a root that did not sign the chain': async (d) => {
      await using other = await temporaryDirectory();
      await testTls(other.path);
      await writeFile(join(d, 'ca', '0-root.pem'), await readFile(join(other.path, 'ca.pem')));
      await writeFile(join(d, 'ca', '0-root.key'), await readFile(join(other.path, 'ca', '0-root.key')));
    },
    'a damaged CA certificate': (d) => writeFile(join(d, 'ca', '1-policy.pem'), 'no certificate'),
  };
  for (const [what, spoil] of Object.entries(foreign)) {
    it(`starts a new chain, leaves included, for ${what}`, async () => {
      await using folder = await temporaryDirectory();
      const store = await testTls(folder.path);
      const before = await fingerprint(store.leaf('server').cert);
      await spoil(folder.path);
      const again = await testTls(folder.path);
      expect(again.created).toBe(true);
      expect(await fingerprint(again.leaf('server').cert)).not.toBe(before);
      await run('openssl', [
        'verify',
        '-x509_strict',
        '-CAfile',
        again.caFile,
        '-untrusted',
        again.leaf('server').cert,
        again.leaf('server').cert,
      ]);
    });
  }

  it('starts a new chain for another length or key type', async () => {
    await using folder = await temporaryDirectory();
    const root = await fingerprint((await testTls(folder.path)).caFile);
    const longer = await testTls(folder.path, { length: 4 });
    expect(longer.chain).toEqual(['root', 'policy', 'policy-2', 'issuing']);
    expect(await fingerprint(longer.caFile)).not.toBe(root);
    expect((await testTls(folder.path, { length: 4, keyType: 'P-521' })).keyType).toBe('P-521');
  });

  it('brings ca.pem back when it was replaced by another root', async () => {
    await using folder = await temporaryDirectory();
    const store = await testTls(folder.path);
    const root = await readFile(store.caFile, 'utf8');
    await writeFile(store.caFile, await readFile(join(folder.path, 'ca', '1-policy.pem')));
    await testTls(folder.path);
    expect(await readFile(store.caFile, 'utf8')).toBe(root);
  });

  it('refuses a leaf name that would leave the directory', async () => {
    await using folder = await temporaryDirectory();
    const leaves: LeafRequest[] = [{ name: '../server', kind: 'server', commonName: 'server' }];
    await expect(prepareTls({ directory: folder.path, leaves })).rejects.toThrow(TypeError);
  });
});
