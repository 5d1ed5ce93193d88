import { generateKeyPairSync, randomUUIDv7 } from 'node:crypto';
import type { JWK } from 'jose';
import type { Transaction } from 'kysely';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Database } from '#infra/database/databases.ts';
import type { IdentityTables } from '#identity/database/tables.ts';
import { openKey, sealKey } from './seal.ts';
import type { KeyState, SigningKeyRow } from './signing-keys.table.ts';

/** All keys that the JWKS shows, private parts included, the one that signs first. */
export interface SigningKeySet {
  /** Changes with every change of the set. */
  readonly version: string;
  readonly keys: readonly [JWK, ...JWK[]];
}

/** What the provider asks of the signing keys. */
export interface SigningKeys {
  /** The set as the database has it now. */
  current(): Promise<SigningKeySet>;
}

export interface SigningKeyStore extends SigningKeys {
  /**
   * Takes the next key into use, retires the old one, publishes a new next one and deletes retired keys whose last token has
   * ended: one transaction, so no moment has no key.
   *
   * @param options.force skips the wait for verifiers to have seen the next key: for a key that is compromised
   * @throws AppError `signing-key-too-new` (409) when the next key was not published long enough, `signing-key-conflict` (409)
   *   when another rotation came first
   */
  rotate(options?: {
    readonly force?: boolean;
  }): Promise<{ readonly active: string; readonly retired: string; readonly published: string }>;
}

export interface SigningKeyOptions {
  readonly database: Database<IdentityTables>;
  /** 32 bytes, from a secret file; see `parseEncryptionKey`. */
  readonly encryptionKey: Uint8Array;
  /** How long verifiers may cache the JWKS: a key signs only after it was published that long. Default one hour. */
  readonly minPublishedMs?: number;
  /** The longest life of a token: a retired key stays in the JWKS that long. Default one day. */
  readonly maxTokenLifetimeMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const ALG = 'ES256';
const HOUR_MS = 3_600_000;
const ORDER: readonly KeyState[] = ['active', 'published', 'retired'];

type Tx = Transaction<IdentityTables>;

const change = (tx: Tx, kid: string, values: Partial<SigningKeyRow>): Promise<unknown> =>
  tx.updateTable('signing_keys').set(values).where('kid', '=', kid).execute();

/**
 * ES256 signing keys in the database, each sealed under a key that is not in it. The first call on an empty database makes
 * an active key and a next one; two replicas that start at once agree on the same pair.
 *
 * @see RFC 7517, NIST SP 800-57 part 1 section 5.3
 */
export const createSigningKeys = async (options: SigningKeyOptions): Promise<SigningKeyStore> => {
  const { database, encryptionKey, minPublishedMs = HOUR_MS, maxTokenLifetimeMs = 24 * HOUR_MS, now = Date.now } = options;
  const opened = new Map<string, JWK>();

  const insertKey = async (tx: Tx, state: 'published' | 'active'): Promise<string> => {
    const kid = randomUUIDv7();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk: JWK = { ...(privateKey.export({ format: 'jwk' }) as JWK), kid, alg: ALG, use: 'sig' };
    const time = now();
    await tx
      .insertInto('signing_keys')
      .values({
        kid,
        alg: ALG,
        state,
        sealed_key: sealKey(jwk, { kid, alg: ALG }, encryptionKey),
        published_at: time,
        activated_at: state === 'active' ? time : null,
        retired_at: null,
      })
      // Another replica was first: its key is as good as ours.
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return kid;
  };

  const inState = (tx: Tx, state: KeyState): Promise<SigningKeyRow | undefined> => {
    const query = tx.selectFrom('signing_keys').selectAll().where('state', '=', state);
    return (database.kind === 'postgres' ? query.forUpdate() : query).executeTakeFirst();
  };

  const open = (row: SigningKeyRow): JWK => {
    const jwk = opened.get(row.kid) ?? openKey(row.sealed_key, row, encryptionKey);
    opened.set(row.kid, jwk);
    return jwk;
  };

  const current = async (): Promise<SigningKeySet> => {
    const rows = await database.db.selectFrom('signing_keys').selectAll().orderBy('kid', 'desc').execute();
    const sorted = ORDER.flatMap((state) => rows.filter((row) => row.state === state));
    const [first, ...rest] = sorted;
    if (first?.state !== 'active') {
      throw new AppError('signing-key-missing', 500, 'No signing key is active.', { fix: 'Restart Identity: it makes the missing key.' });
    }
    return { version: sorted.map(({ kid, state }) => `${kid}:${state}`).join(' '), keys: [open(first), ...rest.map(open)] };
  };

  const rotate: SigningKeyStore['rotate'] = ({ force = false } = {}) =>
    database.transaction(async (tx) => {
      const active = await inState(tx, 'active');
      const next = await inState(tx, 'published');
      if (active === undefined || next === undefined) {
        throw new AppError('signing-key-conflict', 409, 'Another rotation came first.', {
          fix: 'Look at the keys, then rotate again if need be.',
        });
      }
      const time = now();
      const waitMs = next.published_at + minPublishedMs - time;
      if (!force && waitMs > 0) {
        throw new AppError('signing-key-too-new', 409, 'Verifiers may not have seen the next signing key yet.', {
          fix: `Rotate again in ${Math.ceil(waitMs / 1000)} s.`,
          headers: { 'retry-after': String(Math.ceil(waitMs / 1000)) },
        });
      }
      await change(tx, active.kid, { state: 'retired', retired_at: time });
      await change(tx, next.kid, { state: 'active', activated_at: time });
      await tx
        .deleteFrom('signing_keys')
        .where('state', '=', 'retired')
        .where('retired_at', '<=', time - maxTokenLifetimeMs)
        .execute();
      return { active: next.kid, retired: active.kid, published: await insertKey(tx, 'published') };
    });

  await database.transaction(async (tx) => {
    if ((await inState(tx, 'active')) === undefined) await insertKey(tx, 'active');
    if ((await inState(tx, 'published')) === undefined) await insertKey(tx, 'published');
  });
  await current();
  return { current, rotate };
};
