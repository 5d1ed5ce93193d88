import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ConnectionOptions, TlsOptions } from 'node:tls';
import { basename } from 'node:path';
import { AppError } from '#infra/apperr/app-error.ts';
import type { ServerTlsFiles } from './config.ts';

/**
 * TLS 1.3 at both ends of a connection: this folder reads the three PEM files of an end, makes the options of a server and a client out
 * of them, says who the peer is, and takes renewed files into use while connections stay open. `authority/` makes the files.
 */

/** The contents of `TlsFiles`, or of `ServerTlsFiles`. */
export interface TlsPem {
  readonly ca: string;
  readonly clientCa?: string;
  readonly cert: string;
  readonly key: string;
}

const [ROOT, CLIENT_ROOT] = ['the trusted root certificate', 'the root certificate of clients'] as const;

/** Whether a server asks its clients for no certificate, for one if they have it, or for one in any case. */
export type ClientCertificateMode = 'none' | 'request' | 'require';

/**
 * Reads the files.
 *
 * @throws AppError `tls-file-unreadable` that names the base name and the role of the file, also for a root that is no certificate
 */
export const readTls = async (files: ServerTlsFiles): Promise<TlsPem> => {
  const { client_ca: clientCaFile } = files;
  const [ca, cert, key, clientCa] = await Promise.all([
    readPem(files.ca, ROOT),
    readPem(files.cert, 'the certificate chain'),
    readPem(files.key, 'the private key'),
    clientCaFile === undefined ? undefined : readPem(clientCaFile, CLIENT_ROOT),
  ]);
  checkRoot(ca, files.ca);
  if (clientCa === undefined || clientCaFile === undefined) return { ca, cert, key };
  checkRoot(clientCa, clientCaFile, CLIENT_ROOT);
  return { ca, cert, key, clientCa };
};

/**
 * Options of a TLS 1.3 server.
 * With `request` a client without a certificate gets in; a client whose certificate does not verify must be cut off
 * by `refuseUnverifiedPeers`, because TLS itself knows only all or nothing.
 *
 * @see RFC 8446 section 4.3.2
 */
export const serverTlsOptions = ({ ca, cert, key, clientCa }: TlsPem, clientCertificate: ClientCertificateMode): TlsOptions => ({
  // A server verifies nobody but its clients.
  ca: clientCa ?? ca,
  cert,
  key,
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  requestCert: clientCertificate !== 'none',
  rejectUnauthorized: clientCertificate === 'require',
});

/**
 * Options of a TLS 1.3 client that trusts only `ca`; verification is said explicitly, so that no environment variable turns it off.
 */
export const clientTlsOptions = (pem: {
  readonly ca: string | Buffer | (string | Buffer)[];
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
}): ConnectionOptions => ({
  ca: pem.ca,
  ...(pem.cert === undefined ? {} : { cert: pem.cert }),
  ...(pem.key === undefined ? {} : { key: pem.key }),
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  rejectUnauthorized: true,
});

/** Node takes an empty text for the public authorities, and any other text without a certificate without a word. */
const checkRoot = (pem: string, path: string, role: string = ROOT): X509Certificate => {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw unreadable(path, role, error);
  }
};

const unreadable = (path: string, role: string, cause: unknown): AppError =>
  new AppError('tls-file-unreadable', 500, `the TLS file ${basename(path)} (${role}) cannot be read`, {
    cause,
    fix: 'Run `passthru prepare`, which makes missing certificates again.',
  });

const readPem = async (path: string, role: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, role, error);
  }
};
