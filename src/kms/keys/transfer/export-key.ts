import type { KeyUse } from '#kms/action.ts';
import type { Caller } from '#kms/caller.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import type { Jwk } from '#kms/jose/received/forms/read-jwk.ts';
import { type KeyFormat, usualFormat } from '#kms/jose/received/receive-key.ts';
import { readRecipient, type Recipient } from '#kms/jose/received/recipient.ts';
import { secretIn } from '#kms/jose/transport/secret-forms.ts';
import { type Wrapping, wrapTo } from '#kms/jose/transport/wrappings.ts';
import { assertExports } from '../elastic-keys/elastic-key.policy.ts';
import type { KeyRing, Snapshot, UsableKey } from '../key-ring/key-ring.ts';
import { materialKeyNotFound } from '../material-keys/material-key.ts';
import { formatNotOfKey, materialKeyBelowMinimum, newestNotActive, refusalOf } from './transfer-errors.ts';
import type { TransferOptions } from './transfer-options.ts';
import { TRANSFER_ACTIONS } from './transfer.actions.ts';

interface ExportInput {
  /** Public key of the recipient. */
  readonly recipient: Jwk;
  /** Default `raw` for a symmetric key, `pkcs8` for a key pair. */
  readonly format?: KeyFormat;
  /** The newest version by default. */
  readonly materialKeyId?: string;
}

/** A version, wrapped. */
interface ExportedKey {
  readonly materialKeyId: string;
  readonly version: number;
  readonly format: KeyFormat;
  readonly wrapping: Wrapping;
  /** Base64url of bytes, or a compact JWE. */
  readonly wrappedKey: string;
}

/**
 * Wraps a version of an exportable elastic key for a recipient.
 *
 * @throws AppError as `assertExports`; `material-key-below-minimum`, `no-version-protects` 409;
 *   `material-key-not-found` 404; `format-not-of-key`, and what is wrong with the key of the recipient, 400
 */
export type ExportKey = (caller: Caller, key: string, input: ExportInput) => Promise<ExportedKey>;

/** A version that was revoked or deleted is found as little as one that never was, unless its revocation lets it process on. */
const versionOf = async (use: KeyUse<KeyRing>, { elasticKey, protecting }: Snapshot, id: string | undefined): Promise<UsableKey> => {
  if (id === undefined) {
    if (!protecting) throw newestNotActive();
    return protecting;
  }
  const { key } = await use.ring.version(use, elasticKey, id);
  if (!key) throw materialKeyNotFound();
  if (key.version < elasticKey.minDecryptionVersion) throw materialKeyBelowMinimum();
  return key;
};

const recipientOf = (jwk: Jwk): Recipient => {
  try {
    return readRecipient(jwk);
  } catch (error) {
    throw refusalOf('/recipient_jwk', error);
  }
};

export const createExportKey =
  ({ operate, now }: Pick<TransferOptions, 'operate' | 'now'>): ExportKey =>
  (caller, key, { recipient: jwk, format: wanted, materialKeyId: id }) =>
    operate(caller, TRANSFER_ACTIONS.export, { key, ...(id !== undefined && { materialKeyId: id }) }, async (use) => {
      const snapshot = await use.ring.snapshot(use);
      const { elasticKey } = snapshot;
      assertExports(elasticKey, now());
      const version = await versionOf(use, snapshot, id);
      const recipient = recipientOf(jwk);
      const algorithm = algorithmOf(elasticKey.algorithm);
      const format = wanted ?? usualFormat(algorithm);
      const secret = secretIn(format, algorithm, version, version.id);
      if (!secret) throw formatNotOfKey(usualFormat(algorithm));
      try {
        const { wrapping, wrapped } = await wrapTo(recipient, secret);
        return { materialKeyId: version.id, version: version.version, format, wrapping, wrappedKey: wrapped };
      } finally {
        secret.fill(0);
      }
    });
