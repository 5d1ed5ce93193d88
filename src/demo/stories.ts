import { clientCredentials } from './flows/client-credentials.ts';
import { pkceRefusals } from './flows/pkce-refusals.ts';
import { pkce } from './flows/pkce.ts';
import { tokens } from './flows/tokens.ts';
import { bringUp } from './health/bring-up.ts';
import { bringUpCertificates } from './health/certificates.ts';
import { identitySeed } from './seed/identity-seed.ts';
import { repairInterrupted } from './seed/interrupted-reset.ts';
import { kmsSeed } from './seed/kms-seed.ts';
import type { Stories } from './step.ts';

/** The story of every step. */
export const STORIES: Stories = {
  'bring-up.certificates': bringUpCertificates,
  'bring-up.telemetry': bringUp('telemetry'),
  'bring-up.identity': bringUp('identity'),
  'bring-up.kms': bringUp('kms'),
  'seed.tenants': repairInterrupted,
  'seed.identity': identitySeed,
  'seed.kms': kmsSeed,
  'identity.pkce': pkce,
  'identity.refusals': pkceRefusals,
  'identity.client-credentials': clientCredentials,
  'identity.tokens': tokens,
};
