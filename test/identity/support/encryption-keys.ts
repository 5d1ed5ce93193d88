import { type EncryptionKey, type EncryptionKeys, newEncryptionKey, parseEncryptionKeys } from '#identity/keys/encryption-keys.ts';

/** A new encryption key of signing keys, before older ones. */
export const newKeys = (older: readonly EncryptionKey[] = []): EncryptionKeys => {
  const [newest] = parseEncryptionKeys(newEncryptionKey());
  return [newest, ...older];
};
