import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject, randomUUIDv7 } from 'node:crypto';
import { CompactEncrypt, CompactSign, compactDecrypt, compactVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Algorithm } from '#kms/jose/algorithm.ts';
import { ALGORITHMS, VARIANTS, algorithmOf, algorithmsOf } from '#kms/jose/algorithms.ts';
import { decodeBase64url, encodeBase64url, viewOf } from '#kms/jose/encoding/base64url.ts';
import { readJwe, readJws } from '#kms/jose/compact.ts';
import { decoySealOf } from '#kms/jose/decoy-seals.ts';
import { decoyJwe, decoyJws } from '#kms/jose/decoys.ts';
import { aesGcm } from '#kms/jose/families/aes-gcm.ts';
import { aesGcmKeyWrap } from '#kms/jose/families/aes-gcm-key-wrap.ts';
import { aesKeyWrap } from '#kms/jose/families/aes-key-wrap.ts';
import { ecdsa } from '#kms/jose/families/ecdsa.ts';
import { openJwe, sealJwe } from '#kms/jose/jwe.ts';
import { signJws, verifyJws } from '#kms/jose/jws.ts';
import { importSecret } from '#kms/jose/key-material.ts';
import { secretFor } from '#test/kms/jose/secrets.ts';

const rows = (kind: 'jwe' | 'jws'): readonly [string, Algorithm][] =>
  Object.entries<Algorithm>(ALGORITHMS).filter(([, { jose }]) => jose.kind === kind);

/** One size of RSA, so that a test of many bytes takes no minute. */
const ofSmallestSize = ([, { key }]: readonly [string, Algorithm]): boolean =>
  key.kind === 'symmetric' || key.size === null || key.size === 2048;

/** Every algorithm, and every size of RSA with one content encryption. */
const eachFamily = (kind: 'jwe' | 'jws') => rows(kind).filter((row) => ofSmallestSize(row) || row[1].use !== 'encrypt');

const CONTENT = new TextEncoder().encode('attack at dawn');
const CONTEXT = 'invoice=2031-0042';

/** A key for our own code and, from the same secret, for jose, which has no part in ours. */
const newKey = async (algorithm: Algorithm) => {
  const kid = randomUUIDv7();
  const secret = await secretFor(algorithm);
  const ours = importSecret(algorithm, kid, secret);
  if (algorithm.key.kind === 'symmetric') {
    const key: KeyObject = createSecretKey(secret);
    return { kid, ours, theirs: { protecting: key, processing: key } };
  }
  const privateKey = createPrivateKey({ key: viewOf(secret), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(privateKey);
  const [protecting, processing] = algorithm.key.protects === 'public' ? [publicKey, privateKey] : [privateKey, publicKey];
  return { kid, ours, theirs: { protecting, processing } };
};

describe('The algorithms that are offered', () => {
  it('are those of the table in docs, by name', () => {
    const encs = ['A128GCM', 'A192GCM', 'A256GCM', 'A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512'];
    const wraps = ['A128KW', 'A192KW', 'A256KW', 'A128GCMKW', 'A192GCMKW', 'A256GCMKW'];
    const oaep = ['RSA-OAEP-256', 'RSA-OAEP-384', 'RSA-OAEP-512'];
    const agreements = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A192KW', 'ECDH-ES+A256KW'];
    const algs = [...wraps, ...oaep, ...agreements];
    const signatures = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
    const others = ['ML-DSA-44', 'ML-DSA-65', 'ML-DSA-87', 'HS256', 'HS384', 'HS512'];
    expect([...VARIANTS.keys()]).toEqual([
      ...encs.flatMap((enc) => ['dir', ...algs].map((alg) => `${enc}/${alg}`)),
      ...algs,
      ...signatures,
      ...others,
    ]);
  });

  it.each(['RSA1_5', 'RSA-OAEP', 'PBES2-HS256+A128KW', 'none', 'dir'])('are not %s alone', (name) => {
    expect(VARIANTS.has(name)).toBe(false);
    expect(VARIANTS.has(`A256GCM/${name}`)).toBe(name === 'dir');
  });

  it('have RSA keys of 3072 bits and keys on P-256 where nobody names another', () => {
    expect(VARIANTS.get('PS256')?.slice(0, 3)).toEqual(['PS256:3072', 'PS256:2048', 'PS256:4096']);
    expect(VARIANTS.get('A256GCM/ECDH-ES')?.[0]).toBe('A256GCM/ECDH-ES:P-256');
  });

  it('grow by a line in a family: each content encryption goes with each key management, and each key management wraps alone', () => {
    const more = algorithmsOf({
      contentEncryptions: { A128GCM: aesGcm(128), A256GCM: aesGcm(256) },
      keyManagements: { A128KW: aesKeyWrap(128) },
      signatures: { ES512: ecdsa({ curve: 'P-521', hashBits: 512 }) },
    });
    expect(Object.entries(more).map(([name, { use, summary }]) => [name, use, summary])).toEqual([
      ['A128GCM/A128KW', 'encrypt', 'AES-128-GCM content encryption, its key wrapped with AES-128 key wrap: encrypts data'],
      ['A256GCM/A128KW', 'encrypt', 'AES-256-GCM content encryption, its key wrapped with AES-128 key wrap: encrypts data'],
      ['A128KW', 'wrap', 'AES-128 key wrap: wraps other keys'],
      ['ES512', 'sign', 'ECDSA on P-521 with SHA-512: signs JWS'],
      ['ES512:raw', 'sign-raw', 'ECDSA on P-521 with SHA-512: signs bytes that are no JWS'],
    ]);
  });

  it('protect as often as the stricter of their two parts allows', () => {
    expect(algorithmOf('A128GCM/A128KW').protectionLimit).toBe(2 ** 32);
    expect(algorithmOf('A256GCM/dir').protectionLimit).toBe(2 ** 32);
    expect(algorithmOf('A128CBC-HS256/A192GCMKW').protectionLimit).toBe(2 ** 32);
    expect(algorithmOf('A128CBC-HS256/A128KW').protectionLimit).toBeNull();
    const strict = algorithmsOf({
      contentEncryptions: { A256GCM: { ...aesGcm(256), protectionLimit: 1000 } },
      keyManagements: { A192GCMKW: aesGcmKeyWrap(192) },
      signatures: {},
    });
    expect(strict['A256GCM/A192GCMKW'].protectionLimit).toBe(1000);
    expect(algorithmOf('ES512').protectionLimit).toBeNull();
  });
});

describe.each(eachFamily('jwe'))('A JWE of %s', (_name, algorithm) => {
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
    expect(plaintext).toEqual(CONTENT);
  });

  it('that is a decoy passes every check of form and is refused by the key', async () => {
    const { ours } = await newKey(algorithm);
    const { sealed, processing } = await decoySealOf(algorithm, ours);
    expect(await openJwe({ algorithm, key: processing, input: sealed, context: undefined })).toHaveLength(0);
    for (const decoy of [decoyJwe(algorithm, 100), decoyJwe(algorithm, 1000, sealed)]) {
      expect(readJwe(decoy.text, algorithm)).toMatchObject({ header: decoy.header, text: decoy.text });
      expect(readJwe(decoy.text, algorithm)?.segments.map(encodeBase64url)).toEqual(decoy.segments.map(encodeBase64url));
      expect(await openJwe({ algorithm, key: processing, input: decoy, context: undefined })).toBeNull();
    }
  });

  it('from which decoys are made is sealed by a key of its own where the key is secret, and once', async () => {
    const [{ ours }, { ours: others }] = [await newKey(algorithm), await newKey(algorithm)];
    const [seal, other] = [await decoySealOf(algorithm, ours), await decoySealOf(algorithm, others)];
    const isPair = algorithm.key.kind === 'pair';
    expect(seal.processing === ours.processing).toBe(isPair);
    expect(seal.sealed === other.sealed).toBe(!isPair);
    expect(await decoySealOf(algorithm, ours)).toBe(seal);
  });
});

describe.each(eachFamily('jws'))('A JWS of %s', (_name, algorithm) => {
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
    const payload = input && verifyJws({ algorithm, key: ours.processing, input });
    expect(payload).toEqual(CONTENT);
  });

  it('that is a decoy passes every check of form and is refused by the key', async () => {
    const { kid, ours } = await newKey(algorithm);
    const signed = readJws(await signJws({ algorithm, key: ours.protecting, kid, payload: new Uint8Array() }), algorithm);
    expect(signed).not.toBeNull();
    for (const decoy of [decoyJws(algorithm, 100), decoyJws(algorithm, 10_000, signed ?? undefined)]) {
      expect(readJws(decoy.text, algorithm)).toMatchObject({ header: decoy.header, text: decoy.text });
      expect(verifyJws({ algorithm, key: ours.processing, input: decoy })).toBeNull();
    }
  });
});

/** The text with one bit of one byte of one segment turned, at the start, in the middle and at the end of each. */
const tampered = (text: string): readonly string[] => {
  const segments = text.split('.');
  return segments.flatMap((segment, at) => {
    const { length } = decodeBase64url(segment) ?? [];
    return [...new Set([0, Math.floor(length / 2), length - 1])]
      .filter((index) => index >= 0 && index < length)
      .map((index) => {
        const bytes = decodeBase64url(segment) ?? new Uint8Array();
        bytes[index] = (bytes[index] ?? 0) ^ 1;
        return segments.map((other, place) => (place === at ? encodeBase64url(bytes) : other)).join('.');
      });
  });
};

describe('A text of which one bit was turned', () => {
  it.each(rows('jwe').filter(ofSmallestSize))('opens with no key of %s', async (_name, algorithm) => {
    const { kid, ours } = await newKey(algorithm);
    const jwe = await sealJwe({ algorithm, key: ours.protecting, kid, context: undefined, plaintext: CONTENT });
    for (const text of tampered(jwe)) {
      const input = readJwe(text, algorithm);
      expect(input && (await openJwe({ algorithm, key: ours.processing, input, context: undefined }))).toBeNull();
    }
  });

  it.each(rows('jws').filter(ofSmallestSize))('verifies with no key of %s', async (_name, algorithm) => {
    const { kid, ours } = await newKey(algorithm);
    for (const text of tampered(await signJws({ algorithm, key: ours.protecting, kid, payload: CONTENT }))) {
      const input = readJws(text, algorithm);
      expect(input && verifyJws({ algorithm, key: ours.processing, input })).toBeNull();
    }
  });
});

describe('A secret', () => {
  it('of another kind, curve or size makes no key of an algorithm', async () => {
    const strangers = [
      ['ES256', 'ES384'],
      ['ES256', 'EdDSA'],
      ['PS256:3072', 'PS256:2048'],
      ['ML-DSA-44', 'ML-DSA-65'],
      ['A256KW', 'A128KW'],
      ['A256GCM/ECDH-ES:X25519', 'EdDSA'],
    ] as const;
    for (const [name, other] of strangers) {
      const secret = await secretFor(algorithmOf(other));
      expect(() => importSecret(algorithmOf(name), 'kid', secret)).toThrow(TypeError);
    }
  });
});

describe('A public JWK', () => {
  it.each([
    ['ES512', ['kty', 'crv', 'x', 'y'], 'sig'],
    ['Ed25519', ['kty', 'crv', 'x'], 'sig'],
    ['RS256:2048', ['kty', 'n', 'e'], 'sig'],
    ['ML-DSA-44', ['kty', 'pub'], 'sig'],
    ['A256GCM/RSA-OAEP-256:2048', ['kty', 'n', 'e'], 'enc'],
    ['ECDH-ES+A256KW:X25519', ['kty', 'crv', 'x'], 'enc'],
  ] as const)('of %s has the members of its kind, and neither key_ops nor a secret', async (name, members, use) => {
    const algorithm = algorithmOf(name);
    const { publicJwk } = importSecret(algorithm, 'kid', await secretFor(algorithm));
    expect(Object.keys(publicJwk ?? {})).toEqual([...members, 'kid', 'alg', 'use']);
    expect(publicJwk).toMatchObject({ alg: algorithm.jose.header.alg, use });
  });
});

describe('A header parameter of a family', () => {
  const withHeader = (algorithm: Algorithm, parameters: Record<string, unknown>): string => {
    const { text, header } = decoyJwe(algorithm, 4);
    return [encodeBase64url(JSON.stringify({ ...header, ...parameters })), ...text.split('.').slice(1)].join('.');
  };
  const isRead = (algorithm: Algorithm, parameters: Record<string, unknown>) =>
    readJwe(withHeader(algorithm, parameters), algorithm) !== null;
  const keyWrap = algorithmOf('A256GCM/A256KW');
  const gcm = algorithmOf('A256GCM/A192GCMKW');
  const ecdh = algorithmOf('A256GCM/ECDH-ES+A256KW:P-256');
  const epk = decoyJwe(ecdh, 4).header['epk'];

  it('is read with its family and refused with another', () => {
    expect(isRead(gcm, { iv: 'AAAA', tag: 'AAAA' })).toBe(true);
    expect(isRead(ecdh, { epk, apu: 'QQ', apv: 'Qg' })).toBe(true);
    for (const parameters of [{ iv: 'AAAA' }, { tag: 'AAAA' }]) {
      expect(isRead(keyWrap, parameters)).toBe(false);
      expect(isRead(ecdh, parameters)).toBe(false);
    }
    for (const parameters of [{ epk: {} }, { apu: 'QQ' }, { apv: 'Qg' }]) {
      expect(isRead(keyWrap, parameters)).toBe(false);
      expect(isRead(gcm, parameters)).toBe(false);
    }
  });

  it.each([[null], ['text'], [7], [true], [['text']]])('that is an object is not %j', (value) => {
    expect(isRead(ecdh, { epk: value })).toBe(false);
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
