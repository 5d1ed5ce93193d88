import { hash } from 'node:crypto';
import { type BoundedKey, boundedKey } from '#infra/cache/bounded-key.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';
import type { FineScope } from '#infra/magic/magic.ts';
import type { TokenBinding, TokenProofs } from '../bindings/token-binding.ts';
import type { Challenges } from '../challenges.ts';
import type { SpeaksFor } from '../federation/authority.ts';
import type { TokenFacts } from '../feed/revocation-feed.ts';
import { createReadScopes, type GrantedTo, type HeldScopes, type ReadScopes } from '../scopes.ts';
import type { AuthenticatedCaller } from '#kms/caller.ts';
import type { TokenClaims } from '#kms/claims.ts';
import type { TenantDirectory, TenantHandle } from '#kms/tenants/directory.ts';
import { claimedIssuer, readAccessToken, type TokenRules } from './access-token.ts';
import type { Introspection } from './introspection.ts';
import type { JwksCache } from './jwks-cache.ts';
import { isOpaque, readOpaqueToken } from './opaque-token.ts';
import { createRememberedTokens } from './remembered-tokens.ts';
import type { Revocation } from './revocation.ts';

/** One issuer whose tokens are accepted, and what it may speak for. */
export interface TrustedIssuer {
  readonly rules: TokenRules;
  readonly speaksFor: SpeaksFor;
  /** Whether its tokens name their tenant by id or by name: a text is never tried as both. */
  readonly tenantIs: 'id' | 'name';
  readonly jwks: Pick<JwksCache, 'key' | 'generation'>;
  /** Asks what a token is that is no JWT; null or absent where such tokens are refused. */
  readonly opaque?: Pick<Introspection, 'ask'> | null;
  readonly revocation: Revocation;
}

export interface TokenVerifier {
  /**
   * Verifies a token and finds out who its holder is.
   *
   * @param presented.proofs what the request brought beside the token, for tokens that are bound to it
   * @param presented.scope what the route needs; some revocation modes depend on it
   * @throws AppError 401 `invalid_token`; 503 `identity-unavailable`; and as `TokenBinding.check`
   */
  verify(presented: { readonly token: string; readonly proofs: TokenProofs; readonly scope: FineScope }): Promise<AuthenticatedCaller>;
}

interface Verified {
  readonly issuer: TrustedIssuer;
  readonly claims: TokenClaims;
  readonly held: HeldScopes;
  readonly key: BoundedKey;
  readonly facts: TokenFacts;
  /** The issuer itself has just said that the token is good. */
  readonly isAsked: boolean;
  /** Of the keys of the issuer when it was verified. */
  readonly generation: number;
  /** Milliseconds of the clock that never goes back. */
  readonly until: number;
}

/** A verified token is not verified again for this time, nor is an answer about an opaque one older, in milliseconds. */
const LIFE_MS = 30_000;

const NOTHING: ReadonlySet<FineScope> = new Set();

const digest = (text: string): BoundedKey => boundedKey(hash('sha256', text, 'base64url'));

const factsOf = (claims: TokenClaims, signed: Pick<TokenFacts, 'keyId' | 'tokenHash'>): TokenFacts => {
  const { tokenId, subject, clientId, tenant, issuedAt, custom } = claims;
  const { grant_id: grant } = custom;
  return { ...signed, tokenId, subject, clientId, tenant, issuedAt, grant: typeof grant === 'string' ? grant : null };
};

/**
 * @param options.now epoch milliseconds, for the times that tokens name
 * @param options.elapsed milliseconds of a clock that never goes back
 */
export const createTokenVerifier = (options: {
  readonly issuers: readonly TrustedIssuer[];
  readonly tenants: Pick<TenantDirectory, 'byId' | 'byName'>;
  readonly binding: TokenBinding;
  /** Default: no scopes but those of the KMS itself. */
  readonly readScopes?: ReadScopes;
  readonly challenges: Challenges;
  /** None where absent. */
  readonly grantedTo?: GrantedTo;
  readonly now?: () => number;
  readonly elapsed?: () => number;
}): TokenVerifier => {
  const { tenants, binding, readScopes = createReadScopes(), challenges, grantedTo = () => NOTHING } = options;
  const { now = Date.now, elapsed = () => performance.now() } = options;
  const issuers = new Map(options.issuers.map((issuer) => [issuer.rules.issuer, issuer]));
  const remembered = createRememberedTokens<Verified>([...issuers.keys()]);
  const once = createSingleFlight<Verified>();

  /** The one issuer that may be asked about a text that does not say whose it is. */
  const ofOpaque = options.issuers.find(({ opaque = null }) => opaque !== null);

  const verifyOnce = async (token: string, id: BoundedKey): Promise<Verified> => {
    const isAsked = isOpaque(token) && ofOpaque !== undefined;
    const issuer = isAsked ? ofOpaque : issuers.get(claimedIssuer(token) ?? '');
    if (issuer === undefined) throw challenges.invalidToken('The token is not a JWT of an issuer that is trusted here');
    const { rules, jwks, opaque = null } = issuer;
    const asked = elapsed();
    const generation = jwks.generation();
    const read =
      isAsked && opaque !== null
        ? await readOpaqueToken(token, { rules, introspection: opaque, now })
        : await readAccessToken(token, { rules, jwks, now });
    if ('refused' in read) throw challenges.invalidToken(read.refused);
    const { claims } = read;
    const held = readScopes(claims.scopes, claims.permissions);
    return {
      issuer,
      claims,
      held: { ...held, scopes: held.scopes.union(grantedTo(claims.issuer, claims.roles)) },
      key: digest(JSON.stringify([id, claims.issuer, claims.audience])),
      facts: factsOf(claims, { keyId: read.keyId, tokenHash: id }),
      isAsked,
      generation,
      until: asked + LIFE_MS,
    };
  };

  /** One answer for a tenant that is not here and for one of another issuer: nobody learns which tenants others have. */
  const tenantOf = async ({ issuer, claims }: Verified): Promise<TenantHandle> => {
    const { tenantIs, speaksFor } = issuer;
    // The directory says more of a tenant that is suspended, so it is not asked about the name of a foreign one; nobody guesses an id.
    if (tenantIs === 'name' && !speaksFor(claims.tenant)) throw challenges.foreignTenant();
    const tenant = await (tenantIs === 'id' ? tenants.byId(claims.tenant) : tenants.byName(claims.tenant));
    if (tenant === undefined || !speaksFor(tenant.name)) throw challenges.foreignTenant();
    return tenant;
  };

  /** Nothing is kept of a token before its issuer was found to speak for the tenant. */
  const verifiedToken = async (token: string): Promise<{ readonly verified: Verified; readonly tenant: TenantHandle }> => {
    const id = digest(token);
    const known = remembered.get(id);
    const isOfNow = known?.generation === known?.issuer.jwks.generation();
    if (known !== undefined && isOfNow && known.until > elapsed() && known.claims.expiresAt > now())
      return { verified: known, tenant: await tenantOf(known) };
    remembered.delete(id);
    const verified = await once(id, () => verifyOnce(token, id));
    const tenant = await tenantOf(verified);
    remembered.set(id, { ...verified, isAsked: false });
    return { verified, tenant };
  };

  return {
    verify: async ({ token, proofs, scope }) => {
      const { verified, tenant } = await verifiedToken(token);
      const { claims, issuer } = verified;
      await binding.check({ value: token, claims, tenantId: tenant.id, clockSkewSeconds: issuer.rules.clockSkewSeconds }, proofs);
      const use = { token, key: verified.key, expiresAt: claims.expiresAt, scope, facts: verified.facts };
      if (!verified.isAsked && (await issuer.revocation.isRevoked(use))) throw challenges.invalidToken('The token was revoked');
      return {
        subject: claims.subject,
        username: claims.profile.preferred_username ?? null,
        roles: claims.roles,
        ...verified.held,
        tenant,
        authentication: { kind: 'token', issuer: claims.issuer, tokenId: claims.tokenId, claims },
      };
    },
  };
};
