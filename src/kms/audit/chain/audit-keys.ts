import { createHmac, createPrivateKey, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { createLineSigner, type LineSigner } from '#infra/audit/signed-lines.ts';
import { equalSecrets } from '#infra/secrets/compare.ts';
import type { AuditPartRow } from '#kms/database/audit.table.ts';

/** The beginning of a PKCS #8 structure that holds an Ed25519 seed. @see RFC 8410 section 7 */
const PKCS8_OF_SEED = Buffer.from('302e020100300506032b657004220420', 'hex');
const KEY_BYTES = 32;

/** In the place of a tenant: whose key of the barrier both keys are derived from. */
const OWNER = 'audit heads';

/** What a tag covers: lines at another place have another one. */
export type TaggedPart = Pick<AuditPartRow, 'chain' | 'part' | 'lines'>;

/** The keys of the audit, the same in every replica and after every restart, and in no database. */
export interface AuditKeys {
  /** Signs heads, for everybody who has the public key. */
  readonly signer: LineSigner;
  /** HMAC-SHA-256 over a part and its place, for the KMS alone: who owns the database can make none. */
  tagOf(part: TaggedPart): string;
  /** Whether a KMS that was unsealed wrote the part, at this place. */
  isOwn(part: TaggedPart & Pick<AuditPartRow, 'tag'>): boolean;
}

/** The keys; null while the barrier is sealed. */
export type AuditKeysNow = () => AuditKeys | null;

/** @see RFC 5869: one output per purpose, told apart by `info` */
const derive = (key: KeyObject, info: string): Buffer => Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), info, KEY_BYTES));

const signerOf = (key: KeyObject): LineSigner => {
  const seed = derive(key, 'passthru audit v1 Ed25519 seed');
  const der = Buffer.concat([PKCS8_OF_SEED, seed]);
  try {
    return createLineSigner(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  } finally {
    seed.fill(0);
    der.fill(0);
  }
};

/** @param key of the barrier */
const keysOf = (key: KeyObject): AuditKeys => {
  const bytes = derive(key, 'passthru audit v1 part tags');
  const tagKey = createSecretKey(bytes);
  bytes.fill(0);
  const tagOf = ({ chain, part, lines }: TaggedPart): string =>
    `v1.${createHmac('sha256', tagKey)
      .update(`${JSON.stringify(['passthru audit part v1', chain, part])}\n`)
      .update(lines)
      .digest('base64url')}`;
  return { signer: signerOf(key), tagOf, isOwn: ({ tag, ...part }) => tag !== null && equalSecrets(tag, tagOf(part)) };
};

/** Derives the keys of the audit from the barrier, and forgets them when it is sealed. */
export const createAuditKeys = (barrier: {
  readonly state: () => 'sealed' | 'unsealed';
  readonly rowKey: (owner: string) => KeyObject;
  readonly onForget: (listener: (tenantId: string | null) => void) => void;
}): AuditKeysNow => {
  let keys: AuditKeys | null = null;
  barrier.onForget((tenantId) => {
    if (tenantId === null) keys = null;
  });
  return () => {
    if (barrier.state() === 'sealed') return null;
    return (keys ??= keysOf(barrier.rowKey(OWNER)));
  };
};
