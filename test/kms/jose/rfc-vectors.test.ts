import { createPrivateKey, createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import { decodeBase64url, encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { readJwe, readJws } from '#kms/jose/compact.ts';
import { concatKdf } from '#kms/jose/families/ecdh-es.ts';
import { ed25519 } from '#kms/jose/families/eddsa.ts';
import { openJwe } from '#kms/jose/jwe.ts';
import { signJws, verifyJws } from '#kms/jose/jws.ts';
import { importSecret } from '#kms/jose/key-material.ts';
import vectors from './rfc-vectors.json' with { type: 'json' };

/** The secret of a JWK as the KMS stores it: raw bytes, or PKCS#8. */
const secretOf = (jwk: Readonly<Record<string, string | undefined>>): Uint8Array =>
  jwk['kty'] === 'oct'
    ? (decodeBase64url(jwk['k'] ?? '') ?? new Uint8Array())
    : createPrivateKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'pkcs8' });

const cases = vectors.map((vector) => [vector.source, vector.algorithm as AlgorithmName, vector] as const);
const textOf = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('utf8');

describe('The examples of the standards', () => {
  it.each(cases)('%s: %s opens, or verifies, to the content that stands there', async (_source, name, { key: jwk, text, content }) => {
    const algorithm = algorithmOf(name);
    const { processing: key } = importSecret(algorithm, 'kid', secretOf(jwk));
    const [jwe, jws] = [readJwe(text, algorithm), readJws(text, algorithm)];
    const opened = jwe && (await openJwe({ algorithm, key, input: jwe, context: undefined }));
    expect(textOf(opened ?? (jws && verifyJws({ algorithm, key, input: jws })))).toBe(content);
  });

  it.each(cases.filter(([, name]) => name === 'RS256:2048' || name === 'HS256'))(
    '%s: %s, which has no randomness, signs to the signature that stands there',
    async (_source, name, { key: jwk, text, content }) => {
      const algorithm = algorithmOf(name);
      const { protecting: key } = importSecret(algorithm, 'kid', secretOf(jwk));
      const header = JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString()) as { kid: string };
      expect(await signJws({ algorithm, key, kid: header.kid, payload: Buffer.from(content) })).toBe(text);
    },
  );

  it('RFC 8037 appendix A.4 and A.5: EdDSA signs and verifies', async () => {
    const input = 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc';
    const signature = 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg';
    const jwk = {
      kty: 'OKP',
      crv: 'Ed25519',
      d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    };
    const { sign, verify } = ed25519();
    const { protecting, processing } = importSecret(algorithmOf('EdDSA'), 'kid', secretOf(jwk));
    expect(encodeBase64url(await sign(protecting, Buffer.from(input)))).toBe(signature);
    expect(verify(processing, Buffer.from(input), decodeBase64url(signature) ?? new Uint8Array())).toBe(true);
  });

  it.each([
    ['RFC 7797 section 4.1', 'eyJhbGciOiJIUzI1NiJ9', true, '5mvfOroL-g7HyqJoozehmsaqmvTYGEq5jTI1gVvoEoQ'],
    [
      'RFC 7797 section 4.2',
      'eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19',
      false,
      'A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY',
    ],
  ])('%s: a payload apart, base64url: %s, %s, is verified', (_source, header, isEncoded, signature) => {
    const k = 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow';
    // Its key is longer than those of the KMS, and its header has no kid.
    const key = createSecretKey(Buffer.from(k, 'base64url'));
    const segments = [new Uint8Array(), decodeBase64url(signature) ?? new Uint8Array()];
    const input = { text: `${header}..${signature}`, kid: '', header: isEncoded ? {} : { b64: false }, segments };
    const payload = Buffer.from('$.02');
    expect(verifyJws({ algorithm: algorithmOf('HS256'), key, input, detached: payload })).toEqual(payload);
    expect(verifyJws({ algorithm: algorithmOf('HS256'), key, input, detached: Buffer.from('$.03') })).toBeNull();
  });

  it('RFC 7518 appendix C: ECDH-ES agrees on the key that stands there', () => {
    const secret = Buffer.from('9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4', 'hex');
    const key = concatKdf({ secret, algorithmId: 'A128GCM', apu: Buffer.from('Alice'), apv: Buffer.from('Bob'), bytes: 16 });
    expect(encodeBase64url(key)).toBe('VqqN6vgjbSBcIijNcacQGg');
  });
});
