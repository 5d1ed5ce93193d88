import { unreachable } from '#infra/apperr/app-error.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';

/** What happens at Identity beyond single requests; ids and closed words, never a user name that was typed. */
type IdentityEvent =
  | { readonly type: 'logged-in'; readonly accountId: string; readonly tenantId: string; readonly clientId: string }
  | { readonly type: 'login-failed'; readonly reason: 'wrong-credentials' | 'too-many-attempts' | 'busy'; readonly clientId: string }
  | { readonly type: 'login-cancelled'; readonly clientId: string }
  | { readonly type: 'consent-given'; readonly accountId: string; readonly clientId: string }
  | { readonly type: 'consent-refused'; readonly accountId: string; readonly clientId: string }
  | { readonly type: 'demo-seeded'; readonly tenants: number }
  | { readonly type: 'demo-reset'; readonly resetId: string }
  | { readonly type: 'demo-reset-settled'; readonly resetId: string; readonly outcome: 'committed' | 'rolled-back' };

export type EmitIdentityEvent = (event: IdentityEvent) => void;

/** Writes every event as a log line and counts it. */
export const recordEvents = (telemetry: Pick<Telemetry, 'log' | 'counter'>): EmitIdentityEvent => {
  const count = telemetry.counter('passthru.identity.events', { description: 'Log-ins, consents and demo resets by outcome' });
  return (event) => {
    count(1, { operation: event.type, ...('reason' in event ? { reason: event.reason } : {}) });
    switch (event.type) {
      case 'logged-in':
        return telemetry.log.info('logged in', { account_id: event.accountId, tenant_id: event.tenantId, client_id: event.clientId });
      case 'login-failed':
        return telemetry.log.warn('log-in failed', { reason: event.reason, client_id: event.clientId });
      case 'login-cancelled':
        return telemetry.log.info('log-in cancelled', { client_id: event.clientId });
      case 'consent-given':
        return telemetry.log.info('consent given', { account_id: event.accountId, client_id: event.clientId });
      case 'consent-refused':
        return telemetry.log.info('consent refused', { account_id: event.accountId, client_id: event.clientId });
      case 'demo-seeded':
        return telemetry.log.info('demo data seeded', { count: event.tenants });
      case 'demo-reset':
        return telemetry.log.info('demo data reset, waiting for commit or rollback', { reset_id: event.resetId });
      case 'demo-reset-settled':
        return telemetry.log.info('demo reset settled', { reset_id: event.resetId, outcome: event.outcome });
      default:
        return unreachable(event);
    }
  };
};
