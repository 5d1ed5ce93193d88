import { ACR_VALUES } from '#identity/factors/acr.ts';
import type { Feature } from './feature.ts';

/**
 * How sure a log-in is: a client asks by `acr_values` or an essential claim, and reads in `acr` of the ID token what it was. Which requests
 * wait for a second factor, `../interactions/interaction-policy.ts` decides.
 *
 * @see OpenID Connect Core 1.0 sections 2, 3.1.2.1 and 5.5.1.1, RFC 9470 section 4
 */
export const authenticationContext = (): Feature => ({ configuration: { acrValues: ACR_VALUES } });
