import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { missingIs } from '#infra/apperr/system-error.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { ensureSecret } from '#infra/files/secret-file.ts';
import type { TlsFiles } from '../../config.ts';

/** A PKCS#12 file and the file with its password, both of mode 0600. */
export interface Pkcs12Files {
  readonly file: string;
  readonly passwordFile: string;
}

/** A trust store, and a file of options by which Java finds it: `java @<file>`, so that no command line has the password. */
export interface TrustStoreFiles extends Pkcs12Files {
  readonly javaOptions: string;
}

/** @param path of the files, without an extension */
export const pkcs12Files = (path: string): Pkcs12Files => ({ file: `${path}.p12`, passwordFile: `${path}.p12.password` });

export const trustStoreFiles = (caFile: string): TrustStoreFiles => {
  const files = pkcs12Files(caFile.replace(/\.pem$/, ''));
  return { ...files, javaOptions: `${files.file}.java-options` };
};

/** Writes the key store of a leaf in the place of the one that is there; its password stays. */
export const writeKeyStore = async (
  files: Pkcs12Files,
  of: { readonly certPem: string; readonly keyPem: string; readonly caPem: string; readonly name: string },
): Promise<void> => {
  const { keyStore } = await import('./pkcs12.ts');
  await writeFileAtomic(files.file, await keyStore({ ...of, password: await passwordOf(files) }), { mode: 0o600, durable: false });
};

/**
 * Makes the key store of a leaf where it or its password is missing; one that is there was made with its certificate.
 *
 * @returns whether it was made
 */
export const ensureKeyStore = async (leaf: TlsFiles, name: string): Promise<boolean> => {
  const files = pkcs12Files(join(dirname(leaf.cert), name));
  if (await areThere([files.file, files.passwordFile])) return false;
  const [caPem, certPem, keyPem] = await Promise.all([leaf.ca, leaf.cert, leaf.key].map((file) => readFile(file, 'utf8')));
  await writeKeyStore(files, { caPem: caPem ?? '', certPem: certPem ?? '', keyPem: keyPem ?? '', name });
  return true;
};

/**
 * Makes the trust store of a root where it is missing or holds another root.
 *
 * @returns whether it was made
 */
export const ensureTrustStore = async (caFile: string): Promise<boolean> => {
  const files = trustStoreFiles(caFile);
  const caPem = await readFile(caFile, 'utf8');
  const there = await readFile(files.file).catch(missingIs(null));
  // The certificate lies open in it.
  if (there?.includes(new X509Certificate(caPem).raw) === true && (await areThere([files.passwordFile, files.javaOptions]))) return false;
  const [password, { trustStore }] = [await passwordOf(files), await import('./pkcs12.ts')];
  await writeFileAtomic(files.file, trustStore({ caPem, password, name: 'passthru' }), { mode: 0o600, durable: false });
  await writeFileAtomic(files.javaOptions, javaOptions(files.file, password), { mode: 0o600, durable: false });
  return true;
};

const passwordOf = ({ passwordFile }: Pkcs12Files): Promise<string> =>
  ensureSecret(passwordFile, () => randomBytes(24).toString('base64url'), 'the password of a PKCS#12 file');

/** @see https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html#java-command-line-argument-files */
const javaOptions = (file: string, password: string): string =>
  [`trustStore=${file}`, 'trustStoreType=PKCS12', `trustStorePassword=${password}`]
    .map((option) => `"-Djavax.net.ssl.${option.replaceAll(/["\\]/g, '\\$&')}"\n`)
    .join('');

const areThere = async (files: readonly string[]): Promise<boolean> =>
  (await Promise.all(files.map((file) => readFile(file).catch(missingIs(null))))).every((bytes) => bytes !== null);
