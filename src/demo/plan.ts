import type { Profile, ServiceName } from '#engine/engine.ts';
import type { StepInfo } from './events.ts';

export const DEMO_COMMANDS = ['kms', 'identity', 'all'] as const;
export type DemoCommand = (typeof DEMO_COMMANDS)[number];

/** What a run will do, as data: computed before anything starts, printable as JSON. */
export interface Plan {
  /** As typed, for example `demo all`. */
  readonly command: string;
  readonly target: DemoCommand;
  readonly profile: Profile;
  /** Services to bring up, in the order of the dependency chain. */
  readonly services: readonly ServiceName[];
  /** In the order of execution; a step stands after all that it needs. */
  readonly steps: readonly StepInfo[];
}

export interface PlanOptions {
  readonly command: DemoCommand;
  readonly profile?: Profile;
}

/** The KMS trusts Identity's keys, so its readiness hangs on Identity: its demo brings both up. */
const SERVICES_OF: Readonly<Record<DemoCommand, readonly ServiceName[]>> = {
  identity: ['telemetry', 'identity'],
  kms: ['telemetry', 'identity', 'kms'],
  all: ['telemetry', 'identity', 'kms'],
};

type Row = readonly [id: StepId, title: string, needs: readonly StepId[], targets: readonly DemoCommand[]];

/** Every step there is; its story is found under the same id. */
const STEP_IDS = [
  'bring-up.certificates',
  'bring-up.telemetry',
  'bring-up.identity',
  'bring-up.kms',
  'seed.tenants',
  'seed.identity',
  'seed.kms',
  'identity.pkce',
  'identity.refusals',
  'identity.client-credentials',
  'identity.tokens',
  'kms.description',
  'kms.realms',
  'kms.keys',
  'kms.crypto',
  'kms.rotation',
  'kms.states',
  'integration.token',
  'integration.scopes',
  'integration.refusals',
  'integration.revocation',
  'integration.tenants',
  'integration.certificate',
  'integration.trace',
  'reset.interrupted',
  'reset.data',
] as const;
export type StepId = (typeof STEP_IDS)[number];

const KMS_ONLY = ['kms', 'all'] as const;
const IDENTITY_ONLY = ['identity', 'all'] as const;

const ROWS: readonly Row[] = [
  ['bring-up.certificates', 'Certificates', [], DEMO_COMMANDS],
  ['bring-up.telemetry', 'Telemetry', ['bring-up.certificates'], DEMO_COMMANDS],
  ['bring-up.identity', 'Identity', ['bring-up.telemetry'], DEMO_COMMANDS],
  ['bring-up.kms', 'KMS', ['bring-up.identity'], KMS_ONLY],
  ['seed.tenants', 'Demo tenants', ['bring-up.identity', 'bring-up.kms'], DEMO_COMMANDS],
  ['seed.identity', 'Accounts and clients', ['seed.tenants'], IDENTITY_ONLY],
  ['seed.kms', 'Realm users and keys', ['seed.tenants'], KMS_ONLY],
  ['identity.pkce', 'PKCE log-in', ['seed.tenants'], IDENTITY_ONLY],
  ['identity.refusals', 'PKCE refusals', ['seed.tenants'], IDENTITY_ONLY],
  ['identity.client-credentials', 'Client credentials', ['seed.tenants'], IDENTITY_ONLY],
  ['identity.tokens', 'Token life cycle', ['seed.tenants'], IDENTITY_ONLY],
  ['kms.description', 'API description', ['bring-up.kms'], KMS_ONLY],
  ['kms.realms', 'Realm log-in', ['seed.tenants'], KMS_ONLY],
  ['kms.keys', 'Elastic keys', ['kms.realms'], KMS_ONLY],
  ['kms.crypto', 'Crypto', ['kms.realms'], KMS_ONLY],
  ['kms.rotation', 'Rotation', ['kms.realms'], KMS_ONLY],
  ['kms.states', 'Key states', ['kms.realms'], KMS_ONLY],
  ['integration.token', 'Token to KMS', ['seed.tenants'], ['all']],
  ['integration.scopes', 'Scopes', ['integration.token'], ['all']],
  ['integration.refusals', 'Token refusals', ['integration.token'], ['all']],
  ['integration.revocation', 'Revoked token', ['integration.token'], ['all']],
  ['integration.tenants', 'Tenant isolation', ['integration.token'], ['all']],
  ['integration.certificate', 'Client certificate', ['seed.tenants'], ['all']],
  ['integration.trace', 'One trace', ['integration.token'], ['all']],
];

/** What `demo` will do for these options: pure, the same options give the same plan. */
export const plan = ({ command, profile = 'demo' }: PlanOptions): Plan => {
  const rows = ROWS.filter(([, , , targets]) => targets.includes(command));
  const known = new Set<string>(rows.map(([id]) => id));
  return {
    command: `demo ${command}`,
    target: command,
    profile,
    services: SERVICES_OF[command],
    steps: rows.map(([id, title, needs]) => ({ id, phase: phaseOf(id), title, needs: needs.filter((need) => known.has(need)) })),
  };
};

/** What `reset-demo` will do on running servers: the tenant ids are shared, so all servers of a target are reset together. */
export const resetPlan = ({ command, profile = 'demo' }: PlanOptions): Plan => ({
  command: `reset-demo ${command}`,
  target: command,
  profile,
  services: SERVICES_OF[command],
  steps: [
    { id: 'reset.interrupted', phase: 'reset', title: 'Earlier reset', needs: [] },
    { id: 'reset.data', phase: 'reset', title: 'Demo data', needs: ['reset.interrupted'] },
  ],
});

const phaseOf = (id: StepId): string => id.slice(0, id.indexOf('.'));
