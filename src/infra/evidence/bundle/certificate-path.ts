import type { X509Certificate } from 'node:crypto';

/** The purpose of a certificate that signs documents, and opens no connection. @see RFC 9336 */
export const DOCUMENT_SIGNING = '1.3.6.1.5.5.7.3.36';

/**
 * Why no path leads from a certificate to the root, one clause; null where one does.
 *
 * @param chain the certificate, then those above it, without the root
 * @param options.at when it was used, epoch milliseconds
 * @see RFC 5280 section 6
 */
export const faultOfPath = (
  chain: readonly X509Certificate[],
  { root, at }: { readonly root: X509Certificate; readonly at: number },
): string | null => {
  if (!root.ca || !isIssuedBy(root, root)) return 'the root is no authority that signed itself';
  if (chain.length === 0) return 'there is no certificate';
  const path = [...chain, root];
  for (const [depth, certificate] of path.entries()) {
    const name = commonNameOf(certificate);
    const issuer = path[depth + 1] ?? root;
    if (depth > 0 && !certificate.ca) return `${name} may not issue certificates`;
    if (!isIssuedBy(certificate, issuer)) return `${name} is not signed by ${commonNameOf(issuer)}`;
    if (at < Date.parse(certificate.validFrom) || at > Date.parse(certificate.validTo)) return `${name} was not valid then`;
  }
  return null;
};

const isIssuedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean => {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // A key or an algorithm that OpenSSL does not take signed nothing.
    return false;
  }
};

export const commonNameOf = ({ subject }: X509Certificate): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? 'a certificate without a name';

/** As OpenSSL prints it. */
export const fingerprintOf = (certificate: X509Certificate): string => certificate.fingerprint256;

/** A fingerprint however it is written: letters of either case, with colons or without. */
export const isFingerprint = (text: string): boolean => /^[0-9a-f]{64}$/i.test(text.replaceAll(':', ''));
export const hasFingerprint = (certificate: X509Certificate, text: string): boolean =>
  fingerprintOf(certificate).replaceAll(':', '') === text.replaceAll(':', '').toUpperCase();
