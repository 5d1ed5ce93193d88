import { compactVerify, type JWK } from 'jose';
import { type Client, errors } from 'oidc-provider';
import { clientKeyIssue, MAX_CLIENT_KEYS } from '#identity/clients/security/client-keys.ts';

type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

const keysOf = (text: string): readonly unknown[] => {
  const body: unknown = JSON.parse(text);
  const keys: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'keys') : undefined;
  return Array.isArray(keys) ? keys : [];
};

const isFit = (key: unknown): key is JWK => typeof key === 'object' && key !== null && clientKeyIssue(key as JWK) === undefined;

/**
 * Leaves out of a fetched JWK Set what could not be registered either: keys of another kind, off their curve, or so large that a check
 * costs too much, and all beyond so many; and bounds how long the set is good. A set that is none stays as it is.
 *
 * Why: oidc-provider takes every key of a `jwks_uri`, of any size and number, and tries one after the other; and it fetches the set no
 * sooner than an error page says that this is good, or in a year where the client says so.
 * Bends: the answer to its GET requests, all of which are for a JWK Set; read in oidc-provider 9.13.3 (lib/models/client.js,
 * lib/helpers/fetch_request.js).
 * Held by: test/identity/provider/seams/client-keys.test.ts
 */
export const fetchClientKeys =
  (fetch: Fetch): Fetch =>
  async (url, init) => {
    const response = await fetch(url, init);
    if (init?.method !== 'GET') return response;
    const { status, headers } = response;
    // The page of an error may be good for a day, and is no set.
    if (status !== 200) return new Response(null, { status });
    const keys = keysOf(await response.text())
      .filter(isFit)
      .slice(0, MAX_CLIENT_KEYS);
    return Response.json({ keys }, { status, headers: { 'cache-control': `max-age=${secondsGood(headers)}` } });
  };

/** Seconds for which a set is good at most, whatever its client says: a key that leaked, and was taken out, is good no longer. */
const MAX_GOOD_S = 3_600;

/** @see RFC 9111 section 4.2.1 */
const secondsGood = (headers: Headers): number => {
  const maxAge = /(?:^|[\s,])max-age="?(\d+)/i.exec(headers.get('cache-control') ?? '')?.[1];
  const [ends, sent] = ['expires', 'date'].map((name) => Date.parse(headers.get(name) ?? ''));
  const seconds = maxAge === undefined ? (Number(ends) - Number(sent)) / 1000 : Number(maxAge);
  return Number.isNaN(seconds) ? 0 : Math.min(Math.max(seconds, 0), MAX_GOOD_S);
};

interface FetchedKeys {
  readonly fresh: () => boolean;
  readonly refresh: () => Promise<void>;
  readonly selectForVerify: (header: { readonly alg?: string; readonly kid?: string }) => readonly JWK[];
}

const verifies = async (assertion: string, key: JWK): Promise<boolean> => {
  try {
    await compactVerify(assertion, key);
    return true;
  } catch {
    return false;
  }
};

/**
 * Refuses an assertion by a key that its client has taken out of its set since that was fetched. Called once its signature was found good by
 * the set as it is here.
 *
 * Why: oidc-provider fetches a set again for a signature that no key of it verifies, and for nothing else: a key that leaked would be good
 * for ever, whatever its client publishes.
 * Bends: `Client.prototype.asymmetricKeyStore`, with `fresh`, `refresh` and `selectForVerify`; read in oidc-provider 9.13.3
 * (lib/models/client.js, lib/helpers/jwt.js, lib/helpers/keystore.js).
 * Held by: test/identity/provider/private-key-jwt.test.ts
 *
 * @throws errors.InvalidClientAuth for a key that is not there any more, and where the set cannot be fetched
 */
export const refuseWithdrawnKey = async (
  client: Client,
  assertion: string,
  header: { readonly alg?: string; readonly kid?: string },
): Promise<void> => {
  const { asymmetricKeyStore: store } = client as unknown as { readonly asymmetricKeyStore: FetchedKeys };
  if (store.fresh()) return;
  try {
    await store.refresh();
  } catch (cause) {
    throw Object.assign(new errors.InvalidClientAuth('the keys of the client cannot be fetched'), { cause });
  }
  for (const key of store.selectForVerify(header)) if (await verifies(assertion, key)) return;
  throw new errors.InvalidClientAuth('the key of the assertion is not among those of the client any more');
};
