import { randomUUIDv7 } from 'node:crypto';
import type { Operate, Reading } from '#kms/action.ts';
import { DEFAULT_LIMIT, decodeCursor } from '#infra/http/request/cursor.ts';
import { pageOf } from '#infra/http/request/paging.ts';
import { PROVING } from '#kms/jose/algorithm.ts';
import { algorithmOf } from '#kms/jose/algorithms.ts';
import type { PublicJwk } from '#kms/jose/key-material.ts';
import { elasticKeyNotFound } from '../elastic-keys/elastic-key-errors.ts';
import { assertRotates } from '../elastic-keys/elastic-key.policy.ts';
import { elasticKeysStore } from '../elastic-keys/elastic-key.store.ts';
import type { ElasticKey } from '../elastic-keys/elastic-key.ts';
import { checkVersions, checkVersionsOfTenant, type KeyQuotas } from '../elastic-keys/quotas.ts';
import { MATERIAL_KEY_ACTIONS } from './material-key.actions.ts';
import { mayProcess } from './material-key.states.ts';
import { materialKeysStore } from './material-key.store.ts';
import { type MaterialKey, materialKeyNotFound, type MaterialKeyService, type StoredMaterialKey } from './material-key.ts';
import { type MintOptions, mintMaterialKey } from './mint.ts';
import { storeNextVersion } from './next-version.ts';
import { type PublicKeys, shown } from './public-keys.ts';

export interface MaterialKeyServiceOptions extends MintOptions {
  readonly operate: Operate<PublicKeys>;
  readonly quotas: KeyQuotas;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Versions unwrapped at once for a JWK Set, so that a long one leaves the thread pool to others. */
const OPENED_AT_ONCE = 16;

/** A JWK Set invites others to encrypt, so a key pair for that is left out of it once it is revoked. */
const isPublished = (key: StoredMaterialKey, { use }: ElasticKey): boolean =>
  mayProcess(key) && (PROVING.has(use) || key.state !== 'compromised');

/** Who verifies what a version signed elsewhere looks for its key by the kid that it had there. */
const jwksEntries = ({ publicJwk: jwk, importedKid: kid }: MaterialKey): readonly PublicJwk[] =>
  jwk === null ? [] : kid === null ? [jwk] : [jwk, { ...jwk, kid }];

const elasticKeyIn = async ({ db, rows }: Pick<Reading<unknown>, 'db' | 'rows'>, id: string): Promise<ElasticKey> => {
  const key = await elasticKeysStore(db, rows).byId(id);
  if (!key) throw elasticKeyNotFound();
  return key;
};

export const createMaterialKeyService = ({ operate, quotas, now, ...mint }: MaterialKeyServiceOptions): MaterialKeyService => ({
  rotate: (caller, key, { precondition } = {}) => {
    const materialKeyId = randomUUIDv7();
    return operate(caller, MATERIAL_KEY_ACTIONS.rotate, { key, materialKeyId }, async ({ tenant, db, rows, target: { elasticKeyId } }) => {
      const elasticKey = await elasticKeyIn({ db, rows }, elasticKeyId);
      const { algorithm, latestVersion } = elasticKey;
      // Who is refused gets no key made; the transaction looks again.
      precondition?.(elasticKey);
      assertRotates(elasticKey, now());
      checkVersions(elasticKey, latestVersion + 1, quotas);
      if (algorithmOf(algorithm).isSlowToMake) await checkVersionsOfTenant(db, quotas);
      const place = { tenantId: tenant.id, elasticKeyId, materialKeyId, version: latestVersion + 1, algorithm };
      const minted = await mintMaterialKey(mint, place);
      const createdAt = now();
      const assertMay = (before: ElasticKey, at: number): void => {
        precondition?.(before);
        assertRotates(before, at);
      };
      return (tx) => storeNextVersion(tx, { rows, quotas, elasticKey, minted, importedKid: null, createdAt, assertMay });
    });
  },

  list: (caller, key, { limit = DEFAULT_LIMIT, cursor } = {}) =>
    operate(caller, MATERIAL_KEY_ACTIONS.list, { key }, async ({ tenant, db, rows, ring, target: { elasticKeyId } }) => {
      const order = `material-keys/${elasticKeyId}`;
      const after = decodeCursor(order, 'number', cursor);
      const elasticKey = await elasticKeyIn({ db, rows }, elasticKeyId);
      // A cursor is not signed: no version beyond the column's range may come from one.
      const end = elasticKey.latestVersion + 1;
      const below = after ? Math.max(0, Math.min(Number(after.value), end)) : end;
      const found = await materialKeysStore(db, rows).below(elasticKeyId, { below, limit: limit + 1 });
      const { items, nextCursor } = pageOf(found, { limit, order, position: ({ version, id }) => ({ value: version, id }) });
      return { items: await Promise.all(items.map((version) => shown(ring, tenant, elasticKey, version))), nextCursor };
    }),

  read: (caller, key, id) =>
    operate(caller, MATERIAL_KEY_ACTIONS.read, { key, materialKeyId: id }, async ({ tenant, db, rows, ring, target: { elasticKeyId } }) => {
      const elasticKey = await elasticKeyIn({ db, rows }, elasticKeyId);
      const version = await materialKeysStore(db, rows).byId(elasticKeyId, id);
      if (!version) throw materialKeyNotFound();
      return shown(ring, tenant, elasticKey, version);
    }),

  jwks: (caller, key) =>
    operate(caller, MATERIAL_KEY_ACTIONS.jwks, { key }, async ({ tenant, db, rows, ring, target: { elasticKeyId } }) => {
      const elasticKey = await elasticKeyIn({ db, rows }, elasticKeyId);
      const { state, algorithm, latestVersion: latest, minDecryptionVersion: from } = elasticKey;
      const { key, jose } = algorithmOf(algorithm);
      // A JWK Set is for JOSE; with a key that signs bytes its verifiers could be shown a JWS of any content.
      if (state !== 'active' || key.kind === 'symmetric' || jose.kind === 'bytes') return { keys: [] };
      const versions = await materialKeysStore(db, rows).below(elasticKeyId, { below: latest + 1, from, limit: latest });
      const published = versions.filter((key) => isPublished(key, elasticKey));
      const keys: PublicJwk[] = [];
      for (let at = 0; at < published.length; at += OPENED_AT_ONCE) {
        const group = published.slice(at, at + OPENED_AT_ONCE);
        const opened = await Promise.all(group.map((version) => shown(ring, tenant, elasticKey, version)));
        keys.push(...opened.flatMap(jwksEntries));
      }
      return { keys };
    }),
});
