import { unreachable } from '#infra/apperr/app-error.ts';
import type { DemoEvent } from '#infra/demo-data/events.ts';
import type { Logger } from '#infra/telemetry/telemetry.ts';

/** Events of the KMS for its operators; none holds a token, a password or a key. */
export type KmsEvent =
  | { readonly type: 'plaintext-passwords'; readonly usernames: readonly string[] }
  | { readonly type: 'unsealed' }
  | { readonly type: 'identity-unreachable'; readonly issuer: string; readonly cause: unknown }
  | { readonly type: 'identity-reachable'; readonly issuer: string }
  | DemoEvent
  | { readonly type: 'demo-seeded'; readonly tenants: number; readonly accounts: number; readonly elasticKeys: number }
  | { readonly type: 'demo-reset-already-done' }
  | { readonly type: 'leftovers-removed'; readonly tenants: number; readonly databases: number }
  | { readonly type: 'databases-unnamed'; readonly names: readonly string[] }
  | { readonly type: 'listening'; readonly listener: 'public' | 'admin'; readonly host: string; readonly port: number };

export type Emit = (event: KmsEvent) => void;

const text = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

const lineOf = (event: KmsEvent): readonly ['info' | 'warn', string] => {
  switch (event.type) {
    case 'plaintext-passwords':
      return [
        'warn',
        `the realms file holds plaintext passwords for ${event.usernames.join(', ')}; replace them by PBKDF2 hashes before real data comes in`,
      ];
    case 'unsealed':
      return ['info', 'unsealed'];
    case 'identity-unreachable':
      return ['warn', `Identity ${event.issuer} does not answer: ${text(event.cause)}`];
    case 'identity-reachable':
      return ['info', `Identity ${event.issuer} answers again`];
    case 'demo-credentials-active':
      return ['warn', 'demo accounts with published passwords are active; never keep real data here'];
    case 'demo-seeded':
      return [
        'info',
        `demo data seeded: ${event.tenants} tenants, ${event.accounts} accounts, ${event.elasticKeys} elastic keys were missing`,
      ];
    case 'demo-reset-started':
      return ['info', `demo reset ${event.resetId} is in place and waits for commit or rollback`];
    case 'demo-reset-already-done':
      return ['warn', 'demo data was reset to these tenant ids already; it is kept as it is'];
    case 'demo-reset-settled':
      return ['info', `demo reset ${event.resetId} is ${event.outcome === 'committed' ? 'committed' : 'rolled back'}`];
    case 'leftovers-removed':
      return ['info', `removed what an interrupted run left: ${event.tenants} tenants, ${event.databases} databases`];
    case 'databases-unnamed':
      return [
        'warn',
        `databases that no tenant names are left as they are: ${event.names.join(', ')}; was the service database restored from before they were made?`,
      ];
    case 'listening':
      return ['info', `${event.listener} listener on ${event.host}:${event.port}`];
    default:
      return unreachable(event);
  }
};

/** Writes each event as one log line. */
export const logEvents =
  (log: Logger): Emit =>
  (event) => {
    const [level, message] = lineOf(event);
    log[level](message);
  };
