import { thrownWords } from '#infra/apperr/thrown-words.ts';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { isIP } from 'node:net';
import { X509Certificate } from 'node:crypto';
import { clientTlsOptions } from '#infra/tls/options.ts';

export interface HandshakeOptions {
  readonly url: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** Offer this version only; the refusal of 1.2 is shown with it. */
  readonly only?: 'TLSv1.2';
  readonly signal: AbortSignal;
}

/** The agreement with a listener, its certificate verified against the CA file. */
export interface Handshake {
  readonly protocol: string | null;
  /** Common names from the leaf to the root. */
  readonly chain: readonly string[];
  readonly selfSignedLeaf: boolean;
}

const TIMEOUT_MS = 3_000;

/** One TLS connection, opened and closed. Rejects with the TLS error, or after 3 s. */
export const handshake = ({ url, ca, cert, key, only, signal }: HandshakeOptions): Promise<Handshake> => {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<Handshake>();
  const socket = connect({
    host: hostname,
    port: Number(port || 443),
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    ...clientTlsOptions({ ca, cert, key }),
    ...(only === undefined ? {} : { minVersion: only, maxVersion: only }),
  });
  const onAbort = (): void => void socket.destroy(new Error('interrupted'));
  signal.addEventListener('abort', onAbort, { once: true });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`waited ${TIMEOUT_MS} ms for a TLS handshake with ${hostname}:${port}`)));
  socket.once('error', reject);
  socket.once('secureConnect', () => {
    const chain = walk(socket.getPeerCertificate(true));
    resolve({
      protocol: socket.getProtocol(),
      chain: chain.map(({ subject }) => String(subject.CN)),
      selfSignedLeaf: chain[0] === undefined || isSelfSigned(new X509Certificate(chain[0].raw)),
    });
    socket.end();
  });
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
};

const walk = (leaf: DetailedPeerCertificate): readonly DetailedPeerCertificate[] => {
  const chain: DetailedPeerCertificate[] = [];
  for (
    let each = leaf;
    each !== undefined && !chain.some((seen) => seen.fingerprint256 === each.fingerprint256);
    each = each.issuerCertificate
  ) {
    chain.push(each);
  }
  return chain;
};

/** Signed with its own key, whatever names it bears. */
export const isSelfSigned = (certificate: X509Certificate): boolean => certificate.verify(certificate.publicKey);

/** The treatment of a caller that shows no client certificate: in TLS 1.3 a listener refuses only after the client's last message. */
export const withoutCertificate = ({ url, ca, signal }: Pick<HandshakeOptions, 'url' | 'ca' | 'signal'>): Promise<string> => {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect({
    host: hostname,
    port: Number(port || 443),
    ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
    ...clientTlsOptions({ ca }),
  });
  const onAbort = (): void => void socket.destroy(new Error('interrupted'));
  signal.addEventListener('abort', onAbort, { once: true });
  socket.setTimeout(TIMEOUT_MS, () => {
    resolve('accepted');
    socket.destroy();
  });
  socket.once('error', (error) =>
    'code' in error && error.code === 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED' ? resolve('refused by the server') : reject(error),
  );
  socket.once('close', () => resolve('closed without an alert'));
  socket.resume();
  return promise.finally(() => signal.removeEventListener('abort', onAbort));
};

/** The words for a failed handshake: a protocol version alert means that the server refused on purpose. */
export const refusal = (error: unknown): string =>
  error instanceof Error && 'code' in error && error.code === 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'
    ? 'refused by the server'
    : thrownWords(error);
