import { type KeyObject, randomUUID } from 'node:crypto';
import { InternalError } from '#infra/apperr/app-error.ts';
import type { Algorithm } from './algorithm.ts';
import { type JoseInput, readJwe } from './compact.ts';
import { sealJwe } from './jwe.ts';
import { generateSecret, importSecret, type KeyMaterial } from './key-material.ts';

/** A JWE with nothing in it, from which decoys are made, and the key that unwraps what carries its content key. Nobody gets either. */
export interface DecoySeal {
  readonly sealed: JoseInput;
  readonly processing: KeyObject;
}

const seal = async (
  algorithm: Algorithm,
  { protecting, processing }: Pick<KeyMaterial, 'protecting' | 'processing'>,
): Promise<DecoySeal> => {
  const kid = randomUUID();
  const sealed = readJwe(await sealJwe({ algorithm, key: protecting, kid, context: undefined, plaintext: new Uint8Array() }), algorithm);
  if (!sealed) throw new InternalError(`a JWE that was just made with ${algorithm.base} is in another form than that`);
  return { sealed, processing };
};

/** A new key of a symmetric algorithm. */
const newKeyOf = async (algorithm: Algorithm): Promise<KeyMaterial> => {
  const secret = await generateSecret(algorithm);
  try {
    return importSecret(algorithm, randomUUID(), secret);
  } finally {
    secret.fill(0);
  }
};

/** By the public key for a key pair, and by the algorithm for a symmetric key. */
const seals = new WeakMap<KeyObject | Algorithm, Promise<DecoySeal>>();

/**
 * The seal from which the decoys of a version are made. It is no use of the version that anything counts: a symmetric key protects
 * nothing here, because one that is made for the decoys of its algorithm, and for nothing else, takes its place; of a key pair the
 * public key seals, as everybody could.
 */
export const decoySealOf = (algorithm: Algorithm, version: Pick<KeyMaterial, 'protecting' | 'processing'>): Promise<DecoySeal> => {
  const isPair = algorithm.key.kind === 'pair';
  const owner = isPair ? version.protecting : algorithm;
  const known = seals.get(owner);
  if (known) return known;
  const made = isPair ? seal(algorithm, version) : newKeyOf(algorithm).then((key) => seal(algorithm, key));
  seals.set(owner, made);
  made.catch(() => seals.delete(owner));
  return made;
};
