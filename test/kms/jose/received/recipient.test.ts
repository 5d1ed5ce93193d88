import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Jwk } from '#kms/jose/received/forms/read-jwk.ts';
import { KeyRefused } from '#kms/jose/received/forms/key-refused.ts';
import { readRecipient } from '#kms/jose/received/recipient.ts';

const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ecJwk = { ...ec.publicKey.export({ format: 'jwk' }) } as Jwk;
const rsaJwk = (modulusLength: number, publicExponent = 65_537): Jwk => ({
  ...generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey.export({ format: 'jwk' }),
});

const refusalOf = (jwk: Jwk): KeyRefused => {
  try {
    readRecipient(jwk);
  } catch (error) {
    if (error instanceof KeyRefused) return error;
    throw error;
  }
  throw new Error('the recipient was taken');
};

describe('The public key of a recipient', () => {
  it('is one of RSA, on a curve of NIST or on X25519', () => {
    expect(readRecipient(rsaJwk(2048))).toMatchObject({ curve: null });
    for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
      const jwk = { ...generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' }) };
      expect(readRecipient(jwk)).toMatchObject({ curve: namedCurve });
    }
    const x25519 = { ...generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' }), use: 'enc', kid: 'mine' };
    expect(readRecipient(x25519)).toMatchObject({ curve: 'X25519' });
  });

  it.each<[string, Jwk, string, string]>([
    ['is too small', rsaJwk(1024), 'weak', 'is an RSA key of 1024 bits, and 2048 are the least'],
    ['has a low exponent', rsaJwk(2048, 3), 'weak', 'has a public exponent below 65537'],
    ['is off its curve', { ...ecJwk, y: ecJwk['x'] }, 'inconsistent', 'has a public point that is not on P-256'],
    ['has its private part with it', { ...ec.privateKey.export({ format: 'jwk' }) }, 'form', 'has the member d, which is secret'],
    ['is for signatures', { ...ecJwk, use: 'sig' }, 'kind', 'says use sig, and is to encrypt'],
    ['is symmetric', { kty: 'oct', k: 'AAAA' }, 'form', 'has the member k, which is secret'],
    ['has a kty that wraps nothing', { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' }, 'kind', 'has no kty to which a key can be wrapped'],
    ['is on Ed25519', { kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }, 'kind', 'is a key of kty OKP on a curve that is not taken'],
    ['is of low order', { kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) }, 'weak', 'is a point of low order on X25519'],
  ])('is refused when it %s', (_, jwk, fault, message) => {
    expect(refusalOf(jwk)).toMatchObject({ fault, message });
  });
});
