import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { ALGORITHM_NAMES, type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { importSecret } from '#kms/jose/key-material.ts';
import type { RsaParts } from '#kms/jose/received/forms/key-parts.ts';
import { der, derNumber, TAG } from '#kms/jose/received/forms/der.ts';
import { readPkcs8 } from '#kms/jose/received/forms/read-pkcs8.ts';
import { isRocaWeak } from '#kms/jose/received/checks/roca.ts';
import { type KeyFormat, receiveKey, usualFormat } from '#kms/jose/received/receive-key.ts';
import { secretFor } from '#test/kms/jose/secrets.ts';
import {
  bytesOf,
  newPrivateKey,
  numberOf,
  oddOf,
  pkcs8Of,
  primeFrom,
  primeWithFingerprint,
  privateKeyOf,
  rsaOf,
  rsaPkcs8,
} from '#test/kms/jose/received/made-keys.ts';

const receive = (name: AlgorithmName, bytes: Uint8Array, format?: KeyFormat) =>
  receiveKey(algorithmOf(name), format ?? usualFormat(algorithmOf(name)), bytes);

const json = (value: object): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

/** The JWK of a secret of the KMS. */
const jwkOf = (name: AlgorithmName, secret: Uint8Array): Record<string, unknown> =>
  algorithmOf(name).key.kind === 'symmetric'
    ? { kty: 'oct', k: encodeBase64url(secret) }
    : { ...privateKeyOf(secret).export({ format: 'jwk' }) };

let rsa: RsaParts;
beforeAll(() => {
  const parts = readPkcs8(pkcs8Of(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey));
  if (parts.type !== 'rsa') throw new Error('Node made another key than one of RSA');
  rsa = parts;
});

const kindOf = (name: AlgorithmName): string => {
  const { key, base } = algorithmOf(name);
  return key.kind === 'symmetric' ? `${key.bytes}` : (key.curve ?? String(key.size ?? base));
};

/** A name for each kind of key, but for the largest of RSA, which takes seconds to make. */
const KINDS = [...new Map(ALGORITHM_NAMES.map((name) => [kindOf(name), name]))].filter(([kind]) => kind !== '4096');

describe('A key from elsewhere', () => {
  it.each(KINDS)('of %s is the secret that the KMS makes itself, whether it came as PKCS#8, as bytes or as a JWK', async (_, name) => {
    const secret = await secretFor(algorithmOf(name));
    expect(new Uint8Array(await receive(name, secret))).toEqual(new Uint8Array(secret));
    expect(new Uint8Array(await receive(name, json(jwkOf(name, secret)), 'jwk'))).toEqual(new Uint8Array(secret));
    expect(importSecret(algorithmOf(name), 'kid', await receive(name, secret)).publicJwk?.kid).toBe(
      algorithmOf(name).key.kind === 'symmetric' ? undefined : 'kid',
    );
  });

  it('may have attributes and say its version, and may leave out or repeat its public part', async () => {
    const key = newPrivateKey('ed25519');
    const jwk = key.export({ format: 'jwk' });
    const [d, x] = [Buffer.from(String(jwk.d), 'base64url'), Buffer.from(String(jwk.x), 'base64url')];
    const whole = (...rest: Uint8Array[]) =>
      der(
        TAG.sequence,
        derNumber(Uint8Array.of(1)),
        der(TAG.sequence, der(TAG.objectId, Buffer.from('2b6570', 'hex'))),
        der(TAG.octetString, der(TAG.octetString, d)),
        ...rest,
      );
    const publicPart = der(TAG.primitive1, Uint8Array.of(0), x);
    expect(new Uint8Array(await receive('EdDSA', whole(der(TAG.constructed0), publicPart)))).toEqual(pkcs8Of(key));
    const foreign = der(TAG.primitive1, Uint8Array.of(0), randomBytes(32));
    await expect(receive('EdDSA', whole(foreign))).rejects.toMatchObject({
      fault: 'inconsistent',
      message: 'has a public part that is not of its private part',
    });
  });

  it('on a curve gets its public point where it came without one', async () => {
    const key = newPrivateKey('P-384');
    const d = Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url');
    const bare = der(
      TAG.sequence,
      derNumber(new Uint8Array()),
      der(TAG.sequence, der(TAG.objectId, Buffer.from('2a8648ce3d0201', 'hex')), der(TAG.objectId, Buffer.from('2b81040022', 'hex'))),
      der(TAG.octetString, der(TAG.sequence, derNumber(Uint8Array.of(1)), der(TAG.octetString, d))),
    );
    expect(new Uint8Array(await receive('ES384', bare))).toEqual(pkcs8Of(key));
  });
});

describe('A key of RSA is refused', () => {
  const refusal = async (parts: Partial<RsaParts>, name: AlgorithmName = 'RS256:2048') => {
    const error: unknown = await receive(name, rsaPkcs8({ ...rsa, ...parts })).catch((thrown: unknown) => thrown);
    const { fault, message } = error as { fault: string; message: string };
    return [fault, message];
  };
  const plus = (part: Uint8Array, more: bigint): Uint8Array => bytesOf(numberOf(part) + more);

  it('as it is not, where nothing is wrong with it', async () => {
    expect(new Uint8Array(await receive('RS256:2048', rsaPkcs8(rsa)))).toEqual(new Uint8Array(rsaPkcs8(rsa)));
  });

  it('when it is too small, or of another size than the algorithm has', async () => {
    const small = pkcs8Of(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey);
    await expect(receive('RS256:2048', small)).rejects.toMatchObject({
      fault: 'weak',
      message: 'is an RSA key of 1024 bits, and 2048 are the least',
    });
    expect(await refusal({}, 'RS256:3072')).toEqual([
      'kind',
      'is an RSA key of 2048 bits, and this elastic key takes an RSA key of 3072 bits',
    ]);
  });

  it('when its exponent is even, below 65537 or longer than 64 bits', async () => {
    expect(await refusal({ e: bytesOf(65_538n) })).toEqual(['weak', 'has a public exponent that is even']);
    expect(await refusal({ e: bytesOf(3n) })).toEqual(['weak', 'has a public exponent below 65537']);
    expect(await refusal({ e: bytesOf(2n ** 64n + 1n) })).toEqual(['weak', 'has a public exponent of more than 64 bits']);
  });

  it('when it has the fingerprint of CVE-2017-15361, and no other key has it', async () => {
    const weak = rsaOf(primeWithFingerprint(1024), primeWithFingerprint(1024));
    expect(await refusal(weak)).toEqual(['weak', 'has the fingerprint of CVE-2017-15361 (ROCA): its primes can be found from its modulus']);
    expect(isRocaWeak(numberOf(rsa.n))).toBe(false);
    expect(isRocaWeak(numberOf(weak.n) + 2n)).toBe(false);
  });

  it('when its modulus is even, or not the product of its primes', async () => {
    expect(await refusal({ n: plus(rsa.n, 1n) })).toEqual(['inconsistent', 'has a modulus that is even']);
    expect(await refusal({ n: plus(rsa.n, 2n) })).toEqual(['inconsistent', 'has a modulus that is not the product of its two primes']);
  });

  it('when its exponents, CRT exponents or coefficient are of another key', async () => {
    const exponent = ['inconsistent', 'has a private exponent that does not belong to its public one'];
    const crt = ['inconsistent', 'has CRT exponents (dp, dq) that are not of its private exponent'];
    expect(await refusal({ d: plus(rsa.d, 2n) })).toEqual(exponent);
    expect(await refusal({ e: bytesOf(65_539n) })).toEqual(exponent);
    expect(await refusal({ dp: plus(rsa.dp, 2n) })).toEqual(crt);
    expect(await refusal({ dq: plus(rsa.dq, 2n) })).toEqual(crt);
    expect(await refusal({ qi: plus(rsa.qi, 1n) })).toEqual(['inconsistent', 'has a CRT coefficient (qi) that is not of its primes']);
    expect(await refusal({ p: rsa.q, q: rsa.p })).toEqual(crt);
  });

  it('when its primes are close to each other, of two lengths or no primes', async () => {
    const start = oddOf(1024);
    const first = primeFrom(start, 2n);
    expect(await refusal(rsaOf(primeFrom(first + 2n, 2n), first))).toEqual(['weak', 'has primes that are too close to each other']);
    expect(await refusal(rsaOf(primeFrom(oddOf(1032), 2n), primeFrom(oddOf(1016), 2n)))).toEqual([
      'weak',
      'has primes of different lengths',
    ]);
    const [composite, prime] = [numberOf(rsa.p) - 2n, numberOf(rsa.q)];
    const odd = composite % 65_537n === 1n ? composite - 2n : composite;
    expect(await refusal(rsaOf(odd, prime))).toSatisfy(([fault]: string[]) => fault === 'inconsistent');
  });

  it('when it has more than two primes, in PKCS#8 and as a JWK', async () => {
    const numbers = [rsa.n, rsa.e, rsa.d, rsa.p, rsa.q, rsa.dp, rsa.dq, rsa.qi].map(derNumber);
    const multi = der(
      TAG.sequence,
      derNumber(new Uint8Array()),
      der(TAG.sequence, der(TAG.objectId, Buffer.from('2a864886f70d010101', 'hex')), der(TAG.null)),
      der(TAG.octetString, der(TAG.sequence, derNumber(Uint8Array.of(1)), ...numbers, der(TAG.sequence))),
    );
    await expect(receive('RS256:2048', multi)).rejects.toMatchObject({ message: 'is an RSA key of more than two primes' });
    const jwk = { ...privateKeyOf(rsaPkcs8(rsa)).export({ format: 'jwk' }), oth: [] };
    await expect(receive('RS256:2048', json(jwk), 'jwk')).rejects.toMatchObject({ message: 'is an RSA key of more than two primes (oth)' });
  });
});

describe('A key on a curve is refused', () => {
  const jwk = (more: object = {}) => ({ ...newPrivateKey('P-256').export({ format: 'jwk' }), ...more });
  const taking = (value: object, name: AlgorithmName = 'ES256') => receive(name, json(value), 'jwk');

  it('when its public point is off the curve or of another key', async () => {
    const own = jwk();
    const off = Buffer.from(String(own.y), 'base64url');
    off[31] = (off[31] ?? 0) ^ 1;
    await expect(taking({ ...own, y: off.toString('base64url') })).rejects.toMatchObject({
      fault: 'inconsistent',
      message: 'has a public point that is not on P-256',
    });
    const { x, y } = jwk();
    await expect(taking({ ...own, x, y })).rejects.toMatchObject({
      fault: 'inconsistent',
      message: 'has a public point that is not of its private number',
    });
    const okp = newPrivateKey('x25519').export({ format: 'jwk' });
    await expect(taking({ ...okp, x: randomBytes(32).toString('base64url') }, 'ECDH-ES:X25519')).rejects.toMatchObject({
      fault: 'inconsistent',
    });
  });

  it('when its private number is zero or not below the order', async () => {
    for (const d of [Buffer.alloc(32), Buffer.alloc(32, 0xff)])
      await expect(taking({ ...jwk(), d: d.toString('base64url') })).rejects.toMatchObject({
        fault: 'inconsistent',
        message: 'has a private number that is not within the order of P-256',
      });
  });

  it('when it is on another curve than the algorithm, or on one that none has', async () => {
    await expect(receive('ES256', pkcs8Of(newPrivateKey('P-384')))).rejects.toMatchObject({
      fault: 'kind',
      message: 'is a key on P-384, and this elastic key takes a key on P-256',
    });
    await expect(receive('EdDSA', pkcs8Of(newPrivateKey('x25519')))).rejects.toMatchObject({ fault: 'kind' });
    await expect(receive('ES256', pkcs8Of(newPrivateKey('secp256k1')))).rejects.toMatchObject({
      fault: 'kind',
      message: 'is on secp256k1',
    });
    await expect(receive('EdDSA', pkcs8Of(newPrivateKey('ed448')))).rejects.toMatchObject({ fault: 'kind', message: 'is an Ed448 key' });
  });

  it('when a member is missing, too short, too long or not canonical', async () => {
    const { d, ...rest } = jwk();
    await expect(taking(rest)).rejects.toMatchObject({ fault: 'form', message: 'has no member d' });
    await expect(taking({ ...rest, d: String(d).slice(2) })).rejects.toMatchObject({ fault: 'form' });
    await expect(taking({ ...rest, d: `${String(d)}=` })).rejects.toMatchObject({
      message: 'has a member d that is not canonical base64url',
    });
    await expect(taking({ ...rest, d: 7 })).rejects.toMatchObject({ message: 'has a member d that is not canonical base64url' });
  });
});

describe('A JWK is refused', () => {
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;

  const withMember = async (member: string, value: string) => {
    const own = jwkOf('ES256', await secretFor(algorithmOf('ES256')));
    return new TextEncoder().encode(JSON.stringify({ ...own, [member]: 0 }).replace(`"${member}":0`, `"${member}":${value}`));
  };

  it.each(['kty', 'use', 'alg', 'kid'])('where its %s is no text', async (member) => {
    for (const value of ['{"toString":1,"valueOf":1}', deep, 'null', '7', '["ES256"]']) {
      const refused = receive('ES256', await withMember(member, value), 'jwk');
      await expect(refused).rejects.toMatchObject({ fault: 'form', message: `has a member ${member} that is no text` });
    }
  });

  it('for nothing that a member says which no JWK has', async () => {
    expect(await receive('ES256', await withMember('other', deep), 'jwk')).toBeInstanceOf(Uint8Array);
  });
});

describe('A symmetric key is refused', () => {
  it('when it has another length than the algorithm, is all zeros, or comes in a form of key pairs', async () => {
    await expect(receive('A256KW', randomBytes(16))).rejects.toMatchObject({
      fault: 'kind',
      message: 'is a symmetric key of 16 bytes, and this elastic key takes a symmetric key of 32 bytes',
    });
    await expect(receive('A256KW', new Uint8Array(32))).rejects.toMatchObject({ fault: 'weak', message: 'is all zeros' });
    await expect(receive('A256KW', randomBytes(32), 'pkcs8')).rejects.toMatchObject({ fault: 'form' });
    await expect(receive('ES256', randomBytes(32), 'raw')).rejects.toMatchObject({ fault: 'form' });
    await expect(receive('HS256', json({ kty: 'oct' }), 'jwk')).rejects.toMatchObject({ message: 'has no member k' });
  });

  it('as one of HMAC only when it is shorter than the hash, or longer than 128 bytes', async () => {
    for (const [algorithm, least] of [
      ['HS256', 32],
      ['HS384', 48],
      ['HS512', 64],
    ] as const) {
      for (const length of [least, 64, 100, 128]) expect(await receive(algorithm, randomBytes(length))).toHaveLength(length);
      for (const length of [least - 1, 129])
        await expect(receive(algorithm, randomBytes(length))).rejects.toMatchObject({
          fault: 'kind',
          message: `is a symmetric key of ${length} bytes, and this elastic key takes a symmetric key of ${least} to 128 bytes`,
        });
    }
  });

  it('when its JWK says that it is for something else', async () => {
    const k = randomBytes(32).toString('base64url');
    await expect(receive('A256KW', json({ kty: 'oct', k, alg: 'HS256' }), 'jwk')).rejects.toMatchObject({
      fault: 'kind',
      message: 'says alg HS256, and this elastic key is of A256KW',
    });
    await expect(receive('HS256', json({ kty: 'oct', k, use: 'enc' }), 'jwk')).rejects.toMatchObject({ fault: 'kind' });
    await expect(receive('A256GCM/dir', json({ kty: 'oct', k, alg: 'A256GCM', use: 'enc', kid: 'mine' }), 'jwk')).resolves.toHaveLength(32);
  });
});

describe('A key of ML-DSA', () => {
  const oid = Buffer.from('608648016503040311', 'hex');
  const pkcs8 = (privateKey: Uint8Array) =>
    der(TAG.sequence, derNumber(new Uint8Array()), der(TAG.sequence, der(TAG.objectId, oid)), der(TAG.octetString, privateKey));

  it('comes as its seed, and in no other form of RFC 9881', async () => {
    const key = newPrivateKey('ml-dsa-44');
    const jwk = key.export({ format: 'jwk' }) as Record<string, string>;
    const seed = Buffer.from(String(jwk['priv']), 'base64url');
    expect(new Uint8Array(await receive('ML-DSA-44', pkcs8(der(TAG.primitive0, seed))))).toEqual(pkcs8Of(key));
    const expanded = der(TAG.octetString, randomBytes(2560));
    await expect(receive('ML-DSA-44', pkcs8(expanded))).rejects.toMatchObject({
      fault: 'form',
      message: 'is a key of ML-DSA-44 in the form expandedKey of RFC 9881',
    });
    const both = der(TAG.sequence, der(TAG.octetString, seed), expanded);
    await expect(receive('ML-DSA-44', pkcs8(both))).rejects.toMatchObject({
      message: 'is a key of ML-DSA-44 in the form both of RFC 9881',
    });
    await expect(receive('ML-DSA-44', pkcs8(der(TAG.primitive0, new Uint8Array(32))))).rejects.toMatchObject({ fault: 'weak' });
    await expect(receive('ML-DSA-44', pkcs8(der(TAG.primitive0, randomBytes(31))))).rejects.toMatchObject({ fault: 'form' });
  });

  it('is refused as a JWK whose public part is of another seed, or which names another parameter set', async () => {
    const [own, other] = [newPrivateKey('ml-dsa-65'), newPrivateKey('ml-dsa-65')].map((key) => key.export({ format: 'jwk' })) as [
      object,
      object,
    ];
    const foreign = { ...own, pub: (other as { pub: string }).pub };
    await expect(receive('ML-DSA-65', json(foreign), 'jwk')).rejects.toMatchObject({ fault: 'inconsistent' });
    await expect(receive('ML-DSA-65', json({ ...own, alg: 'ML-DSA-99' }), 'jwk')).rejects.toMatchObject({ fault: 'form' });
    await expect(receive('ML-DSA-87', pkcs8Of(newPrivateKey('ml-dsa-65')))).rejects.toMatchObject({
      fault: 'kind',
      message: 'is a key of ML-DSA-65, and this elastic key takes a key of ML-DSA-87',
    });
  });
});

describe('A key in another form is refused by the name of that form', () => {
  const key = newPrivateKey('P-256');
  const latin = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
  const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const forms: Readonly<Record<string, [Uint8Array, string]>> = {
    PEM: [latin(String(key.export({ format: 'pem', type: 'pkcs8' }))), 'is PEM, a text around base64'],
    base64: [latin(Buffer.from(pkcs8Of(key)).toString('base64')), 'is the base64 of DER, and not its bytes'],
    JSON: [json(key.export({ format: 'jwk' })), 'is JSON'],
    'encrypted PKCS#8': [
      key.export({ format: 'der', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }),
      'is encrypted PKCS#8 (EncryptedPrivateKeyInfo)',
    ],
    'SEC 1': [key.export({ format: 'der', type: 'sec1' }), 'is SEC 1 (ECPrivateKey)'],
    'PKCS#1': [rsaKey.export({ format: 'der', type: 'pkcs1' }), 'is PKCS#1 (RSAPrivateKey)'],
    'a public key': [createPublicKey(key).export({ format: 'der', type: 'spki' }), 'is a public key (SubjectPublicKeyInfo)'],
  };

  it.each(Object.entries(forms))('%s', async (_, [bytes, message]) => {
    await expect(receive('ES256', bytes)).rejects.toMatchObject({ fault: 'form', message });
  });

  it('and DER that is cut, padded, not the shortest or empty is none', async () => {
    const whole = pkcs8Of(key);
    const long = Uint8Array.from([0x30, 0x82, 0x00, whole.length - 3, ...whole.subarray(3)]);
    for (const bytes of [whole.subarray(0, -1), Uint8Array.from([...whole, 0]), long, new Uint8Array(), Uint8Array.of(0x30)])
      await expect(receive('ES256', bytes)).rejects.toMatchObject({ fault: 'form' });
  });

  it('and a JWK with a member twice, or which is no object', async () => {
    const text = JSON.stringify(key.export({ format: 'jwk' })).replace('{', '{"crv":"P-384",');
    await expect(receive('ES256', latin(text), 'jwk')).rejects.toMatchObject({ fault: 'form', message: 'has the member crv twice' });
    for (const other of ['[]', '"x"', '{', '\u00ff'])
      await expect(receive('ES256', latin(other), 'jwk')).rejects.toMatchObject({ fault: 'form' });
  });

  it('and so is one of which any byte was changed, but for its version, which may be 0 or 1', async () => {
    const whole = pkcs8Of(key);
    const versionAt = 5;
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Uint8Array.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 0x01;
      const outcome: string = await receive('ES256', changed).then(
        () => 'taken',
        (error: Error) => error.name,
      );
      expect(outcome, `byte ${at}`).toBe(at === versionAt ? 'taken' : 'KeyRefused');
    }
  });
});
