import { unreachable } from '#infra/apperr/app-error.ts';
import type { DemoEvent } from '#infra/demo-data/events.ts';
import type { Attributes, Telemetry } from '#infra/telemetry/telemetry.ts';

/** Happenings in Identity that an operator wants to read: ids and closed words, never a user name that was typed. */
export type IdentityEvent =
  | { readonly type: 'logged-in'; readonly accountId: string; readonly tenantId: string; readonly clientId: string }
  | { readonly type: 'login-failed'; readonly reason: 'wrong-credentials' | 'too-many-attempts' | 'busy'; readonly clientId: string }
  | { readonly type: 'login-cancelled'; readonly clientId: string }
  | { readonly type: 'consent-given'; readonly accountId: string; readonly clientId: string }
  | { readonly type: 'consent-refused'; readonly accountId: string; readonly clientId: string }
  | { readonly type: 'demo-seeded'; readonly tenants: number }
  | DemoEvent
  | { readonly type: 'listening'; readonly listener: 'public' | 'admin'; readonly port: number };

export type Emit = (event: IdentityEvent) => void;

const lineOf = (event: IdentityEvent): readonly [level: 'info' | 'warn', message: string, attributes: Attributes] => {
  switch (event.type) {
    case 'logged-in':
      return ['info', 'logged in', { account_id: event.accountId, tenant_id: event.tenantId, client_id: event.clientId }];
    case 'login-failed':
      return ['warn', 'log-in failed', { reason: event.reason, client_id: event.clientId }];
    case 'login-cancelled':
      return ['info', 'log-in cancelled', { client_id: event.clientId }];
    case 'consent-given':
      return ['info', 'consent given', { account_id: event.accountId, client_id: event.clientId }];
    case 'consent-refused':
      return ['info', 'consent refused', { account_id: event.accountId, client_id: event.clientId }];
    case 'demo-seeded':
      return ['info', 'demo data seeded', { count: event.tenants }];
    case 'demo-credentials-active':
      return ['warn', 'demo accounts with published passwords are active; never keep real data here', {}];
    case 'demo-reset-started':
      return ['info', 'demo data reset, waiting for commit or rollback', { reset_id: event.resetId }];
    case 'demo-reset-settled':
      return ['info', 'demo reset settled', { reset_id: event.resetId, outcome: event.outcome }];
    case 'listening':
      return ['info', 'listening', { listener: event.listener, port: event.port }];
    default:
      return unreachable(event);
  }
};

/** Writes each event as one log line, and counts it. */
export const logEvents = ({ log, counter }: Pick<Telemetry, 'log' | 'counter'>): Emit => {
  const count = counter('passthru.identity.events', { description: 'Log-ins, consents and demo resets by outcome' });
  return (event) => {
    count(1, { operation: event.type, ...('reason' in event ? { reason: event.reason } : {}) });
    const [level, message, attributes] = lineOf(event);
    log[level](message, attributes);
  };
};
