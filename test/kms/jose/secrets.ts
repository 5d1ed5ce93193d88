import { createPrivateKey } from 'node:crypto';
import type { Algorithm } from '#kms/jose/algorithm.ts';
import { viewOf } from '#kms/jose/encoding/base64url.ts';
import { generateSecret } from '#kms/jose/key-material.ts';

/** Secrets of key pairs that were made before: a key of RSA takes a second. */
const made: Promise<Uint8Array>[] = [];

/** A secret for an algorithm: new for a symmetric key, and one for all algorithms that can share a key pair. */
export const secretFor = async (algorithm: Algorithm): Promise<Uint8Array> => {
  const { key } = algorithm;
  if (key.kind === 'symmetric') return generateSecret(algorithm);
  for (const secret of await Promise.all(made)) {
    if (key.includes(createPrivateKey({ key: viewOf(secret), format: 'der', type: 'pkcs8' }))) return secret;
  }
  const secret = generateSecret(algorithm);
  made.push(secret);
  return secret;
};
