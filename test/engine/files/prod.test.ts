import { randomUUIDv7, X509Certificate } from 'node:crypto';
import { chmod, chown, mkdir, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CONTAINER_USER, secretAccess } from '#engine/files/prod/container-file.ts';
import { type PreparedProd, prepareProd, type ProdOptions } from '#engine/files/prod/prepare-prod.ts';
import { stateFolder } from '#engine/state/state-folder.ts';
import type { Result } from '#infra/apperr/result.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { ROOT } from '#test/support/engine.ts';
import { valueOf } from '#test/support/mounts.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

const DAY = 86_400_000;
const ISSUER = `https://${randomUUIDv7()}.example.test:8082`;
const HOST = `${randomUUIDv7()}.example.test`;

interface Prod extends AsyncDisposable {
  readonly target: string;
  readonly authority: string;
  readonly warnings: string[];
  prepare(options?: Partial<ProdOptions>): Promise<Result<PreparedProd>>;
  at(file: string): string;
  read(file: string): Promise<string>;
}

const prod = async (): Promise<Prod> => {
  const directory = await temporaryDirectory();
  const target = join(directory.path, `prod-${randomUUIDv7()}`);
  const authority = join(target, 'authority');
  const warnings: string[] = [];
  const at = (file: string) => join(target, file);
  return {
    target,
    authority,
    warnings,
    at,
    read: (file) => readFile(at(file), 'utf8'),
    prepare: (options = {}) =>
      prepareProd({
        target,
        authority: stateFolder(authority),
        packageRoot: ROOT,
        issuer: ISSUER,
        hosts: [HOST],
        renew: false,
        signal: new AbortController().signal,
        warn: (text) => void warnings.push(text),
        ...options,
      }),
    [Symbol.asyncDispose]: directory[Symbol.asyncDispose],
  };
};

const withFate = ({ files }: PreparedProd, fate: string) => files.filter((each) => each.fate === fate).map(({ file }) => file);

/** Text and inode of every file below a folder. */
const look = async (target: string) => {
  const files = (await readdir(target, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const found = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(target.length + 1), { text: await readFile(path, 'utf8'), inode: (await stat(path)).ino }] as const;
    }),
  );
  return Object.fromEntries(found);
};

describe('The files of production', () => {
  it('are made once, with the issuer and the names of the hosts, each name at its own server only', async () => {
    await using here = await prod();
    const made = valueOf(await here.prepare());
    expect(withFate(made, 'made')).toHaveLength(made.files.length);
    expect(parse(await here.read('identity/secrets/stack.yml'))).toEqual({ issuer: ISSUER });
    expect(parse(await here.read('kms/secrets/stack.yml'))).toMatchObject({
      identity: { issuers: [{ issuer: ISSUER, clock_skew_seconds: 5 }] },
    });
    const identity = new X509Certificate(await here.read('identity/secrets/identity.pem'));
    const kms = new X509Certificate(await here.read('kms/secrets/kms.pem'));
    const host = new URL(ISSUER).hostname;
    for (const name of ['kms', 'localhost', HOST]) expect([name, kms.checkHost(name)]).toEqual([name, name]);
    for (const name of ['identity', 'localhost', host]) expect([name, identity.checkHost(name)]).toEqual([name, name]);
    expect([kms.checkHost(host), identity.checkHost(HOST), kms.checkHost('kms.passthru.demo.local')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await here.read('kms/secrets/passthru-kms-client-secret')).toBe(await here.read('identity/secrets/passthru-kms-client-secret'));
    expect(here.warnings).toEqual([]);
  });

  it('are never overwritten, and a second run without issuer and hosts keeps them all', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    await writeFile(here.at('kms/secrets/stack.yml'), '# of the operator\n');
    const before = await look(here.target);
    const again = valueOf(await here.prepare({ issuer: undefined, hosts: [] }));
    expect(again.issuer).toBe(ISSUER);
    expect(withFate(again, 'kept')).toHaveLength(again.files.length);
    expect(await look(here.target)).toEqual(before);
  });

  it('that are missing are made again where nothing is sealed under them, and the others stay', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    for (const file of ['kms/secrets/kms.pem', 'kms/secrets/kms.key', 'kms/secrets/passthru-kms-client-secret'])
      await unlink(here.at(file));
    const secret = await here.read('identity/secrets/passthru-kms-client-secret');
    const again = valueOf(await here.prepare());
    expect(withFate(again, 'made').toSorted()).toEqual([
      'kms/secrets/kms.key',
      'kms/secrets/kms.pem',
      'kms/secrets/passthru-kms-client-secret',
    ]);
    expect(await here.read('kms/secrets/passthru-kms-client-secret')).toBe(secret);
  });

  it('come back from the authority where an unseal share is missing, and are refused where none is left', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    const share = await here.read('kms/secrets/kms-unseal-share-2');
    await unlink(here.at('kms/secrets/kms-unseal-share-2'));
    valueOf(await here.prepare());
    expect(await here.read('kms/secrets/kms-unseal-share-2')).toBe(share);
    for (const number of [1, 2, 3]) await unlink(here.at(`kms/secrets/kms-unseal-share-${number}`));
    await rm(join(here.authority, 'secrets'), { recursive: true });
    expect(await here.prepare()).toMatchObject({ ok: false, error: { cause: { code: 'unseal-shares-lost' } } });
  });

  it.each<[string, (here: Prod) => Promise<unknown>, string]>([
    ['another issuer than the one that is there', () => Promise.resolve(), 'issuer-differs'],
    ['the key of signing keys lost', (here) => unlink(here.at('identity/secrets/identity-signing-key-encryption')), 'secret-lost'],
    ['a certificate without its key', (here) => unlink(here.at('kms/secrets/kms.key')), 'certificate-incomplete'],
    [
      'the key of another certificate',
      (here) => rename(here.at('kms/secrets/kms-client.key'), here.at('kms/secrets/kms.key')),
      'certificate-without-its-key',
    ],
    ['a certificate that is none', (here) => writeFile(here.at('kms/secrets/kms.pem'), 'none'), 'certificate-unreadable'],
    ['two client secrets', (here) => writeFile(here.at('kms/secrets/passthru-kms-client-secret'), randomUUIDv7()), 'client-secrets-differ'],
  ])('are refused with %s, and nothing is changed', async (_, damage, code) => {
    await using here = await prod();
    valueOf(await here.prepare());
    await damage(here);
    const before = await look(here.target);
    const issuer = code === 'issuer-differs' ? 'https://other.example.test' : ISSUER;
    expect(await here.prepare({ issuer })).toMatchObject({ ok: false, error: { code: 'prepare-failed', cause: { code } } });
    expect(await look(here.target)).toEqual(before);
  });

  it('need the authority only where something is to be signed', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    await rename(here.authority, `${here.authority}-elsewhere`);
    expect(valueOf(await here.prepare()).certificates.map(({ isOurs }) => isOurs)).toEqual(Array.from({ length: 11 }, () => null));
    for (const file of ['kms.pem', 'kms.key']) await unlink(here.at(`kms/secrets/${file}`));
    expect(await here.prepare()).toMatchObject({ ok: false, error: { cause: { code: 'authority-missing' } } });
    const authority = stateFolder(`${here.authority}-elsewhere`);
    expect(withFate(valueOf(await here.prepare({ authority })), 'made').toSorted()).toEqual(['kms/secrets/kms.key', 'kms/secrets/kms.pem']);
  });

  it('verify clients under an authority of ours where the operator has one for servers, and sign for them with it', async () => {
    await using here = await prod();
    const servers = ['telemetry', 'identity', 'kms', 'identity-postgres', 'kms-postgres'] as const;
    const own = await prepareTls({
      directory: here.at('own'),
      leaves: servers.map((name) => ({ name, kind: 'server' as const, commonName: name, names: [name, 'localhost', HOST] })),
    });
    const root = await readFile(own.caFile, 'utf8');
    const put = async (file: string, text: string) => {
      await mkdir(dirname(here.at(file)), { recursive: true, mode: 0o700 });
      await writeFile(here.at(file), text);
    };
    for (const product of ['telemetry', 'identity', 'kms']) await put(`${product}/secrets/ca.pem`, root);
    await put('operator/ca.pem', root);
    for (const name of servers) {
      const [product = ''] = name.split('-');
      for (const kind of ['cert', 'key'] as const)
        await put(`${product}/secrets/${name}.${kind === 'cert' ? 'pem' : 'key'}`, await readFile(own.leaf(name)[kind], 'utf8'));
    }
    // As if all of this had been prepared before: nothing of it is secret.
    const made = valueOf(await here.prepare());

    const clientRoots = await Promise.all(['telemetry', 'identity', 'kms'].map((product) => here.read(`${product}/secrets/client-ca.pem`)));
    expect(new Set(clientRoots).size).toBe(1);
    expect(clientRoots[0]).not.toBe(root);
    expect(await here.read('kms/secrets/ca.pem')).toBe(root);
    const clients = made.certificates.filter(({ file }) => file.endsWith('-client.pem'));
    expect(clients.map(({ file, isOurs }) => [file, isOurs])).toEqual(clients.map(({ file }) => [file, true]));
    expect(clients.map(({ file }) => file)).toEqual(expect.arrayContaining(['operator/cli-client.pem', 'kms/secrets/kms-client.pem']));
    expect(withFate(valueOf(await here.prepare()), 'made')).toEqual([]);
  });

  it('of before there was an authority for clients are verified under the one that signed them', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    const roots = ['telemetry', 'identity', 'kms'].map((product) => `${product}/secrets/client-ca.pem`);
    for (const file of roots) await unlink(here.at(file));
    await rename(here.authority, `${here.authority}-elsewhere`);
    expect(await here.prepare()).toMatchObject({ ok: false, error: { cause: { code: 'authority-missing' } } });
    const authority = stateFolder(`${here.authority}-elsewhere`);
    expect(withFate(valueOf(await here.prepare({ authority })), 'made').toSorted()).toEqual(roots.toSorted());
    expect(await here.read('kms/secrets/client-ca.pem')).toBe(await here.read('kms/secrets/ca.pem'));
  });

  it('give secrets to the user of our containers alone, where the writer can', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    const uid = process.getuid?.();
    const { mode, uid: owner } = await stat(here.at('kms/secrets/kms-unseal-share-1'));
    const expected = secretAccess(['kms']);
    expect([mode & 0o777, owner]).toEqual([expected.mode, expected.owner ?? uid]);
    expect((await stat(here.at('kms/secrets'))).mode & 0o777).toBe(0o700);
    expect((await stat(here.at('operator/cli-client.key'))).mode & 0o777).toBe(0o600);
    expect(secretAccess(['kms'], 0)).toEqual({ mode: 0o600, owner: CONTAINER_USER });
    expect(secretAccess(['kms'], CONTAINER_USER)).toEqual({ mode: 0o600 });
    expect(secretAccess(['kms'], CONTAINER_USER + 1)).toEqual({ mode: 0o644 });
    expect(secretAccess(['kms-postgres'], 0)).toEqual({ mode: 0o644 });
  });

  it.runIf(process.getuid?.() === 0)('that an operator put there unreadable for a container are named, with the fix', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    const [share, password] = [here.at('kms/secrets/kms-unseal-share-1'), here.at('kms/secrets/kms-postgres-password')];
    await chown(share, 0, 0);
    await chmod(password, 0o600);
    valueOf(await here.prepare());
    expect(here.warnings.toSorted()).toEqual([
      `${password}: the user of kms-postgres cannot read it: chmod a+r ${password}`,
      `${share}: user 1000 of the containers cannot read it: chown 1000 ${share}`,
    ]);
  });
});

describe('Renewing the certificates of production', () => {
  it('signs those that end within 30 days anew, in the very files, with the names that they have', async () => {
    await using here = await prod();
    valueOf(await here.prepare({ now: () => Date.now() - 61 * DAY }));
    const before = await look(here.target);
    const listed = valueOf(await here.prepare({ issuer: undefined, hosts: [] }));
    expect(new Set(listed.certificates.map(({ state }) => state))).toEqual(new Set(['due']));
    expect(await look(here.target)).toEqual(before);

    const renewed = valueOf(await here.prepare({ issuer: undefined, hosts: [], renew: true }));
    expect(withFate(renewed, 'renewed').filter((file) => file.endsWith('.pem'))).toHaveLength(11);
    expect(new Set(renewed.certificates.map(({ state }) => state))).toEqual(new Set(['good']));
    const after = await look(here.target);
    const inodes = (files: typeof before) => Object.entries(files).map(([name, { inode }]) => [name, inode]);
    expect(inodes(after)).toEqual(inodes(before));
    const changed = Object.keys(after).filter((name) => after[name]?.text !== before[name]?.text);
    expect(changed.toSorted()).toEqual(withFate(renewed, 'renewed').toSorted());
    const kms = new X509Certificate(await here.read('kms/secrets/kms.pem'));
    expect(kms.checkHost(HOST)).toBe(HOST);
    expect(kms.checkPrivateKey((await import('node:crypto')).createPrivateKey(await here.read('kms/secrets/kms.key')))).toBe(true);
  });

  it('leaves those alone that are good, and adds a name that one lacks', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    const other = `${randomUUIDv7()}.example.test`;
    const lacking = valueOf(await here.prepare({ hosts: [other] }));
    expect(lacking.certificates.filter(({ lacks }) => lacks.length > 0)).toMatchObject([{ file: 'kms/secrets/kms.pem', lacks: [other] }]);
    expect(withFate(valueOf(await here.prepare({ renew: true })), 'renewed')).toEqual([]);
    const renewed = valueOf(await here.prepare({ hosts: [other], renew: true }));
    expect(withFate(renewed, 'renewed').toSorted()).toEqual(['kms/secrets/kms.key', 'kms/secrets/kms.pem']);
    const kms = new X509Certificate(await here.read('kms/secrets/kms.pem'));
    expect([kms.checkHost(HOST), kms.checkHost(other)]).toEqual([HOST, other]);
  });

  it('keeps a certificate of another authority, and says that it is not ours', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    const own = await prepareTls({
      directory: here.at('own'),
      leaves: [{ name: 'kms', kind: 'server', commonName: 'kms', names: ['kms', 'localhost', '127.0.0.1', '::1'] }],
      now: () => Date.now() - 80 * DAY,
    });
    const text = await readFile(own.leaf('kms').cert, 'utf8');
    await writeFile(here.at('kms/secrets/kms.pem'), text);
    await writeFile(here.at('kms/secrets/kms.key'), await readFile(own.leaf('kms').key, 'utf8'));
    const result = valueOf(await here.prepare({ renew: true }));
    expect(result.certificates).toContainEqual(
      expect.objectContaining({ file: 'kms/secrets/kms.pem', isOurs: false, state: 'due', lacks: [HOST] }),
    );
    expect(await here.read('kms/secrets/kms.pem')).toBe(text);
  });

  it('completes what a crash left half written: a part of the key, and the old certificate', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    const { text: certPem = '' } = (await look(here.target))['kms/secrets/kms.pem'] ?? {};
    const keyPem = await here.read('kms/secrets/kms.key');
    // As a renewal leaves it that was killed while it wrote the key.
    await writeFile(here.at('kms/secrets/.kms.renewal'), JSON.stringify({ certPem, keyPem }));
    await writeFile(here.at('kms/secrets/kms.key'), keyPem.slice(0, 40));
    expect(withFate(valueOf(await here.prepare()), 'renewed').toSorted()).toEqual(['kms/secrets/kms.key', 'kms/secrets/kms.pem']);
    expect(await here.read('kms/secrets/kms.key')).toBe(keyPem);
    expect(await readdir(here.at('kms/secrets'))).not.toContain('.kms.renewal');
  });

  it('leaves a pair alone that an operator put there after a crash, and says what to do', async () => {
    await using here = await prod();
    valueOf(await here.prepare());
    const [cert, key, journal] = ['kms/secrets/kms.pem', 'kms/secrets/kms.key', 'kms/secrets/.kms.renewal'] as const;
    const old = { certPem: await here.read(cert), keyPem: await here.read(key) };
    const own = await prepareTls({
      directory: here.at('own'),
      leaves: ['kms', 'other'].map((name) => ({ name, kind: 'server' as const, commonName: 'kms', names: ['kms', 'localhost', HOST] })),
    });
    const pairOf = async (name: string) => ({
      certPem: await readFile(own.leaf(name).cert, 'utf8'),
      keyPem: await readFile(own.leaf(name).key, 'utf8'),
    });
    const [operators, fresh] = [await pairOf('kms'), await pairOf('other')];
    await writeFile(here.at(journal), JSON.stringify({ ...fresh, old }));
    await writeFile(here.at(cert), operators.certPem);
    await writeFile(here.at(key), operators.keyPem);
    const before = await look(here.target);
    for (const renew of [false, true]) {
      expect(await here.prepare({ renew })).toMatchObject({
        ok: false,
        error: { cause: { code: 'renewal-overtaken', fix: expect.stringContaining(`remove ${here.at(journal)}`) } },
      });
    }
    expect(await look(here.target)).toEqual(before);
    await rm(here.at(journal));
    expect(withFate(valueOf(await here.prepare()), 'renewed')).toEqual([]);
    expect(await here.read(key)).toBe(operators.keyPem);
  });
});
