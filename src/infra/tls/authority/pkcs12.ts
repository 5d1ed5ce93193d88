import { createHash, X509Certificate } from 'node:crypto';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';

/** Iterations: as many as OpenSSL 3 has by default for the keys, and more than enough for a random password. */
const ITERATIONS = 10_000;
const CERTIFICATE_BAG = '1.2.840.113549.1.12.10.1.3';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
const ENCRYPTION = {
  contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 },
  hmacHashAlgorithm: 'SHA-256',
  iterationCount: ITERATIONS,
};

/**
 * A PKCS#12 store with the leaf, its key and the CA certificates, for programs that take no PEM.
 * Everything is encrypted with PBES2 (AES-256-CBC, PBKDF2-HMAC-SHA-256) and sealed with HMAC-SHA-256; no RC2, no 3DES, no SHA-1.
 *
 * @param options.certPem the leaf, then the intermediates
 * @see RFC 7292, RFC 8018 section 6.2
 */
export const toPkcs12 = async (options: {
  certPem: string;
  keyPem: string;
  caPem: string;
  password: string;
  name: string;
}): Promise<Uint8Array> => {
  const engine = new pkijs.CryptoEngine({ name: 'node', crypto }) as pkijs.CryptoEngine & pkijs.ICryptoEngine;
  const password = toArrayBuffer(Buffer.from(options.password, 'utf8'));
  const certificates = [...pemBlocks(options.certPem), ...pemBlocks(options.caPem)].map((pem) => new X509Certificate(pem));
  const localKeyId = createHash('sha256')
    .update(certificates[0]?.raw ?? '')
    .digest();
  const attributes = () => [
    new pkijs.Attribute({ type: FRIENDLY_NAME, values: [new asn1js.BmpString({ value: options.name })] }),
    new pkijs.Attribute({ type: LOCAL_KEY_ID, values: [new asn1js.OctetString({ valueHex: toArrayBuffer(localKeyId) })] }),
  ];

  const keyBag = new pkijs.PKCS8ShroudedKeyBag({
    parsedValue: pkijs.PrivateKeyInfo.fromBER(toArrayBuffer(Buffer.from(options.keyPem.replace(/-----[^-]+-----|\s/g, ''), 'base64'))),
  });
  await keyBag.makeInternalValues({ password, ...ENCRYPTION }, engine);

  const authenticatedSafe = new pkijs.AuthenticatedSafe({
    parsedValue: {
      safeContents: [
        {
          privacyMode: 0,
          value: new pkijs.SafeContents({
            safeBags: [new pkijs.SafeBag({ bagId: SHROUDED_KEY_BAG, bagValue: keyBag, bagAttributes: attributes() })],
          }),
        },
        {
          privacyMode: 1,
          value: new pkijs.SafeContents({
            safeBags: certificates.map(
              (certificate, position) =>
                new pkijs.SafeBag({
                  bagId: CERTIFICATE_BAG,
                  bagValue: new pkijs.CertBag({ parsedValue: pkijs.Certificate.fromBER(toArrayBuffer(certificate.raw)) }),
                  ...(position === 0 ? { bagAttributes: attributes() } : {}),
                }),
            ),
          }),
        },
      ],
    },
  });
  await authenticatedSafe.makeInternalValues({ safeContents: [{}, { password, ...ENCRYPTION }] }, engine);

  const pfx = new pkijs.PFX({ parsedValue: { integrityMode: 0, authenticatedSafe } });
  await pfx.makeInternalValues(
    { password, iterations: ITERATIONS, pbkdf2HashAlgorithm: { name: 'SHA-256' }, hmacHashAlgorithm: 'SHA-256' },
    engine,
  );
  return new Uint8Array(pfx.toSchema().toBER(false));
};

const pemBlocks = (pem: string): string[] => pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

const toArrayBuffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
