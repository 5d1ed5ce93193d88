import type { Barrier, MaterialKeyAddress, WrappedMaterial } from '#kms/barrier/barrier.ts';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import { generateSecret, importSecret, type PublicJwk, type RandomBytes } from '#kms/jose/key-material.ts';
import type { SlowKeys } from './slow-keys.ts';

/** A new secret behind the barrier; it has no version until a transaction stores it. */
export interface Minted extends WrappedMaterial {
  /** UUIDv7. */
  readonly id: string;
  /** Null for a symmetric key. */
  readonly publicJwk: PublicJwk | null;
}

export interface MintOptions {
  readonly barrier: Pick<Barrier, 'wrap'>;
  readonly random?: RandomBytes | undefined;
  readonly slowKeys: SlowKeys;
}

/** A version that is to be, and the place where it will stand. */
type Place = Omit<MaterialKeyAddress, 'algorithm' | 'use'> & { readonly algorithm: AlgorithmName };

/**
 * Wraps a secret, bound to its place. It belongs before a transaction: wrapping may have to wait for the service database.
 *
 * @param secret of `generateSecret`; zeroed
 * @param use what it is for; that of its algorithm by default
 */
export const wrapSecret = async (
  { barrier }: Pick<MintOptions, 'barrier'>,
  of: Place,
  secret: Uint8Array,
  use: string = algorithmOf(of.algorithm).use,
): Promise<Minted> => {
  const { materialKeyId } = of;
  try {
    const { publicJwk } = importSecret(algorithmOf(of.algorithm), materialKeyId, secret);
    const { asVersion } = await barrier.wrap({ ...of, use }, secret);
    return { id: materialKeyId, asVersion, publicJwk };
  } finally {
    secret.fill(0);
  }
};

/**
 * Makes key material and wraps it, bound to its tenant, elastic key, id, version, algorithm and use. It belongs before a transaction: wrapping may have to
 * wait for the service database.
 *
 * @param of.materialKeyId UUIDv7 of the version
 * @param of.version the one that it is likely to become
 * @throws AppError `key-generation-busy` 429
 */
export const mintMaterialKey = async (options: MintOptions, of: Place, use?: string): Promise<Minted> => {
  const { random, slowKeys } = options;
  const algorithm = algorithmOf(of.algorithm);
  const generate = () => generateSecret(algorithm, random);
  const secret = await (algorithm.isSlowToMake ? slowKeys.make(of.tenantId, generate) : generate());
  return wrapSecret(options, of, secret, use);
};
