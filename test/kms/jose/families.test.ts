import { generateKeyPairSync, randomUUIDv7 } from 'node:crypto';
import { CompactEncrypt, CompactSign, compactDecrypt, compactVerify, exportJWK, importPKCS8, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from '#kms/jose/algorithm.ts';
import { ALGORITHM_NAMES, ALGORITHMS, algorithmsOf } from '#kms/jose/algorithms.ts';
import { encodeBase64url } from '#kms/jose/base64url.ts';
import { readJwe, readJws } from '#kms/jose/compact.ts';
import { decoyJwe, decoyJws } from '#kms/jose/decoys.ts';
import { aesGcm, type ContentEncryption } from '#kms/jose/families/content-encryption.ts';
import { aesKeyWrap, type KeyManagement } from '#kms/jose/families/key-management.ts';
import { ecdsa, type Signature } from '#kms/jose/families/signature.ts';
import { openJwe, sealJwe } from '#kms/jose/jwe.ts';
import { signJws, verifyJws } from '#kms/jose/jws.ts';
import { generateSecret, importSecret } from '#kms/jose/key-material.ts';

/** AES-CBC with HMAC: a family of content encryption that is not offered. @see RFC 7518 section 5.2 */
const aesCbcHmac = (bits: 128 | 192 | 256): ContentEncryption => ({
  keyBytes: bits / 4,
  ivBytes: 16,
  tagBytes: bits / 8,
  protectionLimit: null,
  summary: `AES-${bits}-CBC content encryption with HMAC`,
});

/** A key that is the content encryption key itself. @see RFC 7518 section 4.5 */
const direct: KeyManagement = ({ keyBytes }) => ({
  key: { kind: 'symmetric', bytes: keyBytes, parameters: { name: 'AES-GCM' }, usages: ['encrypt', 'decrypt'] },
  encryptedKeyBytes: 0,
  parameters: {},
  protectionLimit: null,
  summary: 'direct encryption',
  contentKey: 'the key itself',
});

/** AES-GCM as key wrap: two header parameters that are text. @see RFC 7518 section 4.7 */
const aesGcmKeyWrap =
  (bits: 128 | 192 | 256): KeyManagement =>
  ({ keyBytes }) => ({
    key: { kind: 'symmetric', bytes: bits / 8, parameters: { name: 'AES-GCM' }, usages: ['encrypt', 'decrypt'] },
    encryptedKeyBytes: keyBytes,
    parameters: { iv: { type: 'string', decoy: 'A'.repeat(16) }, tag: { type: 'string', decoy: 'A'.repeat(22) } },
    protectionLimit: 2 ** 32,
    summary: `AES-${bits}-GCM key wrap`,
    contentKey: `wrapped with AES-${bits}-GCM`,
  });

const { kty, crv, x, y } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' });

/** Key agreement and key wrap: a key pair, a header parameter that is an object, and two that may be left out. @see RFC 7518 section 4.6 */
const ecdhWithKeyWrap: KeyManagement = ({ keyBytes }) => ({
  key: {
    kind: 'pair',
    parameters: { name: 'ECDH', namedCurve: 'P-256' },
    protects: { half: 'public', usages: [] },
    processes: { half: 'private', usages: ['deriveBits'] },
  },
  encryptedKeyBytes: keyBytes + 8,
  parameters: { epk: { type: 'object', decoy: { kty, crv, x, y } }, apu: { type: 'string' }, apv: { type: 'string' } },
  protectionLimit: null,
  summary: 'ECDH-ES',
  contentKey: 'agreed by ECDH-ES',
});

/** A signature whose two sides share one key. @see RFC 7518 section 3.2 */
const hmac = (bits: 256 | 384 | 512): Signature => ({
  key: { kind: 'symmetric', bytes: bits / 8, parameters: { name: 'HMAC', hash: `SHA-${bits}` }, usages: ['sign', 'verify'] },
  signatureBytes: bits / 8,
  summary: `HMAC with SHA-${bits}`,
});

const MORE = algorithmsOf({
  contentEncryptions: { A128GCM: aesGcm(128), A192GCM: aesGcm(192), A256GCM: aesGcm(256), 'A128CBC-HS256': aesCbcHmac(128) },
  keyManagements: {
    A128KW: aesKeyWrap(128),
    A192KW: aesKeyWrap(192),
    A256KW: aesKeyWrap(256),
    A192GCMKW: aesGcmKeyWrap(192),
    'ECDH-ES+A256KW': ecdhWithKeyWrap,
  },
  signatures: {
    ES512: ecdsa({ curveBits: 521, hashBits: 512 }),
    HS256: hmac(256),
    HS512: hmac(512),
  },
});
const DIRECT = algorithmsOf({
  contentEncryptions: { A128GCM: aesGcm(128), A256GCM: aesGcm(256) },
  keyManagements: { dir: direct },
  signatures: {},
});

const rows = (kind: 'jwe' | 'jws'): readonly [string, Algorithm][] =>
  Object.entries<Algorithm>({ ...ALGORITHMS, ...MORE, ...DIRECT }).filter(([, { jose }]) => jose.kind === kind);

const CONTENT = new TextEncoder().encode('attack at dawn');
const CONTEXT = 'invoice=2031-0042';

/** A new key, for our own code and, from the same secret, for the second opinion. */
const newKey = async (algorithm: Algorithm) => {
  const kid = randomUUIDv7();
  const secret = await generateSecret(algorithm);
  const { alg } = algorithm.jose.header;
  const ours = await importSecret(algorithm, kid, secret);
  if (algorithm.key.kind === 'symmetric') return { kid, ours, theirs: { protecting: secret, processing: secret } };
  const pem = `-----BEGIN PRIVATE KEY-----\n${Buffer.from(secret).toString('base64')}\n-----END PRIVATE KEY-----`;
  const privateKey = await importPKCS8(pem, alg, { extractable: true });
  const { d: _, ...publicJwk }: JWK = await exportJWK(privateKey);
  const [protecting, processing] = algorithm.key.protects.half === 'public' ? [publicJwk, privateKey] : [privateKey, publicJwk];
  return { kid, ours, theirs: { protecting, processing } };
};

describe('The algorithms that are offered', () => {
  it('are five', () => {
    expect(ALGORITHM_NAMES).toEqual(['A256GCM/A256KW', 'A256KW', 'ES256', 'ES384', 'EdDSA']);
  });

  it('grow by a line in a family: each content encryption goes with each key management, and each key management wraps alone', () => {
    const more = algorithmsOf({
      contentEncryptions: { A128GCM: aesGcm(128), A256GCM: aesGcm(256) },
      keyManagements: { A128KW: aesKeyWrap(128) },
      signatures: { ES512: ecdsa({ curveBits: 521, hashBits: 512 }) },
    });
    expect(Object.entries(more).map(([name, { use, summary }]) => [name, use, summary])).toEqual([
      ['A128GCM/A128KW', 'encrypt', 'AES-128-GCM content encryption, its key wrapped with AES-128 key wrap: encrypts data'],
      ['A256GCM/A128KW', 'encrypt', 'AES-256-GCM content encryption, its key wrapped with AES-128 key wrap: encrypts data'],
      ['A128KW', 'wrap', 'AES-128 key wrap: wraps other keys'],
      ['ES512', 'sign', 'ECDSA on P-521 with SHA-512'],
    ]);
  });

  it('protect as often as the stricter of their two parts allows', () => {
    expect(MORE['A128GCM/A128KW'].protectionLimit).toBe(2 ** 32);
    expect(MORE['A128CBC-HS256/A192GCMKW'].protectionLimit).toBe(2 ** 32);
    expect(MORE['A128CBC-HS256/A128KW'].protectionLimit).toBeNull();
    const strict = algorithmsOf({
      contentEncryptions: { A256GCM: { ...aesGcm(256), protectionLimit: 1000 } },
      keyManagements: { A192GCMKW: aesGcmKeyWrap(192) },
      signatures: {},
    });
    expect(strict['A256GCM/A192GCMKW'].protectionLimit).toBe(1000);
    expect(MORE.ES512.protectionLimit).toBeNull();
  });
});

describe.each(rows('jwe'))('A JWE of %s', (_name, algorithm) => {
  const header = algorithm.jose.header as { alg: string; enc: string };

  it('that we seal is opened by jose alone', async () => {
    const { kid, ours, theirs } = await newKey(algorithm);
    const jwe = await sealJwe({ algorithm, key: ours.protecting, kid, context: CONTEXT, plaintext: CONTENT });
    const opened = await compactDecrypt(jwe, theirs.processing, {
      keyManagementAlgorithms: [header.alg],
      contentEncryptionAlgorithms: [header.enc],
    });
    expect(new Uint8Array(opened.plaintext)).toEqual(CONTENT);
    expect(opened.protectedHeader).toMatchObject({ ...header, kid });
  });

  it('that jose seals is read and opened by us', async () => {
    const { kid, ours, theirs } = await newKey(algorithm);
    const text = await new CompactEncrypt(CONTENT).setProtectedHeader({ ...header, kid }).encrypt(theirs.protecting);
    const input = readJwe(text, algorithm);
    expect(input?.kid).toBe(kid);
    const plaintext = input && (await openJwe({ algorithm, key: ours.processing, input, context: undefined }));
    expect(plaintext && new Uint8Array(plaintext)).toEqual(CONTENT);
  });

  it('that is a decoy passes every check of form and is refused by the key', async () => {
    const { ours } = await newKey(algorithm);
    const decoy = decoyJwe(algorithm, 100);
    expect(readJwe(decoy.text, algorithm)).toEqual(decoy);
    expect(await openJwe({ algorithm, key: ours.processing, input: decoy, context: undefined })).toBeNull();
  });
});

describe.each(rows('jws'))('A JWS of %s', (_name, algorithm) => {
  const { alg } = algorithm.jose.header;

  it('that we sign is verified by jose alone', async () => {
    const { kid, ours, theirs } = await newKey(algorithm);
    const jws = await signJws({ algorithm, key: ours.protecting, kid, payload: CONTENT });
    const verified = await compactVerify(jws, theirs.processing, { algorithms: [alg] });
    expect(new Uint8Array(verified.payload)).toEqual(CONTENT);
    expect(verified.protectedHeader).toEqual({ alg, kid });
  });

  it('that jose signs is read and verified by us', async () => {
    const { kid, ours, theirs } = await newKey(algorithm);
    const text = await new CompactSign(CONTENT).setProtectedHeader({ alg, kid }).sign(theirs.protecting);
    const input = readJws(text, algorithm);
    expect(input?.kid).toBe(kid);
    const payload = input && (await verifyJws({ algorithm, key: ours.processing, input }));
    expect(payload && new Uint8Array(payload)).toEqual(CONTENT);
  });

  it('that is a decoy passes every check of form and is refused by the key', async () => {
    const { ours } = await newKey(algorithm);
    const decoy = decoyJws(algorithm, 100);
    expect(readJws(decoy.text, algorithm)).toEqual(decoy);
    expect(await verifyJws({ algorithm, key: ours.processing, input: decoy })).toBeNull();
  });
});

describe('A header parameter of a family', () => {
  const withHeader = (algorithm: Algorithm, parameters: Record<string, unknown>): string => {
    const { text, header } = decoyJwe(algorithm, 4);
    return [encodeBase64url(JSON.stringify({ ...header, ...parameters })), ...text.split('.').slice(1)].join('.');
  };
  const isRead = (algorithm: Algorithm, parameters: Record<string, unknown>) =>
    readJwe(withHeader(algorithm, parameters), algorithm) !== null;
  const [keyWrap, gcm, ecdh] = [MORE['A256GCM/A256KW'], MORE['A256GCM/A192GCMKW'], MORE['A256GCM/ECDH-ES+A256KW']];

  it('is read with its family and refused with another', () => {
    expect(isRead(gcm, { iv: 'AAAA', tag: 'AAAA' })).toBe(true);
    expect(isRead(ecdh, { epk: { kty, crv, x, y }, apu: 'QQ', apv: 'Qg' })).toBe(true);
    for (const parameters of [{ iv: 'AAAA' }, { tag: 'AAAA' }]) {
      expect(isRead(keyWrap, parameters)).toBe(false);
      expect(isRead(ecdh, parameters)).toBe(false);
    }
    for (const parameters of [{ epk: {} }, { apu: 'QQ' }, { apv: 'Qg' }]) {
      expect(isRead(keyWrap, parameters)).toBe(false);
      expect(isRead(gcm, parameters)).toBe(false);
    }
  });

  it.each([[null], ['text'], [7], [true], [['text']]])('that is an object is not %j', (epk) => {
    expect(isRead(ecdh, { epk })).toBe(false);
  });

  it.each([[null], [{}], [7], [true], [['text']]])('that is text is not %j', (value) => {
    expect(isRead(ecdh, { apu: value })).toBe(false);
    expect(isRead(gcm, { iv: value })).toBe(false);
  });

  it.each([['zip'], ['crit'], ['jwk'], ['jku'], ['x5u'], ['x5c'], ['p2s'], ['p2c'], ['b64'], ['constructor'], ['toString']])(
    'lets %s in nowhere',
    (name) => {
      for (const [, algorithm] of rows('jwe')) for (const value of ['text', {}]) expect(isRead(algorithm, { [name]: value })).toBe(false);
    },
  );
});
