import { bringUp } from './health/bring-up/bring-up.ts';
import { DEMO_COMMANDS, type DemoCommand, type Step, type StepWork } from './step/step.ts';

const KMS = ['kms', 'all'] as const;
const IDENTITY = ['identity', 'all'] as const;
const BOTH = ['all'] as const;

/**
 * One step, one line: its id (`<phase>.<name>`), its title, the ids of the steps that must have passed before it, the commands that it
 * belongs to, and the module whose `run` is its work. The module is loaded when the step's turn comes, so that the first output does not
 * wait for what the last step imports.
 */
const step = (
  id: string,
  title: string,
  needs: readonly string[],
  targets: readonly DemoCommand[],
  load: () => Promise<{ readonly run: StepWork }>,
): Step => ({ id, phase: id.slice(0, id.indexOf('.')), title, needs, targets, run: async (context) => (await load()).run(context) });

/** Every step of a demo, in the order of execution; a step stands after all that it needs. */
export const DEMO_STEPS: readonly Step[] = [
  step('bring-up.certificates', 'Certificates', [], DEMO_COMMANDS, () => import('./health/bring-up/certificates.ts')),
  step('bring-up.telemetry', 'Telemetry', ['bring-up.certificates'], DEMO_COMMANDS, async () => bringUp('telemetry')),
  step('bring-up.identity', 'Identity', ['bring-up.telemetry'], DEMO_COMMANDS, async () => bringUp('identity')),
  step('bring-up.kms', 'KMS', ['bring-up.identity'], KMS, async () => bringUp('kms')),

  step('seed.tenants', 'Demo tenants', ['bring-up.identity', 'bring-up.kms'], DEMO_COMMANDS, () => import('./seed/tenants.ts')),
  step('seed.identity', 'Accounts and clients', ['seed.tenants'], IDENTITY, () => import('./seed/identity-seed.ts')),
  step('seed.kms', 'Realm users and keys', ['seed.tenants'], KMS, () => import('./seed/kms-seed.ts')),

  step('identity.pkce', 'PKCE log-in', ['seed.tenants'], IDENTITY, () => import('./flows/identity/pkce.ts')),
  step('identity.refusals', 'PKCE refusals', ['seed.tenants'], IDENTITY, () => import('./flows/identity/pkce-refusals.ts')),
  step(
    'identity.client-credentials',
    'Client credentials',
    ['seed.tenants'],
    IDENTITY,
    () => import('./flows/identity/client-credentials.ts'),
  ),
  step('identity.tokens', 'Token life cycle', ['seed.tenants'], IDENTITY, () => import('./flows/identity/tokens.ts')),

  step('kms.description', 'API description', ['bring-up.kms'], KMS, () => import('./flows/kms/api-description.ts')),
  step('kms.realms', 'Realm log-in', ['seed.tenants'], KMS, () => import('./flows/kms/realms.ts')),
  step('kms.keys', 'Elastic keys', ['kms.realms'], KMS, () => import('./flows/kms/keys.ts')),
  step('kms.crypto', 'Crypto', ['kms.realms'], KMS, () => import('./flows/kms/crypto.ts')),
  step('kms.rotation', 'Rotation', ['kms.realms'], KMS, () => import('./flows/kms/rotation.ts')),
  step('kms.states', 'Key states', ['kms.realms'], KMS, () => import('./flows/kms/states.ts')),
  step('kms.api-keys', 'API keys', ['kms.realms'], KMS, () => import('./flows/kms/api-keys.ts')),
  step('kms.audit', 'Audit', ['kms.realms'], KMS, () => import('./flows/kms/audit.ts')),

  step('integration.token', 'Token to KMS', ['seed.tenants'], BOTH, () => import('./flows/integration/token-to-kms.ts')),
  step('integration.scopes', 'Scopes', ['integration.token'], BOTH, () => import('./flows/integration/scopes.ts')),
  step('integration.grants', 'Grants', ['integration.token'], BOTH, () => import('./flows/integration/grants.ts')),
  step(
    'integration.refusals',
    'Token refusals',
    ['integration.token'],
    BOTH,
    () => import('./flows/integration/refusals/token-refusals.ts'),
  ),
  step('integration.binding', 'Bound tokens', ['integration.token'], BOTH, () => import('./flows/integration/binding/bound-tokens.ts')),
  // It counts what the KMS asks Identity.
  {
    ...step('integration.revocation', 'Revoked token', ['integration.token'], BOTH, () => import('./flows/integration/revocation.ts')),
    isAlone: true,
  },
  step('integration.tenants', 'Tenant isolation', ['integration.token'], BOTH, () => import('./flows/integration/tenant-isolation.ts')),
  step('integration.federation', 'Federation', ['integration.token'], BOTH, () => import('./flows/integration/federation.ts')),
  step('integration.certificate', 'Client certificate', ['seed.tenants'], BOTH, () => import('./flows/integration/client-certificate.ts')),
  step('integration.browser', 'Browser session', ['seed.tenants'], BOTH, () => import('./flows/integration/browser-session.ts')),
  step('integration.trace', 'One trace', ['integration.token'], BOTH, () => import('./flows/integration/trace/trace.ts')),
];

/** Every step of `reset-demo`: the tenant ids are shared, so all servers that run are reset together. */
export const RESET_STEPS: readonly Step[] = [
  step('reset.interrupted', 'Earlier reset', [], DEMO_COMMANDS, () => import('./seed/earlier-reset.ts')),
  step('reset.data', 'Demo data', ['reset.interrupted'], DEMO_COMMANDS, () => import('./seed/reset-data.ts')),
];
