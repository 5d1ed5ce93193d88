import { randomUUIDv7 } from 'node:crypto';
import { InternalError } from '#infra/apperr/app-error.ts';
import type { Caller } from '#kms/caller.ts';
import { TRANSPORT_ALGORITHMS, type Wrapping } from '#kms/jose/transport/wrappings.ts';
import { elasticKeyNotFound } from '../elastic-keys/elastic-key-errors.ts';
import { assertImports } from '../elastic-keys/elastic-key.policy.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import { mintMaterialKey } from '../material-keys/mint.ts';
import type { TransferOptions } from './transfer-options.ts';
import { TRANSFER_ACTIONS } from './transfer.actions.ts';
import { transportKeysQuota } from './transfer-errors.ts';
import { type ImportParameters, MAX_OPEN, MAX_OPEN_OF_TENANT, TRANSPORT_LIFE_MS, TRANSPORT_USE } from './transport-key.ts';
import { transportKeysStore } from './transport-key.store.ts';

export type GetImportParameters = (caller: Caller, key: string, input?: { readonly wrapping?: Wrapping }) => Promise<ImportParameters>;

/** Makes a transport key for one import into an elastic key, its private part behind the barrier. */
export const createGetImportParameters =
  ({ operate, now, ...mint }: TransferOptions): GetImportParameters =>
  (caller, key, { wrapping = 'RSA_AES_KEY_WRAP_SHA_256' } = {}) =>
    operate(caller, TRANSFER_ACTIONS.importParameters, { key }, async ({ tenant, db, rows, target: { elasticKeyId } }) => {
      const elasticKey = await elasticKeysStore(db, rows).byId(elasticKeyId);
      if (!elasticKey) throw elasticKeyNotFound();
      assertImports(elasticKey, now());
      const algorithm = TRANSPORT_ALGORITHMS[wrapping];
      const place = { tenantId: tenant.id, elasticKeyId, materialKeyId: randomUUIDv7(), version: 1, algorithm };
      const { id, publicJwk, asVersion } = await mintMaterialKey(mint, place, TRANSPORT_USE);
      if (!publicJwk) throw new InternalError('a transport key has no public part');
      const wrapped = await asVersion(1);
      const createdAt = now();
      const expiresAt = createdAt + TRANSPORT_LIFE_MS;
      return async (tx) => {
        const store = transportKeysStore(tx, rows);
        await store.removeExpired(createdAt);
        await store.keepNewest(elasticKeyId, MAX_OPEN - 1);
        if ((await store.count()) >= MAX_OPEN_OF_TENANT) throw transportKeysQuota(MAX_OPEN_OF_TENANT);
        await store.insert({ id, elasticKeyId, wrapping, wrapped, createdAt, expiresAt });
        return { transportKeyId: id, wrapping, publicJwk, expiresAt };
      };
    });
