import { readFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { basename } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';

/**
 * The PEM texts of the authorities by which origins of the configuration are verified.
 *
 * @throws AppError `tls-file-unreadable` that names the file, also for one without a certificate
 */
export const readAuthorities = (files: readonly string[]): Promise<string[]> => Promise.all(files.map(readAuthority));

/** Node takes a text without a certificate for no authority, without a word. */
const checkCertificate = (pem: string): X509Certificate => new X509Certificate(pem);

const readAuthority = async (file: string): Promise<string> => {
  try {
    const pem = await readFile(file, 'utf8');
    checkCertificate(pem);
    return pem;
  } catch (cause) {
    throw new AppError('tls-file-unreadable', 500, `the TLS file ${basename(file)} (an authority for outgoing requests) cannot be read`, {
      cause,
      fix: 'Name a PEM file with root certificates that Identity may read.',
    });
  }
};
