import { type ChainPoint, type Ed25519Jwk, objectOf } from './lines.ts';
import { ed25519JwkOf, isSignedBy } from './signed-lines.ts';

/** A head that was kept apart from the database, with the key that signed it. */
export interface KeptHead {
  readonly publicKey: Ed25519Jwk;
  /** Null where the KMS had written no record yet. */
  readonly head: ChainPoint | null;
}

/** The answer of `/admin/v1/audit/head`, or what `passthru audit head` printed as JSON; null for any other text, and a signature that is wrong. */
export const keptHeadOf = (text: string): KeptHead | null => {
  const answer = objectOf(text);
  const publicKey = ed25519JwkOf(answer?.['public_key']);
  if (answer === null || publicKey === null) return null;
  const { line } = answer;
  if (line === null) return { publicKey, head: null };
  const head = typeof line === 'string' ? objectOf(line) : null;
  if (head === null || !isSignedBy(head, publicKey)) return null;
  const { chain, seq, hash } = head;
  if (typeof chain !== 'string' || typeof seq !== 'number' || typeof hash !== 'string') return null;
  return { publicKey, head: { chain, seq, hash } };
};
