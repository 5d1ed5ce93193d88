import { AppError } from '#infra/apperr/app-error.ts';
import type { KeyUse } from '#kms/action.ts';
import type { Operation } from '#kms/jose/algorithm.ts';
import { readJwe } from '#kms/jose/compact.ts';
import { decoySealOf } from '#kms/jose/decoy-seals.ts';
import { decoyJwe } from '#kms/jose/decoys.ts';
import { openJwe } from '#kms/jose/jwe.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';
import { type KeyInUse, keyInUse, versionOf } from './key-in-use.ts';
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

const decoyFor = async ({ algorithm, newest }: KeyInUse, characters: number) => {
  const { sealed, processing } = await decoySealOf(algorithm, newest);
  return { key: processing, input: decoyJwe(algorithm, characters, sealed) };
};

/**
 * Opens a compact JWE with the version that made it. Every refusal takes as long as that of a wrong tag: where there is no version,
 * a decoy is opened instead, which uses up no protection of the key; and each refusal pays for one look into the database that finds no version.
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
  const text = version && read ? { key: version.processing, input: read } : await decoyFor(key, jwe.length);
  const plaintext = await openJwe({ algorithm, ...text, context });
  if (!plaintext) {
    if (!haveLooked) await use.ring.lookInVain(use);
    throw decryptionFailed();
  }
  return { plaintext, materialKeyId: (version ?? newest).id };
};
