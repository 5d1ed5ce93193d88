import type { Provider } from 'oidc-provider';
import ServerChallenge from 'oidc-provider/lib/helpers/challenge.js';
import instance from 'oidc-provider/lib/helpers/weak_cache.js';

/**
 * Takes the nonces of older secrets, too, and gives those of the newest.
 *
 * Why: oidc-provider derives nonces from one secret. While replicas are started with a new one, one after the other, a client would be sent
 * from a nonce that the one half refuses to one that the other half does.
 * Bends: `DPoPNonces` of a provider, with `nextChallenge` and `checkChallenge`, read in oidc-provider 9.13.3 (lib/provider.js,
 * lib/helpers/challenge.js, lib/helpers/validate_dpop.js, lib/helpers/weak_cache.js).
 * Held by: test/identity/provider/dpop-nonces.test.ts
 *
 * @param secrets of 32 bytes, without the one that is configured
 * @see RFC 9449 section 8
 */
export const takeOlderNonces = (provider: Provider, secrets: readonly Buffer[]): void => {
  const inside = instance(provider);
  const newest = inside.DPoPNonces;
  if (newest === undefined) throw new TypeError('DPoP has no nonces');
  const older = secrets.map((secret) => new ServerChallenge(secret, 'DPoP'));
  inside.DPoPNonces = {
    nextChallenge: () => newest.nextChallenge(),
    checkChallenge: (challenge) => [newest, ...older].some((each) => each.checkChallenge(challenge)),
  };
};
