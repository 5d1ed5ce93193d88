import type { KoaContextWithOIDC } from 'oidc-provider';

/** What a request asks of `acr`. */
export interface AskedAcr {
  readonly values: readonly string[];
  /** A log-in that is less sure than each of them has failed. @see OpenID Connect Core 1.0 section 5.5.1.1 */
  readonly essential: boolean;
}

/** @param claim as a request by `claims`, or oidc-provider for `acr_values`, has it */
export const askedAcrOf = (claim: unknown): AskedAcr => {
  if (typeof claim !== 'object' || claim === null) return { values: [], essential: false };
  const { value, values, essential } = claim as { readonly value?: unknown; readonly values?: unknown; readonly essential?: unknown };
  const all: readonly unknown[] = [value, ...(Array.isArray(values) ? values : [])];
  return { values: all.filter((item) => typeof item === 'string'), essential: essential === true };
};

/** What the request under way asks of `acr`. */
export const askedAcrAt = ({ claims }: Pick<KoaContextWithOIDC['oidc'], 'claims'>): AskedAcr => askedAcrOf(claims?.id_token?.acr);
