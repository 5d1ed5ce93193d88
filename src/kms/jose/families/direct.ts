import type { KeyManagement } from './key-management.ts';

/** The key is the content encryption key itself, so what bounds that bounds the key. @see RFC 7518 section 4.5 */
export const direct: KeyManagement = ({ keyBytes }) => ({
  key: { kind: 'symmetric', bytes: keyBytes },
  encryptedKeyBytes: 0,
  parameters: {},
  protectionLimit: null,
  summary: 'direct encryption',
  contentKey: 'the key itself',
  protect: (key) => ({ contentKey: key.export(), encryptedKey: new Uint8Array(), parameters: {} }),
  process: (key) => key.export(),
});
