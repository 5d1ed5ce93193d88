import { randomUUID, X509Certificate } from 'node:crypto';
import { cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { LEAVES } from '#engine/files/leaves.ts';
import { DEMO_MOUNTS, type Reader } from '#engine/files/mounts/mount-table.ts';
import { mountedTenants } from '#engine/files/mounts/mounted-tenants.ts';
import { prepareDeployments } from '#engine/files/mounts/prepare-deployments.ts';
import { permittedBy } from '#infra/tls/authority/constraints/name-constraints.ts';
import { loadIdentityConfig } from '#identity/config.ts';
import { loadKmsConfig } from '#kms/config.ts';
import { ROOT } from '#test/support/engine.ts';
import { PORTS, snapshot, testMounts, valueOf } from '#test/support/mounts.ts';

const NAMES = {
  telemetry: 'ca.pem client-ca.pem telemetry.pem telemetry.key health-client.pem health-client.key',
  identity:
    'ca.pem client-ca.pem identity.pem identity.key identity-client.pem identity-client.key identity-cookie-keys identity-signing-key-encryption ' +
    'passthru-kms-client-secret identity-postgres.pem identity-postgres.key identity-postgres-password health-client.pem ' +
    'health-client.key stack.yml tenants.json',
  kms:
    'ca.pem client-ca.pem kms.pem kms.key kms-client.pem kms-client.key kms-unseal-share-1 kms-unseal-share-2 kms-unseal-share-3 ' +
    'passthru-kms-client-secret kms-postgres.pem kms-postgres.key kms-postgres-password health-client.pem health-client.key ' +
    'stack.yml tenants.json partner.pem partner.key partner-cookie-keys partner-signing-key-encryption partner-client-secret partner.yml',
} as const;

const PRODUCTS = Object.keys(NAMES) as (keyof typeof NAMES)[];

type Hashes = Readonly<Record<Reader, string>>;

const changed = (before: Hashes, after: Hashes): string[] =>
  Object.entries(before)
    .flatMap(([part, hash]) => (after[part as Reader] === hash ? [] : [part]))
    .toSorted();

describe('the files for containers', () => {
  it('have the names that Compose knows, are open inside closed folders, and no secret lies anywhere else', async () => {
    await using mounts = await testMounts();
    const { tls, folders } = valueOf(await mounts.prepare());
    expect(tls).toMatchObject({ chain: ['root', 'policy', 'issuing'], created: true });
    for (const product of PRODUCTS) {
      expect(folders[product]).toBe(join(mounts.target, product, 'secrets'));
      expect((await readdir(folders[product])).toSorted()).toEqual(NAMES[product].split(' ').toSorted());
      expect((await stat(folders[product])).mode & 0o777).toBe(0o700);
      expect(await readdir(join(mounts.target, product))).toEqual(['secrets']);
    }
    const files = await snapshot(mounts.target);
    for (const [name, { mode, text }] of Object.entries(files)) expect([name, mode, text.length > 20]).toEqual([name, '444', true]);
    for (const name of await readdir(mounts.folder.secrets)) {
      expect((await stat(join(mounts.folder.secrets, name))).mode & 0o777).toBe(0o600);
    }
    // Nothing in clear where it is not secret: the overlays and tenant ids name no secret's text.
    const secrets = await Promise.all(
      (await readdir(mounts.folder.secrets)).map((name) => readFile(join(mounts.folder.secrets, name), 'utf8')),
    );
    const open = Object.entries(files).filter(([name]) => /stack\.yml$|tenants\.json$|\.pem$/.test(name));
    expect(open.length).toBeGreaterThan(10);
    for (const [name, { text }] of open) {
      for (const secret of secrets) expect(text).not.toContain(secret.trim());
      expect([name, text.includes('PRIVATE KEY')]).toEqual([name, false]);
    }
    const [identityPassword, kmsPassword] = [files['identity/identity-postgres-password'], files['kms/kms-postgres-password']];
    expect(Buffer.from(identityPassword?.text ?? '', 'base64url')).toHaveLength(32);
    expect(identityPassword?.text).not.toBe(kmsPassword?.text);
    expect(files['identity/passthru-kms-client-secret']?.text).toBe(files['kms/passthru-kms-client-secret']?.text);
    expect(mounts.warnings).toEqual([]);
  });

  it('are left alone by a second run, to the byte, the time and the inode', async () => {
    await using mounts = await testMounts();
    const first = valueOf(await mounts.prepare());
    const before = await snapshot(mounts.target);
    const second = valueOf(await mounts.prepare());
    expect(second.tls.created).toBe(false);
    expect(second.hashes).toEqual(first.hashes);
    expect(await snapshot(mounts.target)).toEqual(before);
  });

  it('come from a CA that permits the names of a stack alone; another in its place is told', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    const root = new X509Certificate(await readFile(join(mounts.folder.tls, 'ca.pem')));
    const permitted = permittedBy(root) ?? [];
    expect(permitted.slice(0, 7).join(' ')).toBe('localhost 127.0.0.0/8 ::1/128 passthru.demo.local telemetry identity kms');
    // Names of clients are among them: Java takes a common name for a host where the certificate names none.
    const below = LEAVES.filter(({ commonName }) => commonName.endsWith('.passthru.demo.local'));
    for (const { commonName } of LEAVES.filter((each) => !below.includes(each))) expect(permitted).toContain(commonName);
    expect(permitted).toHaveLength(4 + LEAVES.length - below.length);
    await rm(join(mounts.folder.tls, 'ca', '1-policy.key'));
    valueOf(await mounts.prepare());
    expect(mounts.warnings.join()).toMatch(/the CA was made anew, because the policy key does not belong to its certificate/);
  });

  it('make a configuration that both servers take, with the issuer as this machine reaches it', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare({ ports: { identity: 18_082, kms: 8081, partner: 21_082 } }));
    const files = (product: string) => [
      ...[product, `${product}.container`].map((name) => join(ROOT, 'deployments', product, 'config', `${name}.yml`)),
      mounts.in(product, 'stack.yml'),
    ];
    const [identity, kms] = [await loadIdentityConfig(files('identity')), await loadKmsConfig(files('kms'))];
    expect(identity.issuer).toBe('https://localhost:18082');
    expect(kms.identity.issuers).toMatchObject([
      {
        issuer: 'https://localhost:18082',
        jwks_uri: 'https://identity:8082/.well-known/jwks.json',
        clock_skew_seconds: 0,
        ca: '/run/secrets/ca.pem',
        tenants: 'others',
        revocation: { client_id: 'passthru-kms', client_secret_file: '/run/secrets/passthru-kms-client-secret' },
      },
      {
        name: 'partner',
        issuer: 'https://localhost:21082',
        jwks_uri: 'https://partner.passthru.demo.local:8082/.well-known/jwks.json',
        tenants: ['demo-other'],
        required: false,
        revocation: { client_secret_file: '/run/secrets/partner-client-secret' },
      },
    ]);
    const partner = await loadIdentityConfig([join(ROOT, 'deployments/identity/config/identity.yml'), mounts.in('kms', 'partner.yml')]);
    expect(partner).toMatchObject({ issuer: 'https://localhost:21082', database: { kind: 'sqlite', directory: '/tmp/partner' } });
  });

  it('change the hash of those parts only that read what changed', async () => {
    await using mounts = await testMounts();
    let last = valueOf(await mounts.prepare()).hashes;
    const step = async (spoil: () => Promise<unknown>, options: Parameters<typeof mounts.prepare>[0] = {}) => {
      await spoil();
      const next = valueOf(await mounts.prepare(options)).hashes;
      const parts = changed(last, next);
      last = next;
      return parts;
    };
    const gone =
      (...path: string[]) =>
      () =>
        rm(join(mounts.folder.path, ...path), { recursive: true });
    const nothing = () => Promise.resolve();
    expect(await step(nothing)).toEqual([]);
    expect(await step(nothing, { ports: { ...PORTS, identity: 18_082 } })).toEqual(['identity', 'kms']);
    expect(await step(nothing, { ports: PORTS })).toEqual(['identity', 'kms']);
    expect(await step(gone('tls', 'kms.pem'))).toEqual(['kms']);
    expect(await step(gone('tls', 'kms-client.key'))).toEqual(['kms']);
    expect(await step(gone('tls', 'identity-postgres.pem'))).toEqual(['identity-postgres']);
    expect(await step(gone('tls', 'cli-client.pem'))).toEqual([]);
    expect(await step(gone('tls', 'health-client.pem'))).toEqual(['identity-postgres', 'kms-postgres', 'telemetry']);
    expect(await step(gone('secrets', 'passthru-kms-client-secret'))).toEqual(['identity', 'kms']);
    expect(await step(gone('secrets', 'identity-cookie-keys'))).toEqual(['identity']);
    expect(await step(gone('secrets', 'kms-postgres-password'))).toEqual(['kms-postgres']);
    expect(await step(gone('secrets', 'partner-cookie-keys'))).toEqual(['partner']);
    expect(await step(gone('secrets', 'partner-client-secret'))).toEqual(['kms', 'partner']);
    expect(await step(gone('tls', 'ca'))).toEqual(['identity', 'identity-postgres', 'kms', 'kms-postgres', 'partner', 'telemetry']);
    expect(await step(gone('config', 'tenants.json'))).toEqual([]);
  });

  it('change only where a changed port stands', async () => {
    await using mounts = await testMounts();
    valueOf(await mounts.prepare());
    const before = await snapshot(mounts.target);
    valueOf(await mounts.prepare({ ports: { ...PORTS, identity: 18_082 } }));
    const after = await snapshot(mounts.target);
    const different = Object.keys(after).filter((name) => after[name]?.ino !== before[name]?.ino);
    expect(different.toSorted()).toEqual(['identity/stack.yml', 'kms/stack.yml']);
  });

  it('are read by those containers that the table names, as the Compose files say', async () => {
    interface Mount {
      readonly source: string;
    }
    interface ComposeFile {
      readonly services?: Record<string, { readonly secrets?: readonly Mount[]; readonly configs?: readonly Mount[] } | null>;
      readonly secrets?: Record<string, { readonly file?: string }>;
      readonly configs?: Record<string, { readonly file?: string }>;
    }
    const [named, readers] = [new Set<string>(), new Map<string, Set<string>>()];
    for (const product of PRODUCTS) {
      const folder = join(ROOT, 'deployments', product);
      for (const name of (await readdir(folder)).filter((each) => /^compose.*\.yml$/.test(each) && each !== 'compose.forward.yml')) {
        const file = parse(await readFile(join(folder, name), 'utf8'), { logLevel: 'silent' }) as ComposeFile;
        const pathOf = new Map(
          Object.entries({ ...file.secrets, ...file.configs }).map(([key, { file: path = '' }]) => [key, path.split('}/')[1] ?? '']),
        );
        for (const path of pathOf.values()) if (path !== '') named.add(path);
        for (const [service, definition] of Object.entries(file.services ?? {})) {
          for (const { source } of [...(definition?.secrets ?? []), ...(definition?.configs ?? [])]) {
            const path = pathOf.get(source) ?? '';
            readers.set(path, (readers.get(path) ?? new Set()).add(service));
          }
        }
      }
    }
    const made = PRODUCTS.flatMap((product) => NAMES[product].split(' ').map((name) => `${product}/secrets/${name}`));
    expect([...named].toSorted()).toEqual(made.toSorted());
    for (const product of PRODUCTS) {
      for (const { name, source, readers: told } of DEMO_MOUNTS[product]) {
        const mounting = source === 'tenants' ? [] : [...(readers.get(`${product}/secrets/${name}`) ?? [])];
        expect([product, name, told.toSorted()]).toEqual([product, name, mounting.toSorted()]);
      }
    }
  });

  it('follow the tenant ids of a reset at once', async () => {
    await using mounts = await testMounts();
    const { folder, target, warnings } = mounts;
    const { hashes } = valueOf(await mounts.prepare());
    const warn = (text: string) => void warnings.push(text);
    const set = { demo: randomUUID(), 'demo-other': randomUUID() };
    expect(await mountedTenants({ folder, target, set, warn })).toEqual(set);
    for (const product of ['identity', 'kms']) expect(JSON.parse(await readFile(mounts.in(product, 'tenants.json'), 'utf8'))).toEqual(set);
    expect(await mountedTenants({ folder, target, warn })).toEqual(set);
    expect(valueOf(await mounts.prepare()).hashes).toEqual(hashes);
  });
});

describe('preparing for plain Compose', () => {
  it('fills the folders beside the Compose files, from the state folder that the engines use', async () => {
    await using mounts = await testMounts();
    const packageRoot = join(mounts.path, 'package');
    await cp(join(ROOT, 'deployments'), join(packageRoot, 'deployments'), {
      recursive: true,
      filter: (source) => !source.endsWith('/secrets'),
    });
    const prepare = (ports = PORTS) =>
      prepareDeployments({
        folder: mounts.folder,
        packageRoot,
        ports,
        signal: new AbortController().signal,
        warn: (text) => void mounts.warnings.push(text),
      });
    const { folders, hashes } = valueOf(await prepare());
    expect(folders.kms).toBe(join(packageRoot, 'deployments', 'kms', 'secrets'));
    const deployments = await snapshot(join(packageRoot, 'deployments'));
    expect(valueOf(await mounts.prepare()).hashes).toEqual(hashes);
    const texts = (files: Awaited<ReturnType<typeof snapshot>>) => Object.entries(files).map(([name, { text }]) => [name, text]);
    expect(texts(await snapshot(mounts.target))).toEqual(texts(deployments));
    expect(await prepare({ ...PORTS, identity: PORTS.kmsAdmin })).toMatchObject({ ok: false, error: { code: 'ports-collide' } });
    expect(mounts.warnings).toEqual([]);
  });

  it('says what is missing where the package is not whole', async () => {
    await using mounts = await testMounts();
    const packageRoot = join(mounts.path, 'empty');
    await mkdir(packageRoot);
    await writeFile(join(packageRoot, 'package.json'), '{}');
    const answer = await mounts.prepare({ packageRoot });
    expect(answer).toMatchObject({ ok: false, error: { code: 'prepare-failed', cause: { code: 'enoent' } } });
    expect(JSON.stringify(answer)).toContain('kms.container.yml');
    expect(await readdir(mounts.path)).toEqual(['empty']);
  });
});
