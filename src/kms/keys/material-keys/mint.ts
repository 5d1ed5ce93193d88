import type { Barrier } from '#kms/barrier/barrier.ts';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import { generateSecret, importSecret, type PublicJwk, type RandomBytes } from '#kms/jose/key-material.ts';

/** A new secret behind the barrier; it has no version until a transaction stores it. */
interface Minted {
  /** UUIDv7. */
  readonly id: string;
  readonly wrapped: string;
  /** Null for a symmetric key. */
  readonly publicJwk: PublicJwk | null;
}

export interface MintOptions {
  readonly barrier: Pick<Barrier, 'wrap'>;
  readonly random?: RandomBytes | undefined;
}

/**
 * Makes key material and wraps it, bound to its tenant, elastic key and id. It belongs before a transaction: wrapping may have to
 * wait for the service database.
 *
 * @param of.materialKeyId UUIDv7 of the version
 */
export const mintMaterialKey = async (
  { barrier, random }: MintOptions,
  of: { readonly tenantId: string; readonly elasticKeyId: string; readonly materialKeyId: string; readonly algorithm: AlgorithmName },
): Promise<Minted> => {
  const { tenantId, elasticKeyId, materialKeyId } = of;
  const algorithm = algorithmOf(of.algorithm);
  const secret = await generateSecret(algorithm, random);
  try {
    const { publicJwk } = await importSecret(algorithm, materialKeyId, secret);
    return { id: materialKeyId, wrapped: await barrier.wrap({ tenantId, elasticKeyId, materialKeyId }, secret), publicJwk };
  } finally {
    secret.fill(0);
  }
};
