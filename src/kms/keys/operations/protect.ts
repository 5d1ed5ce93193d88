import type { KeyUse } from '#kms/action.ts';
import type { Operation } from '#kms/jose/algorithm.ts';
import { sealJwe } from '#kms/jose/jwe.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';
import { countProtection, keyInUse } from './key-in-use.ts';
import type { WithContext } from './operation.ts';

/** A compact JWE (RFC 7516) and the material key that made it, its `kid`. */
export interface Protected {
  readonly jwe: string;
  readonly materialKeyId: string;
}

/**
 * Protects content with the newest version of a key, within the number of protections that a version may make.
 *
 * @throws AppError as `keyInUse`, and `protection-limit-reached` 409
 */
export const protect = async (
  use: KeyUse<KeyRing>,
  input: { readonly operation: Operation; readonly now: number; readonly plaintext: Uint8Array } & WithContext,
): Promise<Protected> => {
  const { operation, now, plaintext, context } = input;
  const inUse = await keyInUse(use, operation, now);
  await countProtection(use, inUse);
  const { newest, algorithm } = inUse;
  return { jwe: await sealJwe({ algorithm, key: newest.protecting, kid: newest.id, context, plaintext }), materialKeyId: newest.id };
};
