import { AppError } from '#infra/apperr/app-error.ts';
import type { KeyUse } from '#kms/action.ts';
import type { Operation } from '#kms/jose/algorithm.ts';
import { readJwe } from '#kms/jose/compact.ts';
import { decoyJwe } from '#kms/jose/decoys.ts';
import { openJwe } from '#kms/jose/jwe.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';
import { keyInUse, versionOf } from './key-in-use.ts';
import type { WithContext } from './operation.ts';

interface Opened {
  /** The caller zeroes it where it is a key. */
  readonly plaintext: Uint8Array;
  readonly materialKeyId: string;
}

/** One answer for every cause, so that nobody learns from it which check failed. */
const decryptionFailed = (): AppError =>
  new AppError('decryption-failed', 400, 'The JWE cannot be opened with this elastic key.', {
    fix: 'Give a complete JWE of this elastic key with the context that it was made with; its version must not be below min_decryption_version.',
  });

/**
 * Opens a compact JWE with the version that made it. Where there is none, a decoy is opened instead, so that the refusal takes as
 * long as that of a wrong tag.
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
  const version = await versionOf(use, key, read);
  const opened = version && read ? read : decoyJwe(algorithm, jwe.length);
  const plaintext = await openJwe({ algorithm, key: (version ?? newest).processing, input: opened, context });
  if (!plaintext) throw decryptionFailed();
  return { plaintext, materialKeyId: (version ?? newest).id };
};
