import { AppError } from '#infra/apperr/app-error.ts';
import type { Workers } from '#infra/workers/workers.ts';
import type { TokenClaims } from '#kms/claims.ts';
import type { Challenges } from '../challenges.ts';
import type { PeerCertificate } from '../peer-certificate.ts';
import type { TokensConfig } from './config.ts';
import { createDpopNonces } from './dpop-nonces.ts';
import { createReadDpopProof } from './dpop-proof.ts';
import { createProofReplays, type Spending, type SpentProof } from './proof-replays.ts';

/** What a request brought beside its token. */
export interface TokenProofs {
  /** The certificate of the connection. */
  readonly peer: PeerCertificate | null;
  /** Null where the token came as Bearer. */
  readonly dpop: {
    /** Every DPoP header; exactly one is right. */
    readonly proofs: readonly string[];
    readonly method: string;
    /** Without query; null where the request does not say under which name it came. */
    readonly url: string | null;
  } | null;
}

export interface TokenBinding {
  /**
   * Compares what the token is bound to with what the request brought. To be called for every request: the same token may come over
   * another connection.
   *
   * @param token.tenantId of the tenant that its issuer was found to speak for, which has to remember the proof
   * @throws AppError 401 `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce`; 400 for a certificate that the token is not bound to;
   *   429 `dpop-proofs-full`
   */
  check(
    token: { readonly value: string; readonly claims: TokenClaims; readonly tenantId: string; readonly clockSkewSeconds: number },
    shown: TokenProofs,
  ): Promise<void>;
}

/** SHA-256 of the DER form, as `x5t#S256` has it. @see RFC 8705 section 3.1 */
const thumbprintOf = (peer: PeerCertificate): string => Buffer.from(peer.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');

/** Clocks of issuers differ by so much at the most. */
const MAX_SKEW_SECONDS = 30;

/**
 * Remembers proofs that were used, for as long as they could be used again.
 *
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createSpentProofs = (options: {
  readonly config: Pick<TokensConfig, 'dpop'>;
  readonly elapsed: () => number;
}): ((proof: SpentProof) => Spending) => {
  const { config, elapsed } = options;
  const replays = createProofReplays({ lifeMs: (config.dpop.max_age_seconds + 2 * MAX_SKEW_SECONDS) * 1000, elapsed });
  return ({ tenant, thumbprint, id }) => replays.spend(tenant, { thumbprint, id });
};

/**
 * @param options.now epoch milliseconds, for the times that proofs name
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createTokenBinding = (options: {
  readonly config: Pick<TokensConfig, 'unbound_certificate' | 'dpop'>;
  readonly challenges: Challenges;
  readonly now: () => number;
  readonly elapsed: () => number;
  readonly workers: Pick<Workers, 'shared'>;
}): TokenBinding => {
  const { config, challenges, now, elapsed } = options;
  const { shared } = options.workers;
  const { max_age_seconds: maxAgeSeconds, nonce: nonceMode } = config.dpop;
  const own = createSpentProofs({ config, elapsed });
  /** Workers of one server have one memory for it, so that no proof is good once at each. */
  const spend = async (proof: SpentProof): Promise<Spending> => (shared === null ? own(proof) : ((await shared.spend(proof)) as Spending));
  const nonces = createDpopNonces(elapsed, shared);
  const readDpopProof = createReadDpopProof();

  const checkCertificate = (expected: string | undefined, peer: PeerCertificate | null): void => {
    if (expected !== undefined) {
      if (peer === null || thumbprintOf(peer) !== expected)
        throw challenges.invalidToken('The token is bound to another client certificate');
    } else if (peer !== null && config.unbound_certificate === 'refuse') {
      throw challenges.invalidRequest('There is a client certificate beside a token that is not bound to it');
    }
  };

  const checkProof: (
    token: Parameters<TokenBinding['check']>[0],
    thumbprint: string,
    dpop: NonNullable<TokenProofs['dpop']>,
  ) => Promise<void> = async ({ value, tenantId, clockSkewSeconds }, thumbprint, { proofs, method, url }) => {
    const [proof, ...more] = proofs;
    if (proof === undefined || more.length > 0) throw challenges.invalidProof('There has to be exactly one DPoP header');
    const read = await readDpopProof(proof, { token: value, method, url, now: now(), maxAgeSeconds, clockSkewSeconds });
    if ('refused' in read) throw challenges.invalidProof(read.refused);
    if (read.proof.thumbprint !== thumbprint)
      throw challenges.invalidToken('The token is bound to another key than that of the DPoP proof');
    if (nonceMode === 'required' && !nonces.isGood(read.proof.nonce)) throw challenges.nonceWanted(nonces.current());
    switch (await spend({ tenant: tenantId, thumbprint: read.proof.thumbprint, id: read.proof.id })) {
      case 'spent':
        return;
      case 'replayed':
        throw challenges.invalidProof('The DPoP proof was used before');
      case 'full':
        throw new AppError('dpop-proofs-full', 429, 'So many DPoP proofs came within a minute that no more can be remembered.', {
          fix: 'Ask again later, or lower tokens.dpop.max_age_seconds.',
          headers: { 'retry-after': '10' },
        });
    }
  };

  return {
    check: async (token, { peer, dpop }) => {
      const { confirmation } = token.claims;
      const { 'x5t#S256': x5t, jkt } = confirmation ?? {};
      if (confirmation !== null && x5t === undefined && jkt === undefined)
        throw challenges.invalidToken('The token is bound in a way that is not known here');
      checkCertificate(x5t, peer);
      // "DPoP-bound access tokens MUST NOT be accepted as Bearer": RFC 9449 section 7.2, and a bearer token needs no proof.
      if (dpop === null && jkt !== undefined) throw challenges.boundToKey();
      if (dpop !== null && jkt === undefined)
        throw challenges.invalidToken('The token is bound to no key, so that it comes with the scheme Bearer');
      if (dpop !== null && jkt !== undefined) await checkProof(token, jkt, dpop);
    },
  };
};
