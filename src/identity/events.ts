import { unreachable } from '#infra/apperr/app-error.ts';
import { type DemoDataEvent, lineOfDemoDataEvent } from '#infra/demo-data/events.ts';
import { lineOfOperatorAct, type OperatorAct } from '#infra/http/operator-acts.ts';
import { createEventLog, type EventLine } from '#infra/telemetry/event-log.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';

/** Happenings in Identity that an operator wants to read: ids and closed words, never a user name that was typed. */
export type IdentityEvent =
  | { readonly type: 'logged-in'; readonly accountId: string; readonly tenantId: string; readonly clientId: string }
  | {
      readonly type: 'login-failed';
      readonly reason: 'wrong-credentials' | 'too-many-attempts' | 'busy';
      readonly clientId: string;
      /** Of the peer. */
      readonly address: string;
      /** Of the user name that was tried. */
      readonly nameTag: string;
    }
  | { readonly type: 'client-refused'; readonly address: string; /** Of the client id that was tried. */ readonly nameTag: string }
  | { readonly type: 'login-cancelled'; readonly clientId: string }
  | { readonly type: 'consent-given'; readonly accountId: string; readonly clientId: string }
  | { readonly type: 'consent-refused'; readonly accountId: string; readonly clientId: string }
  | { readonly type: 'demo-seeded'; readonly tenants: number }
  | DemoDataEvent
  | OperatorAct
  | { readonly type: 'listening'; readonly listener: 'public' | 'admin'; readonly host: string; readonly port: number };

export type Emit = (event: IdentityEvent) => void;

const lineOf = (event: IdentityEvent): EventLine => {
  switch (event.type) {
    case 'logged-in':
      return ['info', 'logged in', { account_id: event.accountId, tenant_id: event.tenantId, client_id: event.clientId }];
    case 'login-failed':
      return [
        'warn',
        'log-in failed',
        {
          reason: event.reason,
          client_id: event.clientId,
          'client.address': event.address,
          credential: 'password',
          name_tag: event.nameTag,
        },
      ];
    case 'client-refused':
      return [
        'warn',
        'a client gave a wrong secret',
        { 'client.address': event.address, credential: 'client-secret', name_tag: event.nameTag },
      ];
    case 'login-cancelled':
      return ['info', 'log-in cancelled', { client_id: event.clientId }];
    case 'consent-given':
      return ['info', 'consent given', { account_id: event.accountId, client_id: event.clientId }];
    case 'consent-refused':
      return ['info', 'consent refused', { account_id: event.accountId, client_id: event.clientId }];
    case 'demo-seeded':
      return ['info', 'demo data seeded', { count: event.tenants }];
    case 'demo-credentials-active':
    case 'demo-sleeps':
    case 'demo-beside-real-data':
    case 'demo-reset-started':
    case 'demo-reset-settled':
      return lineOfDemoDataEvent(event);
    case 'operator-act':
      return lineOfOperatorAct(event);
    case 'listening':
      return ['info', `${event.listener} listener on ${event.host}:${event.port}`, { listener: event.listener, port: event.port }];
    default:
      return unreachable(event);
  }
};

/** Writes each event as one log line, and counts it. */
export const logEvents = ({ log, counter }: Pick<Telemetry, 'log' | 'counter'>): Emit =>
  createEventLog(log, {
    count: counter('passthru.identity.events', { description: 'Log-ins, consents, demo resets and acts of operators' }),
    lineOf,
  });
