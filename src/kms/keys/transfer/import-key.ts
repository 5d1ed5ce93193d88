import { randomUUIDv7 } from 'node:crypto';
import { isUniqueViolation } from '#infra/database/unique-violation.ts';
import type { Precondition } from '#infra/http/request/entity-tag.ts';
import type { Caller } from '#kms/caller.ts';
import { type AlgorithmName, algorithmOf } from '#kms/jose/algorithms.ts';
import { importSecret } from '#kms/jose/key-material.ts';
import { type KeyFormat, receiveKey, usualFormat } from '#kms/jose/received/receive-key.ts';
import { TRANSPORT_ALGORITHMS, unwrapFrom } from '#kms/jose/transport/wrappings.ts';
import { elasticKeyNotFound } from '../elastic-keys/elastic-key-errors.ts';
import { assertImports } from '../elastic-keys/elastic-key.policy.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { checkVersions } from '../elastic-keys/quotas.ts';
import type { MaterialKey } from '../material-keys/material-key.ts';
import { wrapSecret } from '../material-keys/mint.ts';
import { storeNextVersion } from '../material-keys/next-version.ts';
import type { TransferOptions } from './transfer-options.ts';
import { TRANSFER_ACTIONS } from './transfer.actions.ts';
import { importedKidTaken, materialKeyIdTaken, refusalOf, transportKeyUnknown, wrappedKeyUnopened } from './transfer-errors.ts';
import { type StoredTransportKey, TRANSPORT_USE } from './transport-key.ts';
import { transportKeysStore } from './transport-key.store.ts';

interface ImportInput {
  readonly transportKeyId: string;
  /** Base64url of bytes, or a compact JWE, as the import parameters say. */
  readonly wrappedKey: string;
  /** Default `raw` for a symmetric key, `pkcs8` for a key pair. */
  readonly format?: KeyFormat;
  /** A UUID; a new one by default. */
  readonly materialKeyId?: string;
  /** The kid of what the key protected elsewhere, where that is no UUID. */
  readonly kid?: string;
  /** Looks at the elastic key, in the transaction of the import. */
  readonly precondition?: Precondition<ElasticKey>;
}

/** Imports the first version of an elastic key of external origin, or the next, which protects from then on. */
export type ImportKey = (caller: Caller, key: string, input: ImportInput) => Promise<MaterialKey>;

export const createImportKey = ({ operate, now, quotas, barrier, slowKeys }: TransferOptions): ImportKey => {
  /** @throws AppError `wrapped-key-unopened` 400 */
  const opened = async (
    tenantId: string,
    { id, elasticKeyId, wrapping, wrapped }: StoredTransportKey,
    text: string,
  ): Promise<Uint8Array> => {
    const algorithm = TRANSPORT_ALGORITHMS[wrapping];
    const place = { tenantId, elasticKeyId, materialKeyId: id, version: 1, algorithm, use: TRANSPORT_USE };
    const transportSecret = await barrier.unwrap(place, wrapped);
    try {
      const { processing: privateKey } = importSecret(algorithmOf(algorithm), id, transportSecret);
      const bytes = await unwrapFrom({ kid: id, wrapping, privateKey }, text);
      if (!bytes) throw wrappedKeyUnopened();
      return bytes;
    } finally {
      transportSecret.fill(0);
    }
  };

  /** The secret in the bytes that were opened, which are zeroed. */
  const received = async (tenantId: string, name: AlgorithmName, format: KeyFormat | undefined, bytes: Uint8Array): Promise<Uint8Array> => {
    const algorithm = algorithmOf(name);
    const receive = () => receiveKey(algorithm, format ?? usualFormat(algorithm), bytes);
    try {
      // Primes are checked where they are made.
      return await (algorithm.isSlowToMake ? slowKeys.make(tenantId, receive) : receive());
    } catch (error) {
      throw refusalOf('/wrapped_key', error);
    } finally {
      bytes.fill(0);
    }
  };

  return (caller, key, { transportKeyId, wrappedKey, format, materialKeyId = randomUUIDv7(), kid, precondition }) => {
    const assertMay = (elasticKey: ElasticKey, at: number): void => {
      precondition?.(elasticKey);
      assertImports(elasticKey, at);
    };
    return operate(caller, TRANSFER_ACTIONS.import, { key, materialKeyId }, async ({ tenant, db, rows, target: { elasticKeyId } }) => {
      const elasticKey = await elasticKeysStore(db, rows).byId(elasticKeyId);
      if (!elasticKey) throw elasticKeyNotFound();
      const { algorithm, latestVersion } = elasticKey;
      // Who is refused has nothing opened; the transaction looks again.
      assertMay(elasticKey, now());
      checkVersions(elasticKey, latestVersion + 1, quotas);
      const transportKey = await transportKeysStore(db, rows).byId(elasticKeyId, transportKeyId);
      if (!transportKey || transportKey.expiresAt <= now()) throw transportKeyUnknown();

      const secret = await received(tenant.id, algorithm, format, await opened(tenant.id, transportKey, wrappedKey));
      const place = { tenantId: tenant.id, elasticKeyId, materialKeyId, version: latestVersion + 1, algorithm };
      const minted = await wrapSecret({ barrier }, place, secret);
      const createdAt = now();
      return async (tx) => {
        if (!(await transportKeysStore(tx, rows).take(transportKeyId))) throw transportKeyUnknown();
        try {
          return await storeNextVersion(tx, { rows, quotas, elasticKey, minted, importedKid: kid ?? null, createdAt, assertMay });
        } catch (error) {
          // The elastic key gives each version a number of its own: only the id and the kid can be there already.
          if (!isUniqueViolation(error)) throw error;
          throw kid === undefined ? materialKeyIdTaken() : importedKidTaken();
        }
      };
    });
  };
};
