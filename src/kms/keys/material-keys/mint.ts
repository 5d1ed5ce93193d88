import { randomUUIDv7 } from 'node:crypto';
import type { Barrier } from '#kms/barrier/barrier.ts';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import { generateSecret, type RandomBytes } from '#kms/jose/key-material.ts';

/** A new secret behind the barrier; it has no version until a transaction stores it. */
export interface Minted {
  /** UUIDv7. */
  readonly id: string;
  readonly wrapped: string;
}

/** Makes key material and wraps it, bound to its tenant, elastic key and id, before any transaction opens. */
export const mintMaterialKey = async (options: {
  barrier: Barrier;
  random: RandomBytes | undefined;
  tenantId: string;
  elasticKeyId: string;
  algorithm: AlgorithmName;
}): Promise<Minted> => {
  const { barrier, random, tenantId, elasticKeyId, algorithm } = options;
  const id = randomUUIDv7();
  const secret = await generateSecret(algorithmOf(algorithm), random);
  try {
    return { id, wrapped: await barrier.wrap({ tenantId, elasticKeyId, materialKeyId: id }, secret) };
  } finally {
    secret.fill(0);
  }
};
