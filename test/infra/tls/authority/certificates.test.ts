import { execFile } from 'node:child_process';
import { randomUUIDv7, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { authorityFromPem, createAuthority } from '#infra/tls/authority/create-authority.ts';
import { KEY_TYPES } from '#infra/tls/authority/key-types.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';

const run = promisify(execFile);
const blocks = (pem: string) =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((block) => new X509Certificate(block));

describe('a certificate authority', () => {
  it('makes a chain root → policy → issuing → leaf in which only the root is signed by its own key', async () => {
    const authority = await createAuthority();
    const leaf = await authority.issue({ kind: 'server', commonName: `server-${randomUUIDv7()}`, names: ['localhost'] });
    const chain = [...blocks(leaf.certPem), ...blocks(authority.rootPem)];

    expect(authority.names).toEqual(['root', 'policy', 'issuing']);
    expect(chain).toHaveLength(4);
    for (const [i, certificate] of chain.entries()) {
      const issuer = chain[i + 1] ?? certificate;
      expect(certificate.checkIssued(issuer)).toBe(true);
      expect(certificate.verify(issuer.publicKey)).toBe(true);
      expect(certificate.verify(certificate.publicKey)).toBe(i === 3);
      expect(certificate.ca).toBe(i > 0);
    }
    expect(new Set(chain.map((certificate) => certificate.serialNumber)).size).toBe(4);
    for (const certificate of chain) expect(certificate.serialNumber).toMatch(/^[0-9A-F]{32}$/);
  });

  for (const keyType of KEY_TYPES) {
    for (const length of [1, 2, 3, 5]) {
      it(`makes a chain of ${length} CAs with ${keyType} that OpenSSL verifies strictly, by name and by address`, async () => {
        await using folder = await temporaryDirectory();
        const authority = await createAuthority({ length, keyType });
        const leaf = await authority.issue({
          kind: 'server',
          commonName: 'server',
          names: ['kms.passthru.demo.local', '127.0.0.1', '::1'],
        });
        const [ca, cert] = [join(folder.path, 'ca.pem'), join(folder.path, 'leaf.pem')];
        await writeFile(ca, authority.rootPem);
        await writeFile(cert, leaf.certPem);
        const verify = (...more: string[]) =>
          run('openssl', [
            'verify',
            '-x509_strict',
            '-purpose',
            'sslserver',
            '-show_chain',
            '-CAfile',
            ca,
            '-untrusted',
            cert,
            ...more,
            cert,
          ]);

        const { stdout } = await verify('-verify_hostname', 'kms.passthru.demo.local');
        expect(stdout).toContain(': OK');
        expect(stdout.match(/^depth=/gm)).toHaveLength(length + 1);
        await verify('-verify_ip', '127.0.0.1');
        await verify('-verify_ip', '::1');
        await expect(verify('-verify_hostname', 'localhost')).rejects.toThrow(/hostname mismatch/i);
        await expect(verify('-purpose', 'sslclient')).rejects.toThrow(/purpose/i);
      });
    }
  }

  it('lets no CA sign deeper than the chain goes', async () => {
    await using folder = await temporaryDirectory();
    const authority = await createAuthority({ length: 2 });
    const [issuing] = blocks(authority.chainPem);
    const file = join(folder.path, 'issuing.pem');
    await writeFile(file, issuing?.toString() ?? '');
    const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', '-ext', 'basicConstraints,keyUsage']);
    expect(stdout).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(stdout).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign\s/);
  });

  it('names in the leaf what it is for, whom it stands for and who signed it', async () => {
    await using folder = await temporaryDirectory();
    const uri = `urn:passthru:tenant:${crypto.randomUUID()}`;
    const authority = await createAuthority();
    const leaf = await authority.issue({ kind: 'client', commonName: 'client', uriSans: [uri] });
    const file = join(folder.path, 'leaf.pem');
    await writeFile(file, leaf.certPem);
    const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', '-text']);
    expect(stdout).toMatch(/Key Usage: critical\s+Digital Signature\s/);
    expect(stdout).toMatch(/Extended Key Usage:\s+TLS Web Client Authentication\s/);
    expect(stdout).toContain(`URI:${uri}`);
    expect(stdout).toContain('Subject Key Identifier');
    expect(stdout).toContain('Authority Key Identifier');
  });

  it('starts five minutes early for slow clocks and ends a leaf no later than the CA that signed it', async () => {
    const now = Date.UTC(2030, 0, 1);
    const authority = await createAuthority({ days: 30, now: () => now });
    const leaf = new X509Certificate((await authority.issue({ kind: 'server', commonName: 'server', days: 365 })).certPem);
    expect(Date.parse(leaf.validFrom)).toBe(now - 5 * 60_000);
    expect(Date.parse(leaf.validTo)).toBe(now + 30 * 86_400_000);
  });

  it('issues on after it was stored and read again', async () => {
    const stored = (await createAuthority({ keyType: 'P-384' })).toPem();
    const authority = await authorityFromPem(stored);
    const leaf = new X509Certificate((await authority.issue({ kind: 'server', commonName: 'server' })).certPem);
    expect(authority.keyType).toBe('P-384');
    expect(leaf.verify(new X509Certificate(stored.at(-1)?.certPem ?? '').publicKey)).toBe(true);
  });

  it('refuses a common name that could pass for another', async () => {
    const authority = await createAuthority({ length: 1 });
    for (const commonName of ['', 'a, CN=b', 'a"b"', '#0c0161', 'a\\b', 'a'.repeat(65), 'a\n']) {
      await expect(authority.issue({ kind: 'client', commonName })).rejects.toThrow(TypeError);
    }
  });

  it('refuses a chain without a CA', async () => {
    await expect(createAuthority({ length: 0 })).rejects.toThrow(/1 to 9 CAs/);
    await expect(createAuthority({ length: 1.5 })).rejects.toThrow(/1 to 9 CAs/);
  });
});
