import { randomUUIDv7 } from 'node:crypto';
import type { JWK } from 'jose';
import type { Transaction } from 'kysely';
import { AppError, InternalError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import { SIGNS_UNTIL } from '#infra/magic/signs-until.ts';
import type { SigningKeyRow } from '#identity/database/signing-keys.table.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import type { EncryptionKeys } from './encryption-keys.ts';
import { openKey, openOlderKey, type SealedKey, sealKey } from './seal.ts';
import { DEFAULT_ALGORITHM, newSigningKey, offeredAlgorithms, type SigningAlgorithm } from './signing-algorithms.ts';
import { createSigningKeyStore } from './signing-keys.store.ts';
import { KEY_STATES, type KeyState, type SigningKey, type SigningKeySet, type SigningKeys } from './signing-keys.ts';

export interface SigningKeyOptions {
  readonly database: Database<IdentityTables>;
  /** From a secret file; see `parseEncryptionKeys`. */
  readonly encryptionKeys: EncryptionKeys;
  /** Algorithms beside ES256 that have keys of their own; none by default. */
  readonly algorithms?: readonly SigningAlgorithm[];
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

const HOUR_MS = 3_600_000;
/** A replica that has not heard of a rotation yet signs with the old key for so long: it looks every five seconds. */
const HEARD_OF_MS = 60_000;

type Tx = Transaction<IdentityTables>;
type NewKey = Awaited<ReturnType<typeof newSigningKey>>;
type Rotation = Awaited<ReturnType<SigningKeys['rotate']>>;

/** Made before the transaction that writes it: an RSA key takes a while. */
const newKey = (algorithm: SigningAlgorithm): Promise<NewKey> => newSigningKey(algorithm, randomUUIDv7());

/** All that an opened key hangs on: a row that changed in any of it is opened anew. */
const textOf = ({ kid, alg, state, sealed_by, sealed_key }: SigningKeyRow): string =>
  JSON.stringify([kid, alg, state, sealed_by, Buffer.from(sealed_key).toString('base64')]);

const tooNew = (waitMs: number): AppError =>
  new AppError('signing-key-too-new', 409, 'Verifiers may not have seen the next signing key yet.', {
    fix: `Rotate again in ${Math.ceil(waitMs / 1000)} s.`,
    headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  });

/**
 * Signing keys in the database, each sealed under a key that is not in it. A start makes an active key and a next one for each
 * algorithm that has none; two replicas that start at once agree on the same pairs. Keys of an algorithm that is offered no more sign
 * nothing from then on. What an older encryption key sealed, or an older version, is sealed anew.
 *
 * @see RFC 7517, NIST SP 800-57 part 1 section 5.3
 */
export const createSigningKeys = async (options: SigningKeyOptions): Promise<SigningKeys> => {
  const { database, encryptionKeys, minPublishedMs = HOUR_MS, maxTokenLifetimeMs = 24 * HOUR_MS, now = Date.now } = options;
  const store = createSigningKeyStore(database);
  const algorithms = offeredAlgorithms(options.algorithms ?? []);
  const opened = new Map<string, JWK>();

  const insert = async (tx: Tx, state: 'published' | 'active', jwk: NewKey): Promise<string> => {
    const { kid, alg } = jwk;
    const time = now();
    await store.insert(tx, {
      kid,
      alg,
      state,
      ...sealKey(jwk, { kid, alg, state }, encryptionKeys),
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

  /** The key that signs access tokens comes first, then those that sign for single clients. */
  const sortedRows = async () => {
    const all = await store.all();
    const rows = [...all.filter(({ alg }) => alg === DEFAULT_ALGORITHM), ...all.filter(({ alg }) => alg !== DEFAULT_ALGORITHM)];
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
    if (first?.state !== 'active' || first.alg !== DEFAULT_ALGORITHM) {
      throw new AppError('signing-key-missing', 500, 'No signing key is active.', { fix: 'Restart Identity: it makes the missing key.' });
    }
    return { version: sorted.map(({ kid, state }) => `${kid}:${state}`).join(' '), keys: [shown(first), ...rest.map(shown)] };
  };

  /** The key of an algorithm that signs and the next one, which stay as they are until the transaction ends. */
  const lockPair = async (tx: Tx, algorithm: string): Promise<{ readonly active: SigningKeyRow; readonly next: SigningKeyRow }> => {
    const active = await store.lockInState(tx, algorithm, 'active');
    const next = await store.lockInState(tx, algorithm, 'published');
    if (active !== undefined && next !== undefined) return { active, next };
    throw new AppError('signing-key-conflict', 409, 'Another rotation came first.', {
      fix: 'Look at the keys, then rotate again if need be.',
    });
  };

  const rotateOne = async (tx: Tx, made: NewKey, time: number): Promise<Rotation> => {
    const { active, next } = await lockPair(tx, made.alg);
    const waitMs = next.published_at + minPublishedMs - time;
    if (waitMs > 0) throw tooNew(waitMs);
    await store.retire(tx, active.kid, sealAs(active, 'retired'), time);
    await store.activate(tx, next.kid, sealAs(next, 'active'), time);
    return { active: next.kid, retired: active.kid, published: await insert(tx, 'published', made) };
  };

  const rotate: SigningKeys['rotate'] = async () => {
    const [first, ...others] = await Promise.all(algorithms.map(newKey));
    if (first === undefined) throw new InternalError('no signing algorithm is offered');
    return database.transaction(async (tx) => {
      const time = now();
      const rotation = await rotateOne(tx, first, time);
      for (const made of others) await rotateOne(tx, made, time);
      await store.deleteRetiredUntil(tx, time - maxTokenLifetimeMs);
      return rotation;
    });
  };

  /** The algorithm of a key that is there, if it is offered: it has a pair then. */
  const algorithmOf = async (kid: string): Promise<SigningAlgorithm> => {
    const alg = (await store.all()).find((row) => row.kid === kid)?.alg;
    return algorithms.find((algorithm) => algorithm === alg) ?? DEFAULT_ALGORITHM;
  };

  const withdraw: SigningKeys['withdraw'] = async (kid) => {
    const made = await newKey(await algorithmOf(kid));
    return database.transaction(async (tx) => {
      const { active, next } = await lockPair(tx, made.alg);
      if (!(await store.delete(tx, kid))) {
        throw new AppError('signing-key-unknown', 404, `There is no signing key ${kid}.`, {
          fix: '`passthru signing-key list` shows the keys. A key that is not in the list is no longer trusted.',
        });
      }
      await options.onWithdrawn?.(tx, kid);
      return {
        withdrawn: kid,
        active: kid === active.kid ? await insert(tx, 'active', made) : active.kid,
        published: kid === next.kid ? await insert(tx, 'published', made) : next.kid,
      };
    });
  };

  const sealAnew = async (tx: Tx): Promise<number> => {
    const rows = (await store.all(tx)).filter(({ sealed_by }) => sealed_by !== encryptionKeys[0].id);
    for (const row of rows) await store.reseal(tx, row, sealKey(openOlderKey(row, encryptionKeys), row, encryptionKeys));
    return rows.length;
  };

  /** What an algorithm that is offered no more signed is good until it ends; its next key was never used. */
  const endUnoffered = async (tx: Tx): Promise<void> => {
    for (const row of await store.all(tx)) {
      if (algorithms.some((algorithm) => algorithm === row.alg)) continue;
      if (row.state === 'active') await store.retire(tx, row.kid, sealAs(row, 'retired'), now());
      else if (row.state === 'published') await store.delete(tx, row.kid);
    }
  };

  const there = await store.all();
  const missing = algorithms.flatMap((algorithm) =>
    (['active', 'published'] as const)
      .filter((state) => !there.some((row) => row.alg === algorithm && row.state === state))
      .map((state) => ({ algorithm, state })),
  );
  const made = await Promise.all(missing.map(async ({ algorithm, state }) => ({ state, jwk: await newKey(algorithm) })));
  const resealed = await database.transaction(async (tx) => {
    const count = await sealAnew(tx);
    await endUnoffered(tx);
    for (const { state, jwk } of made) if ((await store.lockInState(tx, jwk.alg, state)) === undefined) await insert(tx, state, jwk);
    return count;
  });
  if (resealed > 0) options.onResealed?.(resealed);
  await current();
  return {
    current,
    rotate,
    withdraw,
    list: async () => (await sortedRows()).map(({ kid, alg, state }) => ({ kid, algorithm: alg, state })),
  };
};
