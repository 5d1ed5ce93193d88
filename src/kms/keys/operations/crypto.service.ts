import { randomBytes } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import { assertUsable } from '../elastic-keys/elastic-key.policy.ts';
import type { KeyRing, Snapshot, UsableKey } from '../key-ring/key-ring.ts';
import type { RandomBytes } from '#kms/jose/key-material.ts';
import type { ProtectionCounter } from '../key-ring/protection-counter.ts';
import type { Algorithm, Operation } from '#kms/jose/algorithm.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import type { CryptoService, KeyAddress, Sealed } from './crypto.ts';
import { decoyJwe, decoyJws } from '#kms/jose/decoys.ts';
import { type JoseInput, readJwe, readJws } from '#kms/jose/compact.ts';
import { openJwe, sealJwe } from '#kms/jose/jwe.ts';
import { signJws, verifyJws } from '#kms/jose/jws.ts';

export interface CryptoServiceOptions {
  readonly ring: KeyRing;
  readonly counter: ProtectionCounter;
  readonly now: () => number;
  readonly random?: RandomBytes | undefined;
}

/** One answer for every cause, so that nobody learns from it which check failed. */
const decryptionFailed = (): AppError =>
  new AppError('decryption-failed', 400, 'The JWE cannot be opened with this elastic key.', {
    fix: 'Give a complete JWE of this elastic key with the context that it was made with; its version must not be below min_decryption_version.',
  });

export const createCryptoService = ({ ring, counter, now, random = randomBytes }: CryptoServiceOptions): CryptoService => {
  const use = async (key: KeyAddress, operation: Operation): Promise<Snapshot & { algorithm: Algorithm }> => {
    const snapshot = await ring.snapshot(key);
    assertUsable(snapshot.elasticKey, operation, now());
    return { ...snapshot, algorithm: algorithmOf(snapshot.elasticKey.algorithm) };
  };

  /** The version that made the input, if it is one of this key that still processes. */
  const versionOf = async (key: KeyAddress, { elasticKey }: Snapshot, input: JoseInput | null): Promise<UsableKey | null> => {
    const version = input && (await ring.version(elasticKey, key, input.kid));
    return version && version.version >= elasticKey.minDecryptionVersion ? version : null;
  };

  const protect = async (key: KeyAddress, operation: Operation, context: string | undefined, plaintext: Uint8Array): Promise<Sealed> => {
    const { newest, algorithm } = await use(key, operation);
    if (algorithm.protectionLimit !== null) {
      await counter.take({ tenantId: key.tenantId, materialKeyId: newest.id }, algorithm.protectionLimit);
    }
    const jwe = await sealJwe({ algorithm, key: newest.protecting, kid: newest.id, context, plaintext });
    return { jwe, materialKeyId: newest.id };
  };

  const open = async (key: KeyAddress, operation: Operation, context: string | undefined, jwe: string): Promise<Uint8Array> => {
    const snapshot = await use(key, operation);
    const { algorithm, newest } = snapshot;
    const read = readJwe(jwe, algorithm);
    const version = await versionOf(key, snapshot, read);
    const input = version && read ? read : decoyJwe(algorithm, jwe.length);
    const plaintext = await openJwe({ algorithm, key: (version ?? newest).processing, input, context });
    if (!plaintext) throw decryptionFailed();
    return plaintext;
  };

  return {
    encrypt: (key, { plaintext, context }) => protect(key, 'encrypt', context, plaintext),
    decrypt: (key, { jwe, context }) => open(key, 'decrypt', context, jwe),
    wrap: (key, { key: material, context }) => protect(key, 'wrap', context, material),
    unwrap: (key, { jwe, context }) => open(key, 'unwrap', context, jwe),

    rewrap: async (key, { jwe, context }) => {
      const plaintext = await open(key, 'rewrap', context, jwe);
      try {
        return await protect(key, 'rewrap', context, plaintext);
      } finally {
        plaintext.fill(0);
      }
    },

    generate: async (key, { bits, context }) => {
      const dataKey = random(bits / 8);
      try {
        return { dataKey, ...(await protect(key, 'generate', context, dataKey)) };
      } catch (error) {
        dataKey.fill(0);
        throw error;
      }
    },

    sign: async (key, { payload }) => {
      const { newest, algorithm } = await use(key, 'sign');
      return { jws: await signJws({ algorithm, key: newest.protecting, kid: newest.id, payload }), materialKeyId: newest.id };
    },

    verify: async (key, { jws }) => {
      const snapshot = await use(key, 'verify');
      const { algorithm, newest } = snapshot;
      const read = readJws(jws, algorithm);
      const version = await versionOf(key, snapshot, read);
      const input = version && read ? read : decoyJws(algorithm, jws.length);
      const payload = await verifyJws({ algorithm, key: (version ?? newest).processing, input });
      return version && payload ? { valid: true, materialKeyId: version.id, payload } : { valid: false };
    },
  };
};
