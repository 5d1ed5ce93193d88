import { generateKeyPairSync, randomUUIDv7 } from 'node:crypto';
import type { JWK } from 'jose';
import type { Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { SIGNS_UNTIL } from '#infra/magic/signs-until.ts';
import type { SigningKeyRow } from '#identity/database/signing-keys.table.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import { openKey, openOlderKey, type SealedKey, sealKey } from './seal.ts';
import { createSigningKeyStore } from './signing-keys.store.ts';
import { KEY_STATES, type KeyState, type SigningKey, type SigningKeySet, type SigningKeys } from './signing-keys.ts';

export interface SigningKeyOptions {
  readonly database: Database<IdentityTables>;
  /** From a secret file; see `parseEncryptionKeys`. */
  readonly encryptionKeys: EncryptionKeys;
  /** Hears how many keys the start sealed anew under the newest encryption key; not called for none. */
  readonly onResealed?: (count: number) => void;
  /** Called in the transaction that withdraws a key. */
  readonly onWithdrawn?: (tx: Transaction<IdentityTables>, kid: string) => Promise<void>;
  /** How long verifiers may cache the JWKS: a key signs only after it was published that long. Default one hour. */
  readonly minPublishedMs?: number;
  /** The longest life of a token: a retired key stays in the JWKS that long. Default one day. */
  readonly maxTokenLifetimeMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const ALG = 'ES256';
const HOUR_MS = 3_600_000;
/** A replica that has not heard of a rotation yet signs with the old key for so long: it looks every five seconds. */
const HEARD_OF_MS = 60_000;

type Tx = Transaction<IdentityTables>;

/** All that an opened key hangs on: a row that changed in any of it is opened anew. */
const textOf = ({ kid, alg, state, sealed_by, sealed_key }: SigningKeyRow): string =>
  JSON.stringify([kid, alg, state, sealed_by, Buffer.from(sealed_key).toString('base64')]);

const tooNew = (waitMs: number): AppError =>
  new AppError('signing-key-too-new', 409, 'Verifiers may not have seen the next signing key yet.', {
    fix: `Rotate again in ${Math.ceil(waitMs / 1000)} s.`,
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  });

/**
 * ES256 signing keys in the database, each sealed under a key that is not in it. The first call on an empty database makes
 * an active key and a next one; two replicas that start at once agree on the same pair. What an older encryption key sealed, or an older
 * version, is sealed anew.
 *
 * @see RFC 7517, NIST SP 800-57 part 1 section 5.3
 */
export const createSigningKeys = async (options: SigningKeyOptions): Promise<SigningKeys> => {
  const { database, encryptionKeys, minPublishedMs = HOUR_MS, maxTokenLifetimeMs = 24 * HOUR_MS, now = Date.now } = options;
  const store = createSigningKeyStore(database);
  const opened = new Map<string, JWK>();

  const insertNew = async (tx: Tx, state: 'published' | 'active'): Promise<string> => {
    const kid = randomUUIDv7();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk: JWK = { ...(privateKey.export({ format: 'jwk' }) as JWK), kid, alg: ALG, use: 'sig' };
    const time = now();
    await store.insert(tx, {
      kid,
      alg: ALG,
      state,
      ...sealKey(jwk, { kid, alg: ALG, state }, encryptionKeys),
      published_at: time,
      activated_at: state === 'active' ? time : null,
      retired_at: null,
    });
    return kid;
  };

  const open = (row: SigningKeyRow): JWK => {
    const jwk = opened.get(textOf(row)) ?? openKey(row, encryptionKeys);
    opened.set(textOf(row), jwk);
    return jwk;
  };

  const sealAs = (row: SigningKeyRow, state: KeyState): SealedKey =>
    sealKey(openKey(row, encryptionKeys), { ...row, state }, encryptionKeys);

  /** The key that signs comes first. */
  const sortedRows = async () => {
    const rows = await store.all();
    return KEY_STATES.flatMap((state) => rows.flatMap((row) => (row.state === state ? [{ ...row, state }] : [])));
  };

  const shown = (row: SigningKeyRow): SigningKey => {
    const { retired_at: retiredAt } = row;
    const window = retiredAt === null ? {} : { [SIGNS_UNTIL]: Math.ceil((retiredAt + HEARD_OF_MS) / 1000) };
    return { ...open(row), ...window };
  };

  const current = async (): Promise<SigningKeySet> => {
    const sorted = await sortedRows();
    const there = new Set(sorted.map(textOf));
    for (const text of opened.keys()) if (!there.has(text)) opened.delete(text);
    const [first, ...rest] = sorted;
    if (first?.state !== 'active') {
      throw new AppError('signing-key-missing', 500, 'No signing key is active.', { fix: 'Restart Identity: it makes the missing key.' });
    }
    return { version: sorted.map(({ kid, state }) => `${kid}:${state}`).join(' '), keys: [shown(first), ...rest.map(shown)] };
  };

  /** The key that signs and the next one, which stay as they are until the transaction ends. */
  const lockPair = async (tx: Tx): Promise<{ readonly active: SigningKeyRow; readonly next: SigningKeyRow }> => {
    const active = await store.lockInState(tx, 'active');
    const next = await store.lockInState(tx, 'published');
    if (active !== undefined && next !== undefined) return { active, next };
    throw new AppError('signing-key-conflict', 409, 'Another rotation came first.', {
      fix: 'Look at the keys, then rotate again if need be.',
    });
  };

  const rotate: SigningKeys['rotate'] = () =>
    database.transaction(async (tx) => {
      const { active, next } = await lockPair(tx);
      const time = now();
      const waitMs = next.published_at + minPublishedMs - time;
      if (waitMs > 0) throw tooNew(waitMs);
      await store.retire(tx, active.kid, sealAs(active, 'retired'), time);
      await store.activate(tx, next.kid, sealAs(next, 'active'), time);
      await store.deleteRetiredUntil(tx, time - maxTokenLifetimeMs);
      return { active: next.kid, retired: active.kid, published: await insertNew(tx, 'published') };
    });

  const withdraw: SigningKeys['withdraw'] = (kid) =>
    database.transaction(async (tx) => {
      const { active, next } = await lockPair(tx);
      if (!(await store.delete(tx, kid))) {
        throw new AppError('signing-key-unknown', 404, `There is no signing key ${kid}.`, {
          fix: '`passthru signing-key list` shows the keys. A key that is not in the list is no longer trusted.',
        });
      }
      await options.onWithdrawn?.(tx, kid);
      return {
        withdrawn: kid,
        active: kid === active.kid ? await insertNew(tx, 'active') : active.kid,
        published: kid === next.kid ? await insertNew(tx, 'published') : next.kid,
      };
    });

  const sealAnew = async (tx: Tx): Promise<number> => {
    const rows = (await store.all(tx)).filter(({ sealed_by }) => sealed_by !== encryptionKeys[0].id);
    for (const row of rows) await store.reseal(tx, row, sealKey(openOlderKey(row, encryptionKeys), row, encryptionKeys));
    return rows.length;
  };

  const resealed = await database.transaction(async (tx) => {
    const count = await sealAnew(tx);
    if ((await store.lockInState(tx, 'active')) === undefined) await insertNew(tx, 'active');
    if ((await store.lockInState(tx, 'published')) === undefined) await insertNew(tx, 'published');
    return count;
  });
  if (resealed > 0) options.onResealed?.(resealed);
  await current();
  return { current, rotate, withdraw, list: async () => (await sortedRows()).map(({ kid, state }) => ({ kid, state })) };
};
