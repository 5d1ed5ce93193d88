import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { type Asn1, bmpString, derOf, inContext, integer, octets, octetsInContext, oid, sequence, setOf } from './asn1.ts';
import { encrypt, macData } from './encryption.ts';

/**
 * PKCS#12 files for programs that take no PEM, in DER. Encrypted is what they hold with PBES2 (AES-256-CBC, PBKDF2-HMAC-SHA-256), and
 * sealed with HMAC-SHA-256; there is no RC2, no 3DES, no SHA-1.
 *
 * @see RFC 7292
 */

/** A leaf, its key and the certificates of the CAs. `certPem` is the leaf, then the intermediates. */
export const keyStore = async (options: {
  readonly certPem: string;
  readonly keyPem: string;
  readonly caPem: string;
  readonly password: string;
  readonly name: string;
}): Promise<Uint8Array> => {
  const { certPem, keyPem, caPem, password, name } = options;
  const certificates = certificatesIn(certPem + caPem);
  // By this a reader finds the certificate of a key.
  const keyId = createHash('sha256')
    .update(certificates[0] ?? '')
    .digest();
  const named = [attribute(OID.friendlyName, bmpString(name)), attribute(OID.localKeyId, octets(keyId))];
  const key = await encrypt(createPrivateKey(keyPem).export({ format: 'der', type: 'pkcs8' }), password);
  const bags = certificates.map((certificate, position) => certificateBag(certificate, position === 0 ? named : []));
  const certs = await encrypt(derOf(sequence(...bags)), password);
  return sealed(
    [
      plainContent(sequence(bag(OID.shroudedKeyBag, sequence(key.algorithm, octets(key.bytes)), named))),
      contentInfo(OID.encryptedData, sequence(integer(0), sequence(oid(OID.data), certs.algorithm, octetsInContext(certs.bytes)))),
    ],
    password,
  );
};

/**
 * Root certificates alone, which Java then trusts: by the attribute it tells them from the certificates of a chain, and without it the
 * store looks empty. Certificates are no secret, so nothing is encrypted; the password seals them.
 */
export const trustStore = (options: { readonly caPem: string; readonly password: string; readonly name: string }): Uint8Array => {
  const { caPem, password, name } = options;
  const attributes = [attribute(OID.friendlyName, bmpString(name)), attribute(OID.trustedKeyUsage, oid(OID.anyExtendedKeyUsage))];
  return sealed([plainContent(sequence(...certificatesIn(caPem).map((certificate) => certificateBag(certificate, attributes))))], password);
};

const OID = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  /** Java's own. */
  trustedKeyUsage: '2.16.840.1.113894.746875.1.1',
  anyExtendedKeyUsage: '2.5.29.37.0',
} as const;

const VERSION = 3;

/** `PFX` */
const sealed = (contents: readonly Asn1[], password: string): Uint8Array => {
  const safe = derOf(sequence(...contents));
  return new Uint8Array(derOf(sequence(integer(VERSION), contentInfo(OID.data, octets(safe)), macData(safe, password))));
};

const contentInfo = (type: string, content: Asn1): Asn1 => sequence(oid(type), inContext(content));

const plainContent = (safeContents: Asn1): Asn1 => contentInfo(OID.data, octets(derOf(safeContents)));

const bag = (type: string, value: Asn1, attributes: readonly Asn1[]): Asn1 =>
  sequence(oid(type), inContext(value), ...(attributes.length === 0 ? [] : [setOf(...attributes)]));

const certificateBag = (der: Uint8Array, attributes: readonly Asn1[]): Asn1 =>
  bag(OID.certBag, sequence(oid(OID.x509Certificate), inContext(octets(der))), attributes);

const attribute = (type: string, value: Asn1): Asn1 => sequence(oid(type), setOf(value));

const certificatesIn = (pem: string): readonly Uint8Array[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []).map((block) => new X509Certificate(block).raw);
