import type { JWK } from 'jose';
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
 * costs too much, and all beyond so many. A set that is none stays as it is.
 *
 * Why: oidc-provider takes every key of a `jwks_uri`, of any size and number, and tries one after the other.
 * Bends: the answer to its GET requests, all of which are for a JWK Set; read in oidc-provider 9.13.3 (lib/models/client.js,
 * lib/helpers/fetch_request.js).
 * Held by: test/identity/provider/seams/client-keys.test.ts
 */
export const fetchClientKeys =
  (fetch: Fetch): Fetch =>
  async (url, init) => {
    const response = await fetch(url, init);
    if (init?.method !== 'GET' || response.status !== 200) return response;
    const { status, headers } = response;
    const keys = keysOf(await response.text())
      .filter(isFit)
      .slice(0, MAX_CLIENT_KEYS);
    return Response.json({ keys }, { status, headers: new Headers([...headers].filter(([name]) => CACHING.includes(name))) });
  };

/** By these oidc-provider learns how long the set is good. */
const CACHING = ['cache-control', 'expires'];
