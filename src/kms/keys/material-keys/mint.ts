import type { Barrier, MaterialKeyAddress, WrappedMaterial } from '#kms/barrier/barrier.ts';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import { generateSecret, importSecret, type PublicJwk, type RandomBytes } from '#kms/jose/key-material.ts';

/** A new secret behind the barrier; it has no version until a transaction stores it. */
interface Minted extends WrappedMaterial {
  /** UUIDv7. */
  readonly id: string;
  /** Null for a symmetric key. */
  readonly publicJwk: PublicJwk | null;
}

export interface MintOptions {
  readonly barrier: Pick<Barrier, 'wrap'>;
  readonly random?: RandomBytes | undefined;
}

/**
 * Makes key material and wraps it, bound to its tenant, elastic key, id, version, algorithm and use. It belongs before a transaction: wrapping may have to
 * wait for the service database.
 *
 * @param of.materialKeyId UUIDv7 of the version
 * @param of.version the one that it is likely to become
 */
export const mintMaterialKey = async (
  { barrier, random }: MintOptions,
  of: Omit<MaterialKeyAddress, 'algorithm' | 'use'> & { readonly algorithm: AlgorithmName },
): Promise<Minted> => {
  const { materialKeyId } = of;
  const algorithm = algorithmOf(of.algorithm);
  const secret = await generateSecret(algorithm, random);
  try {
    const { publicJwk } = importSecret(algorithm, materialKeyId, secret);
    const { asVersion } = await barrier.wrap({ ...of, use: algorithm.use }, secret);
    return { id: materialKeyId, asVersion, publicJwk };
  } finally {
    secret.fill(0);
  }
};
