import { thrownMessage } from '#infra/apperr/thrown-words.ts';
import { unreachable } from '#infra/apperr/app-error.ts';
import { causeChain } from '#infra/apperr/cause-chain.ts';
import { type DemoDataEvent, lineOfDemoDataEvent } from '#infra/demo-data/events.ts';
import { lineOfOperatorAct, type OperatorAct } from '#infra/http/operator-acts.ts';
import { createEventLog, type EventLine } from '#infra/telemetry/event-log.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';

/** Why a KMS was sealed. */
const SEALED = {
  operator: 'by an operator',
  worker: 'because another worker of this server was',
  start: 'again, because the work of a start failed after the unsealing',
  'new-shares': 'by itself, because another replica made a new root key under new unseal shares, which this one needs now',
} as const;

/** Why the session of a browser ended. */
const SESSION_ENDS = {
  'log-out': 'by a log-out',
  over: 'because its time was over',
  user: 'because its user is gone, has another password, or is logged in at his issuer no more',
} as const;

/** An issuer of tokens, as it is configured. */
interface NamedIssuer {
  readonly issuer: string;
  readonly name: string;
  /** For which it speaks. */
  readonly tenants: '*' | 'others' | readonly string[];
}

/** Whether an issuer answers; `hasAnswered`: it did before, since this process began. */
export type IssuerChange =
  | { readonly type: 'identity-unreachable'; readonly hasAnswered: boolean; readonly cause: unknown }
  | { readonly type: 'identity-reachable'; readonly hasAnswered: boolean };

/** Events of the KMS for its operators; none holds a token, a password or a key. */
export type KmsEvent =
  | { readonly type: 'plaintext-passwords'; readonly usernames: readonly string[] }
  | (NamedIssuer & IssuerChange)
  | { readonly type: 'revocation-feed-current'; readonly issuer: string }
  | {
      readonly type: 'revocation-feed-lost';
      readonly issuer: string;
      readonly cause: unknown;
      /** It was never up to date, and the KMS has just begun to listen. */
      readonly isStarting: boolean;
    }
  | DemoDataEvent
  | OperatorAct
  | { readonly type: 'demo-seeded'; readonly tenants: number; readonly accounts: number; readonly elasticKeys: number }
  | { readonly type: 'demo-reset-already-done' }
  | { readonly type: 'sealed'; readonly cause: keyof typeof SEALED }
  | { readonly type: 'unsealed' }
  | { readonly type: 'barrier-reshared'; readonly threshold: number; readonly shares: number }
  | { readonly type: 'barrier-rotated'; readonly level: string; readonly keys: number }
  | { readonly type: 'tenant-created'; readonly id: string }
  | { readonly type: 'tenant-removed'; readonly id: string }
  | { readonly type: 'password-rehashed'; readonly userId: string; readonly tenantId: string }
  | { readonly type: 'password-not-rehashed'; readonly userId: string; readonly tenantId: string; readonly cause: unknown }
  | { readonly type: 'leftovers-removed'; readonly tenants: number; readonly databases: number }
  | { readonly type: 'databases-unnamed'; readonly names: readonly string[] }
  | { readonly type: 'tenant-damaged'; readonly tenantId: string; readonly name: string; readonly cause: unknown }
  | { readonly type: 'tenant-mended'; readonly tenantId: string; readonly name: string }
  | { readonly type: 'row-damaged'; readonly table: string; readonly id: string; readonly tenantId: string }
  | { readonly type: 'database-rolled-back'; readonly owner: string; readonly message: string }
  | { readonly type: 'revisions-begun'; readonly file: string }
  | { readonly type: 'older-databases-accepted'; readonly owners: number }
  | { readonly type: 'revisions-removed'; readonly file: string }
  | { readonly type: 'revisions-unwritten'; readonly file: string; readonly cause: unknown }
  | { readonly type: 'audit-unwritten'; readonly cause: unknown }
  | { readonly type: 'audit-written-again' }
  | { readonly type: 'audit-damaged'; readonly chain: string; readonly seq: number }
  | {
      readonly type: 'key-rotated';
      readonly tenantId: string;
      readonly elasticKeyId: string;
      readonly version: number;
      readonly cause: 'period' | 'protections';
    }
  | {
      readonly type: 'key-destroyed';
      readonly tenantId: string;
      readonly elasticKeyId: string;
      /** Null where the elastic key was destroyed with all its versions. */
      readonly materialKeyId: string | null;
    }
  | { readonly type: 'rows-adopted'; readonly tenants: number; readonly users: number; readonly keys: number }
  | { readonly type: 'session-begun'; readonly tenantId: string; readonly by: 'password' | 'issuer' }
  | { readonly type: 'session-ended'; readonly tenantId: string; readonly cause: keyof typeof SESSION_ENDS }
  | { readonly type: 'listening'; readonly listener: 'public' | 'admin'; readonly host: string; readonly port: number };

export type Emit = (event: KmsEvent) => void;

const text = (thrown: unknown): string => thrownMessage(thrown);

/** Tenants that are told by their names, at most. */
const NAMED_TENANTS = 3;

const tenantsOf = ({ tenants }: NamedIssuer): string => {
  if (tenants === '*') return 'all tenants';
  if (tenants === 'others') return 'all tenants that no other issuer names';
  return tenants.length > NAMED_TENANTS ? `${tenants.length} tenants` : tenants.join(', ');
};

/** `the issuer partner (https://localhost:11082, for globex)` */
const named = (issuer: NamedIssuer): string => `the issuer ${issuer.name} (${issuer.issuer}, for ${tenantsOf(issuer)})`;

const lineOf = (event: KmsEvent): EventLine => {
  switch (event.type) {
    case 'plaintext-passwords':
      return [
        'warn',
        `the realms file holds plaintext passwords for ${event.usernames.join(', ')}; replace them by PBKDF2 hashes before real data comes in`,
        { count: event.usernames.length },
      ];
    case 'identity-unreachable': {
      // Servers that start together come up in any order, and some issuers are meant to be away for now.
      const [level, how] = event.hasAnswered ? (['warn', 'does not answer'] as const) : (['info', 'has not answered yet'] as const);
      return [level, `${named(event)} ${how}: ${text(event.cause)}`, { issuer: event.issuer }];
    }
    case 'identity-reachable':
      return ['info', `${named(event)} answers${event.hasAnswered ? ' again' : ''}`, { issuer: event.issuer }];
    case 'revocation-feed-current':
      return ['info', `the feed of revocations of ${event.issuer} is up to date`, { issuer: event.issuer }];
    case 'revocation-feed-lost':
      return [
        event.isStarting ? 'info' : 'warn',
        `the feed of revocations of ${event.issuer} is ${event.isStarting ? 'not there yet' : 'late'}, so that Identity is asked about tokens one by one: ${text(event.cause)}`,
        { issuer: event.issuer },
      ];
    case 'demo-seeded':
      return [
        'info',
        `demo data seeded: ${event.tenants} tenants, ${event.accounts} accounts, ${event.elasticKeys} elastic keys were missing`,
        { count: event.tenants },
      ];
    case 'demo-credentials-active':
    case 'demo-sleeps':
    case 'demo-beside-real-data':
    case 'demo-reset-started':
    case 'demo-reset-settled':
      return lineOfDemoDataEvent(event);
    case 'operator-act':
      return lineOfOperatorAct(event);
    case 'demo-reset-already-done':
      return ['warn', 'demo data was reset to these tenant ids already; it is kept as it is', {}];
    case 'sealed':
      return [
        'warn',
        `sealed ${SEALED[event.cause]}: every key is forgotten, and nothing is served until it is unsealed`,
        { reason: event.cause },
      ];
    case 'unsealed':
      return ['info', 'unsealed by operators', {}];
    case 'barrier-reshared':
      return [
        'warn',
        `operators made new unseal shares, ${event.threshold} of ${event.shares}: the old ones open nothing, and every replica needs the new ones for its next start`,
        { count: event.shares },
      ];
    case 'barrier-rotated':
      return ['info', `an operator rotated the ${event.level} key: ${event.keys} made`, { count: event.keys }];
    case 'tenant-created':
      return ['info', `an operator made tenant ${event.id}`, {}];
    case 'tenant-removed':
      return ['warn', `removed tenant ${event.id} with all that it had: the wait of its removal is over`, { tenant_id: event.id }];
    case 'password-rehashed':
      return [
        'info',
        `the password of realm user ${event.userId} was hashed anew at its log-in, by the parameters of realms.yml`,
        { tenant_id: event.tenantId },
      ];
    case 'password-not-rehashed':
      return [
        'warn',
        `the password of realm user ${event.userId} could not be hashed anew, and stays as it was hashed before: ${text(event.cause)}`,
        { tenant_id: event.tenantId },
      ];
    case 'leftovers-removed':
      return [
        'info',
        `removed what an interrupted run left: ${event.tenants} tenants, ${event.databases} databases`,
        { count: event.tenants },
      ];
    case 'databases-unnamed':
      return [
        'warn',
        `databases that no tenant names are left as they are: ${event.names.join(', ')}; was the service database restored from before they were made?`,
        { count: event.names.length },
      ];
    case 'tenant-damaged':
      return [
        'error',
        `tenant ${event.name} (${event.tenantId}) is closed, the others go on: ${causeChain(event.cause)}`,
        { tenant_id: event.tenantId },
      ];
    case 'tenant-mended':
      return ['info', `tenant ${event.name} (${event.tenantId}) is open again`, { tenant_id: event.tenantId }];
    case 'row-damaged':
      return [
        'error',
        `the row ${JSON.stringify(event.id)} of ${event.table} is not as the KMS wrote it and is refused; find out who writes to the database`,
        { tenant_id: event.tenantId },
      ];
    case 'database-rolled-back':
      return [
        'error',
        `${event.message} It is refused; docs/production.md says what to do after a restore on purpose`,
        { tenant_id: event.owner },
      ];
    case 'revisions-begun':
      return ['warn', `${event.file} was not there and is begun: the databases are taken for as new as they are now`, {}];
    case 'older-databases-accepted':
      return [
        'warn',
        `the databases are taken for as new as they are now, whatever the heads of the audit say of ${event.owners} of them; set unseal.accept_older_databases to false`,
        { count: event.owners },
      ];
    case 'revisions-removed':
      return ['warn', `${event.file} was removed and is written again; after a restore on purpose remove it while no KMS runs`, {}];
    case 'revisions-unwritten':
      return ['warn', `${event.file} could not be written at the end: ${causeChain(event.cause)}`, {}];
    case 'audit-unwritten':
      return ['error', `the audit cannot be written, so no act on keys is answered: ${causeChain(event.cause)}`, {}];
    case 'audit-written-again':
      return ['info', 'the audit is written again', {}];
    case 'audit-damaged':
      return [
        'error',
        `chain ${event.chain} of the audit is from record ${event.seq} on not what a KMS wrote, or what one wrote that was sealed until its end: it is not signed, and no tenant is shown it; export and verify it, and find out who writes to the database`,
        {},
      ];
    case 'key-rotated': {
      const why = event.cause === 'period' ? 'its period is over' : 'its version before has protected so often';
      return ['info', `rotated elastic key ${event.elasticKeyId} to version ${event.version}: ${why}`, { tenant_id: event.tenantId }];
    }
    case 'key-destroyed': {
      const { elasticKeyId, materialKeyId } = event;
      const what = materialKeyId === null ? `elastic key ${elasticKeyId}` : `material key ${materialKeyId} of elastic key ${elasticKeyId}`;
      return ['info', `destroyed ${what}: the wait of its deletion is over`, { tenant_id: event.tenantId }];
    }
    case 'rows-adopted':
      return [
        'warn',
        `adopted the rows of a database from before rows were authenticated, as they are: ${event.tenants} tenants, ${event.users} users, ` +
          `${event.keys} elastic keys; set unseal.adopt_rows to false`,
        { count: event.tenants },
      ];
    case 'session-begun':
      return ['info', `somebody logged in with a browser by ${event.by}`, { tenant_id: event.tenantId }];
    case 'session-ended':
      return ['info', `the session of a browser ended ${SESSION_ENDS[event.cause]}`, { tenant_id: event.tenantId, reason: event.cause }];
    case 'listening':
      return ['info', `${event.listener} listener on ${event.host}:${event.port}`, { listener: event.listener, port: event.port }];
    default:
      return unreachable(event);
  }
};

/** Writes each event as one log line, and counts it. */
export const logEvents = ({ log, counter }: Pick<Telemetry, 'log' | 'counter'>): Emit =>
  createEventLog(log, {
    count: counter('passthru.kms.events', {
      description:
        'Starts, seals, rotations of the barrier, demo resets, acts of operators, Identity and its feed gone and back, and rows that are refused',
    }),
    lineOf,
  });
