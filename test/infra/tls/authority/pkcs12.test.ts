import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ensureKeyStore, ensureTrustStore, pkcs12Files, trustStoreFiles } from '#infra/tls/authority/pkcs12/stored-pkcs12.ts';
import { prepareTls } from '#infra/tls/authority/store.ts';
import { temporaryDirectory } from '../../../support/temporary-directory.ts';
import { echoServer, testTls } from '../../../support/tls.ts';

const run = promisify(execFile);
const hasJava = await run('java', ['-version']).then(
  () => true,
  () => false,
);
if (!hasJava) process.stderr.write('PKCS#12 files are not read with Java: there is no `java` here\n');

/** A store with its PKCS#12 files. */
const withFiles = async (directory: string) => {
  const store = await testTls(directory);
  await ensureTrustStore(store.caFile);
  await ensureKeyStore(store.leaf('client'), 'client');
  return { store, trust: trustStoreFiles(store.caFile), key: pkcs12Files(join(directory, 'client')) };
};

/** Walks every value, also those inside octet strings; fails at a length that is indefinite, or longer than it has to be. */
const expectDer = (bytes: Buffer): number => {
  let [at, values] = [0, 0];
  while (at < bytes.length) {
    const [tag, first] = [bytes.readUInt8(at), bytes.readUInt8(at + 1)];
    expect(first).not.toBe(0x80);
    const more = first > 0x80 ? first - 0x80 : 0;
    const length = more === 0 ? first : bytes.readUIntBE(at + 2, more);
    expect(more).toBe(length < 0x80 ? 0 : length < 0x100 ? 1 : 2);
    const content = bytes.subarray(at + 2 + more, at + 2 + more + length);
    expect(content).toHaveLength(length);
    expect(tag).not.toBe(0x24);
    values += 1;
    const holdsDer = (tag & 0x20) !== 0 || (tag === 0x04 && content[0] === 0x30 && content[1] === 0x82);
    if (holdsDer) values += expectDer(content);
    at += 2 + more + length;
  }
  return values;
};

describe('a key store in PKCS#12', () => {
  it('opens in Node and in OpenSSL with its password, with AES and SHA-256 and the whole chain', async () => {
    await using folder = await temporaryDirectory();
    const { key } = await withFiles(folder.path);
    const [pfx, passphrase] = [await readFile(key.file), await readFile(key.passwordFile, 'utf8')];

    expect(() => createSecureContext({ pfx, passphrase })).not.toThrow();
    expect(() => createSecureContext({ pfx, passphrase: 'another password' })).toThrow(/mac verify failure/i);
    const { stdout, stderr } = await run('openssl', ['pkcs12', '-in', key.file, '-passin', `file:${key.passwordFile}`, '-info', '-noenc']);
    expect(stderr).toContain('PBES2, PBKDF2, AES-256-CBC');
    expect(stderr).toContain('PRF hmacWithSHA256');
    expect(stderr).toContain('MAC: sha256');
    expect(stderr).not.toMatch(/RC2|3DES|sha1/i);
    expect(stdout.match(/BEGIN CERTIFICATE/g)).toHaveLength(4);
    expect(stdout.match(/friendlyName: client/g)).toHaveLength(2);
    expect(stdout).toContain((await readFile(join(folder.path, 'client.key'), 'utf8')).split('\n')[1]);
  });

  it('is made again with its certificate, under the same password, and not otherwise', async () => {
    await using folder = await temporaryDirectory();
    const directory = folder.path;
    const leaves = [{ name: 'client', kind: 'client', commonName: 'client' }] as const;
    const store = await prepareTls({ directory, leaves });
    expect(await ensureKeyStore(store.leaf('client'), 'client')).toBe(true);
    const { file, passwordFile } = pkcs12Files(join(directory, 'client'));
    const [before, password] = [await readFile(file), await readFile(passwordFile, 'utf8')];
    await prepareTls({ directory, leaves });
    expect(await ensureKeyStore(store.leaf('client'), 'client')).toBe(false);
    expect(await readFile(file)).toEqual(before);

    await rm(join(directory, 'client.key'));
    await prepareTls({ directory, leaves });
    const { stdout } = await run('openssl', ['pkcs12', '-in', file, '-passin', `file:${passwordFile}`, '-noenc', '-clcerts']);
    expect(await readFile(passwordFile, 'utf8')).toBe(password);
    const made = new X509Certificate(await readFile(join(directory, 'client.pem'), 'utf8'));
    expect(new X509Certificate(stdout.slice(stdout.indexOf('-----BEGIN CERTIFICATE'))).fingerprint256).toBe(made.fingerprint256);
  });

  it.runIf(hasJava)('is an entry with a key for Java', async () => {
    await using folder = await temporaryDirectory();
    const { key } = await withFiles(folder.path);
    const { stdout } = await run('keytool', ['-list', '-keystore', key.file, '-storepass:file', key.passwordFile]);
    expect(stdout).toMatch(/client, .*PrivateKeyEntry/);
  });
});

describe('a trust store in PKCS#12', () => {
  it('opens in OpenSSL, holds the root alone, and carries the attribute by which Java trusts it', async () => {
    await using folder = await temporaryDirectory();
    const { store, trust } = await withFiles(folder.path);
    const { stdout } = await run('openssl', ['pkcs12', '-in', trust.file, '-passin', `file:${trust.passwordFile}`, '-nokeys']);
    expect(stdout.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
    expect(stdout).toContain('2.16.840.1.113894.746875.1.1');
    expect(stdout).toContain((await readFile(store.caFile, 'utf8')).trim().split('\n')[1]);
  });

  it('follows the root: a new authority brings a new one, the same authority keeps it', async () => {
    await using folder = await temporaryDirectory();
    const { trust } = await withFiles(folder.path);
    const before = await readFile(trust.file);
    await testTls(folder.path);
    expect(await readFile(trust.file)).toEqual(before);
    await rm(join(folder.path, 'ca', '0-root.key'));
    await testTls(folder.path);
    const root = new X509Certificate(await readFile(join(folder.path, 'ca.pem'))).raw;
    expect(before.includes(root)).toBe(false);
    expect((await readFile(trust.file)).includes(root)).toBe(true);
  });

  it.runIf(hasJava)('lets Java connect by the file of options, and nothing else does', async () => {
    await using folder = await temporaryDirectory();
    const { store, trust } = await withFiles(folder.path);
    await using server = await echoServer({ store });
    const program = join(folder.path, 'Connect.java');
    await writeFile(
      program,
      `public class Connect {
        public static void main(String[] args) throws Exception {
          try (var socket = (javax.net.ssl.SSLSocket)
              javax.net.ssl.SSLSocketFactory.getDefault().createSocket("127.0.0.1", Integer.parseInt(args[0]))) {
            socket.startHandshake();
            System.out.println(socket.getSession().getProtocol());
          }
        }
      }`,
    );
    const { stdout } = await run('java', [`@${trust.javaOptions}`, program, `${server.port}`]);
    expect(stdout.trim()).toBe('TLSv1.3');
    await expect(run('java', [program, `${server.port}`])).rejects.toThrow(/unable to find valid certification path/);
  });
});

it('PKCS#12 files are DER: every length is definite and as short as it can be, no octet string comes in pieces', async () => {
  await using folder = await temporaryDirectory();
  const { trust, key } = await withFiles(folder.path);
  expect(expectDer(await readFile(trust.file))).toBeGreaterThan(30);
  expect(expectDer(await readFile(key.file))).toBeGreaterThan(30);
});
