import { createPublicKey, diffieHellman, generateKeyPairSync, randomBytes, randomUUIDv7 } from 'node:crypto';
import { expect, it } from 'vitest';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import { readJwe } from '#kms/jose/compact.ts';
import { encodeBase64url } from '#kms/jose/encoding/base64url.ts';
import { aesGcm } from '#kms/jose/families/aes-gcm.ts';
import { concatKdf } from '#kms/jose/families/ecdh-es.ts';
import { openJwe } from '#kms/jose/jwe.ts';
import { importSecret } from '#kms/jose/key-material.ts';
import { secretFor } from '#test/kms/jose/secrets.ts';

const algorithm = algorithmOf('A256GCM/ECDH-ES:P-521');
const CONTENT = Buffer.from('attack at dawn');

/** A key whose `x` begins with a zero byte, as that of every other key on P-521 does. */
const ephemeral = () => {
  for (;;) {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-521' });
    const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' });
    const bytes = Buffer.from(x, 'base64url');
    if (bytes[0] === 0)
      return { privateKey: pair.privateKey, epk: { kty: 'EC', crv: 'P-521', x, y }, short: encodeBase64url(bytes.subarray(1)) };
  }
};

it('A JWE of another library opens with whole coordinates in its header, and not where one lacks its leading zero', async () => {
  const kid = randomUUIDv7();
  const { protecting, processing } = importSecret(algorithm, kid, await secretFor(algorithm));
  const { privateKey, epk, short } = ephemeral();
  expect(createPublicKey({ key: { ...epk, x: short }, format: 'jwk' }).asymmetricKeyType).toBe('ec');
  const opened = async (x: string) => {
    const header = encodeBase64url(JSON.stringify({ alg: 'ECDH-ES', enc: 'A256GCM', kid, epk: { ...epk, x } }));
    const secret = diffieHellman({ privateKey, publicKey: protecting });
    const none = new Uint8Array();
    const key = concatKdf({ secret, algorithmId: 'A256GCM', apu: none, apv: none, bytes: 32 });
    const iv = randomBytes(12);
    const { ciphertext, tag } = aesGcm(256).encrypt({ key, iv, aad: Buffer.from(header) }, CONTENT);
    const input = readJwe([header, '', ...[iv, ciphertext, tag].map(encodeBase64url)].join('.'), algorithm);
    return input && (await openJwe({ algorithm, key: processing, input, context: undefined }));
  };
  expect(await opened(epk.x)).toEqual(new Uint8Array(CONTENT));
  expect(await opened(short)).toBeNull();
});
