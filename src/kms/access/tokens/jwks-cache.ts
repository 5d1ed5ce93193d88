import type { JWK } from 'jose';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createBoundedMap } from '#infra/cache/bounded-map.ts';
import type { HttpsClient } from '#infra/http/client.ts';
import { AppError } from '#infra/apperr/app-error.ts';
import { JWKS_MS } from '#infra/magic/limits.ts';
import { signsUntilOf } from '#infra/magic/signs-until.ts';
import type { IssuerChange } from '#kms/events.ts';
import { type PublicTokenKey, readTokenKey, type TokenAlgorithm } from '../federation/algorithms.ts';
import { identityUnavailable, isLimited, refusedBy } from './identity-unavailable.ts';

/** A public key of an issuer, with the one algorithm that it verifies. */
export interface VerificationKey extends PublicTokenKey {
  /** Epoch milliseconds; null: the issuer does not say when it ceases to sign. */
  readonly signsUntil: number | null;
}

/** The public keys of one issuer. @see RFC 7517 section 5 */
export interface JwksCache {
  /**
   * The key with this id; undefined when the issuer has none.
   *
   * @throws AppError `identity-unavailable` 503 when the issuer does not answer and what is remembered is too old
   */
  key(kid: string): Promise<VerificationKey | undefined>;
  /**
   * Resolves when the issuer publishes usable keys at this moment (at most a second ago), or says that it is asked too often while
   * what is remembered may serve; throws with the cause else.
   */
  probe(): Promise<void>;
  /**
   * Forgets every key, the one that a request under way may bring included, and fetches them anew.
   *
   * @returns how many there are now
   * @throws AppError `identity-unavailable` 503 when the issuer does not answer: then there are none until it does
   */
  flush(): Promise<number>;
  /** Changes with each flush: what was verified before counts no more. */
  generation(): number;
}

/** An Identity that offers six algorithms and rotates each hour shows 26 keys of each, for a retired one stays a day: 156. */
const MAX_KEYS = 192;
const MAX_KID_LENGTH = 128;
/** Unknown kids make at most one request in this time, in milliseconds. */
const UNKNOWN_KID_COOLDOWN_MS = 5_000;
const NEGATIVE_LIFE_MS = 60_000;
const MAX_NEGATIVE = 1_000;
/** A failed request is not repeated within this time; a probe is answered from the last one within it. In milliseconds. */
const SETTLED_MS = 900;
/**
 * Before the first keys, the first failure counts for so long, and each further one twice as long as the one before: two servers that
 * start together do not wait for each other longer than one of them was late.
 */
const FIRST_SETTLED_MS = 50;

/**
 * Only keys for an allowed algorithm, with a unique, short kid and, if any, a time until which they sign; a symmetric key that stands in
 * a JWKS is never taken, nor is anything private.
 */
const usableKeys = async (document: unknown, algorithms: readonly TokenAlgorithm[]): Promise<ReadonlyMap<string, VerificationKey>> => {
  const list: unknown = typeof document === 'object' && document !== null && 'keys' in document ? document.keys : undefined;
  if (!Array.isArray(list)) throw new AppError('jwks-malformed', 502, 'the JWKS is not an object with a list of keys');
  if (list.length > MAX_KEYS) throw new AppError('jwks-too-large', 502, `the JWKS has more than ${MAX_KEYS} keys`);
  const candidates = list.filter(
    (key: unknown): key is JWK & { kid: string } => typeof key === 'object' && key !== null && 'kid' in key && typeof key.kid === 'string',
  );
  const keys = new Map<string, VerificationKey>();
  for (const candidate of candidates) {
    const { kid } = candidate;
    const signsUntil = signsUntilOf(candidate);
    if (signsUntil === undefined) continue;
    if (kid.length === 0 || kid.length > MAX_KID_LENGTH || candidates.filter((other) => other.kid === kid).length > 1) continue;
    const read = await readTokenKey(candidate, algorithms);
    if (read !== undefined) keys.set(kid, { ...read, signsUntil });
  }
  if (keys.size === 0) throw new AppError('jwks-empty', 502, `the JWKS has no usable key for ${algorithms.join(', ')}`);
  return keys;
};

/** Where the keys are, and who asks for them. */
export interface JwksLocation {
  readonly uri: string;
  /** By which the issuer knows who asks, and limits this KMS apart from strangers; absent where it does not know it. */
  readonly authorization?: string;
}

/**
 * Keys fetched when they are first needed and again when they are older than `ttlMs`: one request at a time, from the located
 * URL only, no redirects, size and time capped. While the issuer is down the old keys serve for `staleMs` more.
 *
 * @param options.client trusts the configured CA only, and caps the size of an answer
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createJwksCache = (options: {
  readonly issuer: string;
  /** It may ask the issuer itself; the time for that counts as time for the keys. */
  readonly locate: () => Promise<JwksLocation>;
  /** Those by which its tokens may be signed. */
  readonly algorithms: readonly TokenAlgorithm[];
  readonly client: Pick<HttpsClient, 'request'>;
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly emit?: (event: IssuerChange) => void;
  readonly elapsed?: () => number;
}): JwksCache => {
  const { issuer, locate, algorithms, client, ttlMs, staleMs, emit = () => {}, elapsed = () => performance.now() } = options;
  let keys: ReadonlyMap<string, VerificationKey> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let failure: { readonly error: unknown; readonly at: number } | null = null;
  let hadKeys = false;
  let failuresAtStart = 0;
  let flight: Promise<void> | null = null;
  let generation = 0;
  let askedForUnknownAt = Number.NEGATIVE_INFINITY;
  const negative = createBoundedMap<number>({ max: MAX_NEGATIVE });

  const fetchKeys = async (): Promise<void> => {
    const asked = generation;
    try {
      const begun = elapsed();
      const { uri, authorization } = await locate();
      const headers = { accept: 'application/json', ...(authorization === undefined ? {} : { authorization }) };
      const answer = await client.request({ url: uri, headers, timeoutMs: JWKS_MS - Math.round(elapsed() - begun) });
      if (answer.status !== 200) throw refusedBy(issuer, answer, 'jwks-refused', 'JWKS');
      const found = await usableKeys(answer.json(), algorithms);
      // They may be from before the flush that came meanwhile.
      if (asked !== generation) return fetchKeys();
      keys = found;
      if (failure !== null) emit({ type: 'identity-reachable', hasAnswered: hadKeys });
      hadKeys = true;
      fetchedAt = elapsed();
      failure = null;
    } catch (error) {
      if (failure === null) emit({ type: 'identity-unreachable', hasAnswered: hadKeys, cause: error });
      failure = { error, at: elapsed() };
      failuresAtStart += 1;
      throw error;
    }
  };
  const refresh = (): Promise<void> => (flight ??= fetchKeys().finally(() => (flight = null)));
  const settledMs = (): number => (hadKeys ? SETTLED_MS : Math.min(SETTLED_MS, FIRST_SETTLED_MS * 2 ** Math.max(0, failuresAtStart - 1)));
  const refreshUnlessSettled = (): Promise<void> =>
    failure !== null && elapsed() - failure.at < settledMs() ? Promise.reject(failure.error as Error) : refresh();

  const ensureKeys = async (): Promise<void> => {
    if (elapsed() - fetchedAt < ttlMs) return;
    try {
      await refreshUnlessSettled();
    } catch (error) {
      if (elapsed() - fetchedAt >= ttlMs + staleMs) throw identityUnavailable(issuer, error);
    }
  };

  const unavailable = (error: unknown): never => {
    throw identityUnavailable(issuer, error);
  };

  const refetchForUnknown = async (kid: string): Promise<void> => {
    const key = boundedKey(kid);
    if ((negative.get(key) ?? 0) > elapsed()) return;
    // It may bring this key: a token is not refused before it has landed.
    if (flight !== null) {
      await flight.catch(unavailable);
      if (keys.has(kid)) return;
    }
    if (elapsed() - askedForUnknownAt < UNKNOWN_KID_COOLDOWN_MS) {
      // Nobody knows whether the issuer has this key, so that it is not said to have none.
      if (failure !== null) unavailable(failure.error);
      return;
    }
    askedForUnknownAt = elapsed();
    await refresh().catch(unavailable);
    if (keys.has(kid)) return;
    negative.set(key, elapsed() + NEGATIVE_LIFE_MS);
  };

  return {
    flush: async () => {
      generation += 1;
      keys = new Map();
      fetchedAt = Number.NEGATIVE_INFINITY;
      askedForUnknownAt = Number.NEGATIVE_INFINITY;
      negative.clear();
      await refresh().catch(unavailable);
      return keys.size;
    },
    generation: () => generation,
    key: async (kid) => {
      if (kid.length === 0 || kid.length > MAX_KID_LENGTH) return undefined;
      const before = fetchedAt;
      await ensureKeys();
      const known = keys.get(kid);
      // Keys that came this very moment need no second look.
      if (known !== undefined || fetchedAt !== before) return known;
      await refetchForUnknown(kid);
      return keys.get(kid);
    },
    probe: async () => {
      if (failure === null && elapsed() - fetchedAt < SETTLED_MS) return;
      await refreshUnlessSettled().catch((error: unknown) => {
        // It answers, and what is remembered serves.
        if (!isLimited(error) || elapsed() - fetchedAt >= ttlMs + staleMs) throw error;
      });
    },
  };
};
