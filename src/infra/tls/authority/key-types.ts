import { createPrivateKey, type KeyObject } from 'node:crypto';

/** Every key type that a certificate may have: how to make the key, how it signs, and what OpenSSL calls it. */
const TABLE = {
  'P-256': { generate: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' }, openssl: 'prime256v1' },
  'P-384': { generate: { name: 'ECDSA', namedCurve: 'P-384' }, sign: { name: 'ECDSA', hash: 'SHA-384' }, openssl: 'secp384r1' },
  'P-521': { generate: { name: 'ECDSA', namedCurve: 'P-521' }, sign: { name: 'ECDSA', hash: 'SHA-512' }, openssl: 'secp521r1' },
  Ed25519: { generate: { name: 'Ed25519' }, sign: { name: 'Ed25519' }, openssl: 'ed25519' },
} as const;

export type CertificateKeyType = keyof typeof TABLE;
export const KEY_TYPES = Object.keys(TABLE) as readonly CertificateKeyType[];

export type KeyPair = { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };

/** The algorithm with which a key of this type signs certificates. */
export const signingAlgorithm = (keyType: CertificateKeyType): { readonly name: string; readonly hash?: string } => TABLE[keyType].sign;

/** A new extractable key pair. */
export const generateKeyPair = async (keyType: CertificateKeyType): Promise<KeyPair> =>
  (await crypto.subtle.generateKey(TABLE[keyType].generate, true, ['sign', 'verify'])) as KeyPair;

/** PKCS#8 PEM of a private key. */
export const privateKeyToPem = async (key: CryptoKey): Promise<string> => {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END PRIVATE KEY-----\n`;
};

/** The type of a key, or null for one that we do not use. */
export const keyTypeOf = (key: KeyObject): CertificateKeyType | null => {
  const openssl = key.asymmetricKeyType === 'ec' ? key.asymmetricKeyDetails?.namedCurve : key.asymmetricKeyType;
  return KEY_TYPES.find((keyType) => TABLE[keyType].openssl === openssl) ?? null;
};

/**
 * A private key from its PEM, for signing.
 *
 * @throws Error when the text is no private key or one of a type that we do not use
 */
export const privateKeyFromPem = async (pem: string): Promise<{ readonly key: CryptoKey; readonly keyType: CertificateKeyType }> => {
  const object = createPrivateKey(pem);
  const keyType = keyTypeOf(object);
  if (keyType === null) throw new Error(`a key of type ${object.asymmetricKeyType ?? 'unknown'} signs no certificates here`);
  const der = object.export({ format: 'der', type: 'pkcs8' });
  return { key: await crypto.subtle.importKey('pkcs8', new Uint8Array(der), TABLE[keyType].generate, false, ['sign']), keyType };
};
