import { createPrivateKey, hkdfSync, type KeyObject } from 'node:crypto';
import { createLineSigner, type LineSigner } from '#infra/audit/signed-lines.ts';

/** The beginning of a PKCS #8 structure that holds an Ed25519 seed. @see RFC 8410 section 7 */
const PKCS8_OF_SEED = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;

/** In the place of a tenant: whose key of the barrier the seed is derived from. */
const OWNER = 'audit heads';

/** @param seed 32 bytes of a key of the barrier */
const signerOf = (key: KeyObject): LineSigner => {
  const seed = Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), 'passthru audit v1 Ed25519 seed', SEED_BYTES));
  const der = Buffer.concat([PKCS8_OF_SEED, seed]);
  try {
    return createLineSigner(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  } finally {
    seed.fill(0);
    der.fill(0);
  }
};

/**
 * Signs heads with the Ed25519 key that is derived from the barrier: the same in every replica and after every restart, and in no
 * database.
 *
 * @returns what answers the signer, or null while the barrier is sealed
 */
export const createHeadSigner = (barrier: {
  readonly state: () => 'sealed' | 'unsealed';
  readonly rowKey: (owner: string) => KeyObject;
  readonly onForget: (listener: (tenantId: string | null) => void) => void;
}): (() => LineSigner | null) => {
  let signer: LineSigner | null = null;
  barrier.onForget((tenantId) => {
    if (tenantId === null) signer = null;
  });
  return () => {
    if (barrier.state() === 'sealed') return null;
    return (signer ??= signerOf(barrier.rowKey(OWNER)));
  };
};
