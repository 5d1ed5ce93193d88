import { type CryptoKey, jwtVerify } from 'jose';
import { AppError } from '#infra/apperr/app-error.ts';
import { fromSetClaims, SET_TYPE } from '#infra/security-events/set-claims.ts';
import type { ToldRevocation } from '#infra/security-events/revocation-event.ts';

/** Finds the key of an issuer by its id. */
export type FindKey = (kid: string) => Promise<{ readonly key: CryptoKey; readonly algorithm: string } | undefined>;

/** Reads a security event token of one issuer. @throws AppError `set-refused` 502, never with a part of the token */
export type ReadSet = (token: string) => Promise<ToldRevocation | null>;

const MAX_KID_LENGTH = 128;

const refused = (why: string, cause?: unknown): AppError =>
  new AppError('set-refused', 502, `an event of the feed is refused: ${why}`, { cause });

/**
 * Verifies each with the rules of access tokens, where these apply: an algorithm that its issuer may use, a key that it publishes, exact `typ`,
 * issuer and audience. It resolves with null for an event of a type that is not known here.
 *
 * @param options.now epoch milliseconds
 * @see RFC 8417 section 2.2 and 5
 */
export const createReadSet =
  (options: {
    readonly issuer: string;
    readonly audience: string;
    readonly algorithms: readonly string[];
    readonly findKey: FindKey;
    readonly now: () => number;
  }): ReadSet =>
  async (token) => {
    const { issuer, audience, algorithms, findKey, now } = options;
    const verified = await jwtVerify(
      token,
      async ({ kid, alg }) => {
        const found = typeof kid === 'string' && kid.length <= MAX_KID_LENGTH ? await findKey(kid) : undefined;
        if (found === undefined) throw refused('it is signed with a key that its issuer does not publish');
        if (found.algorithm !== alg) throw refused('its algorithm is not that of its key');
        return found.key;
      },
      { algorithms: [...algorithms], typ: SET_TYPE, issuer, audience, requiredClaims: ['iat', 'jti'], currentDate: new Date(now()) },
    ).catch((error: unknown) => {
      throw error instanceof AppError ? error : refused('its signature or one of its claims is wrong', error);
    });
    const told = fromSetClaims(verified.payload, issuer);
    if (told === undefined) throw refused('it has not the form of an event');
    return told;
  };
