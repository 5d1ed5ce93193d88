import type { PasskeyChallenges } from '#identity/factors/passkeys.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';

/** Milliseconds that a browser, and its person, have for an answer. */
const LIFE_MS = 5 * 60_000;
const MODEL = 'PasskeyChallenge';

/** Challenges in the database with all that the provider keeps: any replica takes the answer, once. @param options.now epoch milliseconds */
export const createPasskeyChallenges = (options: {
  readonly payloads: OpenIdProvider['payloads'];
  readonly now: () => number;
}): PasskeyChallenges => {
  const { payloads, now } = options;
  return {
    remember: (challenge, accountId, purpose) => {
      const expiresAt = now() + LIFE_MS;
      return payloads.save({ model: MODEL, id: challenge, payload: { accountId, purpose, expiresAt }, accountId, expiresAt });
    },
    use: async (challenge, accountId, purpose) => {
      const found = await payloads.find(MODEL, challenge);
      if (found === undefined || found.consumedAt !== null) return false;
      const { payload } = found;
      const isMeant = payload['accountId'] === accountId && payload['purpose'] === purpose && Number(payload['expiresAt']) > now();
      return isMeant && (await payloads.consume(MODEL, challenge)) === 'consumed';
    },
  };
};
