import type { KeyObject } from 'node:crypto';
import type { KeyUse } from '#kms/action.ts';
import type { SignatureEncoding } from '#kms/jose/families/signature.ts';
import { type Message, signRaw, verifyRaw } from '#kms/jose/raw.ts';
import type { KeyRing, UsableKey } from '../key-ring/key-ring.ts';
import { type KeyInUse, versionOf } from './key-in-use.ts';

/** A signature over bytes, or a MAC, that somebody claims to be of a version. */
export interface Claim {
  readonly message: Message;
  /** Null where the algorithm has one only. */
  readonly encoding: SignatureEncoding | null;
  /** Null where it is no canonical base64url. */
  readonly signature: Uint8Array | null;
  readonly kid: string;
}

/** Signatures over no content, by the key that made them; nobody gets one. A MAC and a signature with one encoding stand with `p1363`. */
const STAND_INS = { der: new WeakMap<KeyObject, Uint8Array>(), p1363: new WeakMap<KeyObject, Uint8Array>() } as const;

const standInOf = async (
  { algorithm }: KeyInUse,
  { protecting: key }: UsableKey,
  encoding: SignatureEncoding | null,
): Promise<Uint8Array> => {
  const known = STAND_INS[encoding ?? 'p1363'];
  const signature = known.get(key) ?? (await signRaw({ algorithm, key, message: { payload: new Uint8Array() }, encoding }));
  known.set(key, signature);
  return signature;
};

/**
 * Whether a claim holds. Each refusal takes as long as that of a wrong signature: where there is no such version, the newest one refuses
 * it, and each pays for one look into the database that finds no version.
 */
export const verifyBytes = async (
  use: KeyUse<KeyRing>,
  key: KeyInUse,
  { message, encoding, signature, kid }: Claim,
): Promise<{ readonly isValid: boolean; readonly materialKeyId: string | null }> => {
  const { version, haveLooked } = await versionOf(use, key, { kid });
  const by = version ?? key.newest;
  const standIn = () => standInOf(key, by, encoding);
  const isOfKey = await verifyRaw({ algorithm: key.algorithm, key: by.processing, message, encoding, signature, standIn });
  const isValid = isOfKey && version !== null;
  if (!isValid && !haveLooked) await use.ring.lookInVain(use);
  return { isValid, materialKeyId: version && version.id };
};
