import { bringUp } from './health/bring-up.ts';
import { bringUpCertificates } from './health/certificates.ts';
import type { Stories, Story } from './step.ts';

/** A story is loaded when its turn comes: the first output does not wait for what the last step needs. */
const lazy =
  <N extends string>(name: N, load: () => Promise<Readonly<Record<N, Story>>>): Story =>
  async (context) =>
    (await load())[name](context);

/** The story of every step of a demo. */
export const STORIES: Stories = {
  'bring-up.certificates': bringUpCertificates,
  'bring-up.telemetry': bringUp('telemetry'),
  'bring-up.identity': bringUp('identity'),
  'bring-up.kms': bringUp('kms'),
  'seed.tenants': lazy('repairInterrupted', () => import('./seed/interrupted-reset.ts')),
  'seed.identity': lazy('identitySeed', () => import('./seed/identity-seed.ts')),
  'seed.kms': lazy('kmsSeed', () => import('./seed/kms-seed.ts')),
  'identity.pkce': lazy('pkce', () => import('./flows/pkce.ts')),
  'identity.refusals': lazy('pkceRefusals', () => import('./flows/pkce-refusals.ts')),
  'identity.client-credentials': lazy('clientCredentials', () => import('./flows/client-credentials.ts')),
  'identity.tokens': lazy('tokens', () => import('./flows/tokens.ts')),
  'kms.realms': lazy('realms', () => import('./flows/realms.ts')),
  'kms.keys': lazy('keys', () => import('./flows/keys.ts')),
  'kms.crypto': lazy('crypto', () => import('./flows/crypto.ts')),
  'kms.rotation': lazy('rotation', () => import('./flows/rotation.ts')),
  'kms.states': lazy('states', () => import('./flows/states.ts')),
  'integration.token': lazy('tokenToKms', () => import('./flows/token-to-kms.ts')),
  'integration.scopes': lazy('scopes', () => import('./flows/scopes.ts')),
  'integration.refusals': lazy('tokenRefusals', () => import('./flows/token-refusals.ts')),
  'integration.revocation': lazy('revocation', () => import('./flows/revocation.ts')),
  'integration.tenants': lazy('tenantIsolation', () => import('./flows/tenant-isolation.ts')),
  'integration.certificate': lazy('clientCertificate', () => import('./flows/client-certificate.ts')),
  'integration.trace': lazy('trace', () => import('./flows/trace.ts')),
};
