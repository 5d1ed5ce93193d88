import { execFile } from 'node:child_process';
import { randomUUIDv7, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { BlockList, isIPv4 } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LeafOptions } from '#infra/tls/authority/authority.ts';
import { permittedBy } from '#infra/tls/authority/constraints/name-constraints.ts';
import { constraintFor, isPermitted } from '#infra/tls/authority/constraints/permitted-names.ts';
import { createAuthority } from '#infra/tls/authority/create-authority.ts';
import { prepareTls, type LeafRequest } from '#infra/tls/authority/store.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { connectAndEcho, echoServer, testTls } from '../../../support/tls.ts';

const run = promisify(execFile);
const PERMITTED = ['localhost', 'kms', 'passthru.demo.local', '127.0.0.0/8', '::1/128'];
const LEAF: LeafRequest = { name: 'server', kind: 'server', commonName: 'server', names: ['localhost'] };
const permittedIn = (pem: string) => permittedBy(new X509Certificate(pem));

/** OpenSSL's verdict on a leaf of an authority that permits those names: null when it accepts it. */
const verdict = async (leaf: LeafOptions, anchor: 'root' | 'policy' = 'root'): Promise<string | null> => {
  await using folder = await temporaryDirectory();
  const authority = await createAuthority({ permitted: PERMITTED });
  const anchorPem = authority.toPem().find(({ name }) => name === anchor)?.certPem ?? '';
  const [ca, cert] = [join(folder.path, 'ca.pem'), join(folder.path, 'leaf.pem')];
  await Promise.all([writeFile(ca, anchorPem), writeFile(cert, (await authority.issue(leaf)).certPem)]);
  const purpose = leaf.kind === 'server' ? 'sslserver' : 'sslclient';
  return await run('openssl', [
    'verify',
    '-x509_strict',
    '-partial_chain',
    '-purpose',
    purpose,
    '-CAfile',
    ca,
    '-untrusted',
    cert,
    cert,
  ]).then(
    () => null,
    ({ stderr }: { stderr: string }) => stderr,
  );
};

describe('an authority with permitted names', () => {
  it('says them in every certificate of its chain, critically, and reads them again', async () => {
    await using folder = await temporaryDirectory();
    const { certPem } = (await createAuthority({ permitted: PERMITTED, length: 1 })).toPem()[0] ?? { certPem: '' };
    const file = join(folder.path, 'root.pem');
    await writeFile(file, certPem);
    const { stdout } = await run('openssl', ['x509', '-in', file, '-noout', '-ext', 'nameConstraints']);
    expect(stdout).toMatch(/Name Constraints: critical\s+Permitted:\s+DNS:localhost\s[^]*IP:127\.0\.0\.0\/255\.0\.0\.0\s/);
    for (const ca of (await createAuthority({ permitted: PERMITTED })).toPem()) expect(permittedIn(ca.certPem)).toEqual(PERMITTED);
    expect(permittedIn((await createAuthority()).rootPem)).toBeNull();
  });

  const accepted: Record<string, LeafOptions> = {
    'a server under permitted names': { kind: 'server', commonName: 'kms', names: ['kms', 'a.passthru.demo.local', '127.0.0.9', '::1'] },
    'a client that has a common name alone': { kind: 'client', commonName: 'passthru-cli' },
    'a client with a URI': { kind: 'client', commonName: 'demo-service', uriSans: [`urn:passthru:tenant:${randomUUIDv7()}`] },
  };
  for (const [what, leaf] of Object.entries(accepted)) {
    it(`vouches for ${what}`, async () => {
      expect(await verdict(leaf)).toBeNull();
    });
  }

  for (const name of ['example.org', 'localhost.example.org', 'demo.local', '10.0.0.1', '::2']) {
    it(`cannot vouch for ${name}, whichever certificate of the chain is trusted`, async () => {
      const leaf = { kind: 'server', commonName: 'server', names: [name] } as const;
      expect(await verdict(leaf)).toContain('permitted subtree violation');
      expect(await verdict(leaf, 'policy')).toContain('permitted subtree violation');
    });
  }

  it('is refused by Node where a server of it shows another name', async () => {
    await using folder = await temporaryDirectory();
    const authority = await createAuthority({ permitted: PERMITTED });
    const files = { ca: join(folder.path, 'ca.pem'), cert: join(folder.path, 'leaf.pem'), key: join(folder.path, 'leaf.key') };
    const leaf = await authority.issue({ kind: 'server', commonName: 'server', names: ['localhost', 'example.org'] });
    await Promise.all([writeFile(files.ca, authority.rootPem), writeFile(files.cert, leaf.certPem), writeFile(files.key, leaf.keyPem)]);
    const store = { ...(await testTls(join(folder.path, 'other'))), leaf: () => files };
    await using server = await echoServer({ store });
    await expect(connectAndEcho({ port: server.port, ca: authority.rootPem })).rejects.toThrow(/permitted subtree violation/);
  });
});

describe('a certificate store with permitted names', () => {
  it('keeps an authority from before there were any', async () => {
    await using folder = await temporaryDirectory();
    await prepareTls({ directory: folder.path, leaves: [LEAF] });
    const again = await prepareTls({ directory: folder.path, leaves: [LEAF], permitted: PERMITTED });
    expect(again).toMatchObject({ created: false, replaced: null });
  });

  it('makes the authority anew for a name that it does not permit, and says so; not for one fewer', async () => {
    await using folder = await temporaryDirectory();
    const directory = folder.path;
    const first = await prepareTls({ directory, leaves: [LEAF], permitted: PERMITTED });
    expect(first.replaced).toBeNull();
    const leaves = [{ ...LEAF, names: ['localhost', 'kms.example.org', '10.1.2.3'] }];
    const permitted = [...PERMITTED, ...['kms.example.org', '10.1.2.3'].map(constraintFor)];
    const second = await prepareTls({ directory, leaves, permitted });
    expect(second.replaced).toBe('the root certificate does not permit kms.example.org');
    const third = await prepareTls({ directory, leaves: [LEAF], permitted: PERMITTED });
    expect(third.replaced).toBeNull();
  });

  it('refuses a leaf whose name is not among them', async () => {
    await using folder = await temporaryDirectory();
    const asked = prepareTls({ directory: folder.path, leaves: [{ ...LEAF, names: ['example.org'] }], permitted: PERMITTED });
    await expect(asked).rejects.toThrow(/example\.org is not among the permitted names/);
  });
});

describe('a range of addresses', () => {
  it('holds what Node says that it holds', () => {
    const sample = fc.oneof(
      fc.tuple(fc.ipV4(), fc.nat(32), fc.ipV4()),
      fc.tuple(fc.ipV6(), fc.nat(128), fc.ipV6()),
      // Neighbours, of which many lie within.
      fc.tuple(fc.ipV4(), fc.nat(32)).map(([address, prefix]) => [address, prefix, address.replace(/\d+$/, '7')] as const),
    );
    fc.assert(
      fc.property(sample, ([base, prefix, address]) => {
        const list = new BlockList();
        list.addSubnet(base, prefix, isIPv4(base) ? 'ipv4' : 'ipv6');
        expect(isPermitted(address, [`${base}/${prefix}`])).toBe(list.check(address, isIPv4(address) ? 'ipv4' : 'ipv6'));
      }),
    );
  });
});
