import type { KoaContextWithOIDC } from 'oidc-provider';
import { errors, interactionPolicy } from 'oidc-provider';
import { isKnownAcr } from '#identity/factors/acr.ts';
import { askedAcrAt } from '../records/asked-acr.ts';

const { Check } = interactionPolicy;

/** The reason of our check, and those of oidc-provider's own for essential claims. */
const ACR_TOO_LOW = 'acr_values';
export const ACR_REASONS: readonly string[] = [ACR_TOO_LOW, 'essential_acr', 'essential_acrs'];

/**
 * Whether the client asks for more than the log-in is. Values that nobody knows are left aside, as a request by `acr_values` is voluntary;
 * where a claim is essential, and none of its values is known, no log-in could ever do.
 *
 * @throws UnmetAuthenticationRequirements
 * @see OpenID Connect Core 1.0 section 5.5.1.1, OpenID Connect Core Error Code unmet_authentication_requirements 1.0
 */
const acrIsTooLow = ({ oidc }: KoaContextWithOIDC): boolean => {
  const { values, essential } = askedAcrAt(oidc);
  const known = values.filter(isKnownAcr);
  if (essential && values.length > 0 && known.length === 0)
    throw new errors.UnmetAuthenticationRequirements('no log-in here is as sure as what was asked for');
  return known.length > 0 && !known.includes(oidc.acr);
};

/** A log-in that is less sure than what the client asks for gets more. */
export const sureEnough = (): interactionPolicy.Check =>
  new Check(ACR_TOO_LOW, 'the log-in is less sure than what was asked for', 'login_required', acrIsTooLow, ({ oidc }) => ({
    acr: oidc.claims?.id_token?.acr,
  }));
