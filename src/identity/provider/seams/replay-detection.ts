import type { Provider } from 'oidc-provider';
import { replaceMethod } from './replace-method.ts';

type Unique = (issuer: string, id: string, end: number) => Promise<boolean>;

/** Seconds by which a proof may be dated ahead of our clock (`CHALLENGE_OK_WINDOW`). */
const MAX_AHEAD_S = 300;

/**
 * Remembers each assertion and proof that was used by one write, which one of several at the same moment can make, and for as long as it
 * could come again.
 *
 * Why: oidc-provider looks whether there was one, and writes it then: two at the same moment are both the first. A DPoP proof is good for
 * five minutes before and after its date, and is remembered for five minutes from its use alone: one of a client whose clock is ahead could
 * be used once more after them. An assertion may end at a part of a second.
 * Bends: `ReplayDetection.unique`, called for client assertions and DPoP proofs once their signature is good, whose answer false
 * refuses the request; read in oidc-provider 9.13.3 (lib/models/replay_detection.js, lib/shared/jwt_client_auth.js,
 * lib/helpers/validate_dpop.js, lib/helpers/challenge.js).
 * Held by: test/identity/provider/seams/replay-detection.test.ts
 *
 * @param remember resolves false where this id was there; `end` in whole milliseconds since the epoch is when it cannot come again
 * @see RFC 7523 section 3, RFC 9449 section 11.1
 */
export const detectReplays = (provider: Provider, remember: (id: string, end: number) => Promise<boolean>): void => {
  replaceMethod<Unique>(
    provider.ReplayDetection,
    'unique',
    () => (issuer, id, end) => remember(JSON.stringify([issuer, id]), Math.ceil((end + MAX_AHEAD_S) * 1000)),
  );
};
