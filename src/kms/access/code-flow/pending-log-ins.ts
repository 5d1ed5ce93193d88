import { randomBytes } from 'node:crypto';
import { equalSecrets } from '#infra/secrets/compare.ts';
import type { Cookies } from '../sessions/cookies.ts';
import type { SessionKeys } from '../sessions/session-keys.ts';

/** A log-in that a browser has begun at an issuer, and that nobody else may end. */
export interface PendingLogIn {
  readonly issuer: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** A path of ours. */
  readonly returnTo: string;
  /** Epoch milliseconds. */
  readonly until: number;
}

/** As long as an issuer may take, and its user. */
const LIFE_S = 30 * 60;
/** Log-ins of one browser at once, in several tabs; one more takes the place of the first. */
const PLACES = ['a', 'b', 'c', 'd'] as const;

const random = (): string => randomBytes(32).toString('base64url');
const partOf = (place: string): string => `log-in-${place}`;

/**
 * Keeps a log-in in a cookie of the browser that began it, encrypted and bound to its `state`: no replica has to remember it, and no
 * other browser can bring it to its end.
 */
export interface PendingLogIns {
  /** @param header Cookie of the request @returns the log-in, and the `Set-Cookie` header that keeps it */
  begin(
    header: string | undefined,
    of: Pick<PendingLogIn, 'issuer' | 'returnTo'>,
  ): { readonly pending: PendingLogIn; readonly cookie: string };
  /** The log-in of this browser to which a callback with this state belongs, and the header that forgets it; null where there is none. */
  end(header: string | undefined, state: string): { readonly pending: PendingLogIn; readonly cookie: string } | null;
}

/** @param options.now epoch milliseconds */
export const createPendingLogIns = (options: {
  readonly cookies: Cookies;
  readonly keys: SessionKeys;
  readonly now: () => number;
}): PendingLogIns => {
  const { cookies, keys, now } = options;
  return {
    begin: (header, { issuer, returnTo }) => {
      const place = PLACES.find((each) => cookies.read(header, partOf(each)) === null) ?? PLACES[0];
      const pending = {
        issuer,
        returnTo,
        state: `${place}.${random()}`,
        nonce: random(),
        verifier: random(),
        until: now() + LIFE_S * 1000,
      };
      const value = keys.seal('authorization', place, JSON.stringify(pending));
      return { pending, cookie: cookies.set(partOf(place), value, { maxAgeSeconds: LIFE_S }) };
    },
    end: (header, state) => {
      const place = PLACES.find((each) => state.startsWith(`${each}.`));
      const value = place === undefined ? null : cookies.read(header, partOf(place));
      if (place === undefined || value === null) return null;
      const text = keys.open('authorization', place, value);
      // Sealed by us, so it has the form that we gave it.
      const pending = text === null ? null : (JSON.parse(text) as PendingLogIn);
      if (pending === null || !equalSecrets(pending.state, state) || pending.until <= now()) return null;
      return { pending, cookie: cookies.clear(partOf(place)) };
    },
  };
};
