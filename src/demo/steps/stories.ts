import { bringUp } from '#demo/health/bring-up.ts';
import { bringUpCertificates } from '#demo/health/certificates.ts';
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
  'seed.tenants': lazy('seedTenants', () => import('#demo/seed/interrupted-reset.ts')),
  'seed.identity': lazy('identitySeed', () => import('#demo/seed/identity-seed.ts')),
  'seed.kms': lazy('kmsSeed', () => import('#demo/seed/kms-seed.ts')),
  'identity.pkce': lazy('pkce', () => import('#demo/flows/identity/pkce.ts')),
  'identity.refusals': lazy('pkceRefusals', () => import('#demo/flows/identity/pkce-refusals.ts')),
  'identity.client-credentials': lazy('clientCredentials', () => import('#demo/flows/identity/client-credentials.ts')),
  'identity.tokens': lazy('tokens', () => import('#demo/flows/identity/tokens.ts')),
  'kms.description': lazy('apiDescription', () => import('#demo/flows/kms/api-description.ts')),
  'kms.realms': lazy('realms', () => import('#demo/flows/kms/realms.ts')),
  'kms.keys': lazy('keys', () => import('#demo/flows/kms/keys.ts')),
  'kms.crypto': lazy('crypto', () => import('#demo/flows/kms/crypto.ts')),
  'kms.rotation': lazy('rotation', () => import('#demo/flows/kms/rotation.ts')),
  'kms.states': lazy('states', () => import('#demo/flows/kms/states.ts')),
  'integration.token': lazy('tokenToKms', () => import('#demo/flows/integration/token-to-kms.ts')),
  'integration.scopes': lazy('scopes', () => import('#demo/flows/integration/scopes.ts')),
  'integration.refusals': lazy('tokenRefusals', () => import('#demo/flows/integration/token-refusals.ts')),
  'integration.revocation': lazy('revocation', () => import('#demo/flows/integration/revocation.ts')),
  'integration.tenants': lazy('tenantIsolation', () => import('#demo/flows/integration/tenant-isolation.ts')),
  'integration.certificate': lazy('clientCertificate', () => import('#demo/flows/integration/client-certificate.ts')),
  'integration.trace': lazy('trace', () => import('#demo/flows/integration/trace.ts')),
};
