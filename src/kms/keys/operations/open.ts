import type { KeyObject } from 'node:crypto';
import { AppError } from '#infra/apperr/app-error.ts';
import type { KeyUse } from '#kms/action.ts';
import type { Operation } from '#kms/jose/algorithm.ts';
import { type JoseInput, readJwe } from '#kms/jose/compact.ts';
import { decoyJwe } from '#kms/jose/decoys.ts';
import { openJwe, sealJwe } from '#kms/jose/jwe.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';
import { countProtection, type KeyInUse, keyInUse, versionOf } from './key-in-use.ts';
import type { WithContext } from './operation.ts';

interface Opened {
  /** The caller zeroes it where it is a key. */
  readonly plaintext: Uint8Array;
  readonly materialKeyId: string;
}

/** One answer for every cause, so that nobody learns from it which check failed. */
const decryptionFailed = (): AppError =>
  new AppError('decryption-failed', 400, 'The JWE cannot be opened with this elastic key.', {
    fix: 'Give a complete JWE of this elastic key, the kid of its version in the header, with the context that it was made with; its version must not be below min_decryption_version.',
  });

/** A JWE of each version from which its decoys are made; nobody gets it, and there is nothing in it. */
const sealedBy = new WeakMap<KeyObject, Promise<JoseInput | null>>();

/** It counts like any other use of the key; null where the key has protected as often as it may. */
const seal = async (use: KeyUse<KeyRing>, inUse: KeyInUse): Promise<JoseInput | null> => {
  const { algorithm, newest } = inUse;
  const { protecting: key, id: kid } = newest;
  try {
    await countProtection(use, inUse);
  } catch (error) {
    if (error instanceof AppError && error.code === 'protection-limit-reached') return null;
    throw error;
  }
  return readJwe(await sealJwe({ algorithm, key, kid, context: undefined, plaintext: new Uint8Array() }), algorithm);
};

const sealedOf = (use: KeyUse<KeyRing>, key: KeyInUse): Promise<JoseInput | null> => {
  const { protecting } = key.newest;
  const known = sealedBy.get(protecting);
  if (known) return known;
  const sealed = seal(use, key);
  sealedBy.set(protecting, sealed);
  sealed.catch(() => sealedBy.delete(protecting));
  return sealed;
};

/**
 * Opens a compact JWE with the version that made it. Every refusal takes as long as that of a wrong tag: where there is no version,
 * a decoy is opened instead, and each refusal pays for one look into the database that finds no version.
 *
 * @throws AppError as `keyInUse`, and `decryption-failed` 400, the same for every cause
 */
export const open = async (
  use: KeyUse<KeyRing>,
  input: { readonly operation: Operation; readonly now: number; readonly jwe: string } & WithContext,
): Promise<Opened> => {
  const { operation, now, jwe, context } = input;
  const key = await keyInUse(use, operation, now);
  const { algorithm, newest } = key;
  const read = readJwe(jwe, algorithm);
  const { version, haveLooked } = await versionOf(use, key, read);
  const opened = version && read ? read : decoyJwe(algorithm, jwe.length, (await sealedOf(use, key)) ?? undefined);
  const plaintext = await openJwe({ algorithm, key: (version ?? newest).processing, input: opened, context });
  if (!plaintext) {
    if (!haveLooked) await use.ring.lookInVain(use);
    throw decryptionFailed();
  }
  return { plaintext, materialKeyId: (version ?? newest).id };
};
