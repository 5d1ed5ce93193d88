import type { X509Certificate } from 'node:crypto';
import type { Server, TLSSocket } from 'node:tls';
import { subjectAlternativeNames } from './subject-alternative-names.ts';

/** The other end of a connection, by a certificate that was verified. */
export interface Peer {
  /** Empty when the subject has none, several, or one that is longer than 64 characters. */
  readonly commonName: string;
  readonly uriSans: readonly string[];
  /** SHA-256 of the certificate, upper-case hex with colons. */
  readonly fingerprint256: string;
  readonly pem: string;
  /** Epoch milliseconds at which the certificate ends. */
  readonly endsAt: number;
}

/** The peer of a TLS connection; null without a certificate, with one that did not verify, or on a socket that is not TLS. */
export const peerOf = (socket: unknown): Peer | null => {
  if (!isTlsSocket(socket) || !socket.authorized) return null;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  return {
    commonName: commonNameOf(certificate),
    uriSans: subjectAlternativeNames(certificate).uri,
    fingerprint256: certificate.fingerprint256,
    pem: certificate.toString(),
    endsAt: Date.parse(certificate.validTo),
  };
};

/**
 * For a server that requests client certificates without requiring them:
 * a client that presents one which does not verify is cut off before its first request is read.
 */
export const refuseUnverifiedPeers = (server: Server): void => {
  server.on('secureConnection', (socket: TLSSocket) => {
    if (!socket.authorized && socket.getPeerX509Certificate() !== undefined) socket.destroy();
  });
};

/** @see RFC 5280 appendix A.1, ub-common-name */
const MAX_COMMON_NAME = 64;

/** Two common names in one subject are a trick; neither is taken. */
const commonNameOf = (certificate: X509Certificate): string => {
  const name: unknown = certificate.toLegacyObject().subject?.CN;
  return typeof name === 'string' && name.length <= MAX_COMMON_NAME ? name : '';
};

const isTlsSocket = (socket: unknown): socket is TLSSocket =>
  typeof socket === 'object' && socket !== null && 'authorized' in socket && 'getPeerX509Certificate' in socket;
