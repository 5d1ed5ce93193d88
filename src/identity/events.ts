import { unreachable } from '#infra/apperr/app-error.ts';
import { type DemoDataEvent, lineOfDemoDataEvent } from '#infra/demo-data/events.ts';
import { lineOfOperatorAct, type OperatorAct } from '#infra/http/operator-acts.ts';
import type { Refusal, RefusalLog } from '#infra/http/refusals.ts';
import { createEventLog, type EventLine } from '#infra/telemetry/event-log.ts';
import type { Telemetry } from '#infra/telemetry/telemetry.ts';

/** Somebody was not let in. A stranger can bring about as many as he likes, so the log sums them up. */
type RefusalEvent =
  | {
      readonly type: 'login-failed' | 'second-factor-failed';
      readonly reason: 'wrong-credentials' | 'too-many-attempts' | 'busy';
      readonly clientId: string;
      /** Of the peer. */
      readonly address: string;
      /** Of the user name that was tried. */
      readonly nameTag: string;
    }
  | {
      readonly type: 'client-refused';
      readonly reason: 'wrong-secret' | 'wrong-registration-token';
      readonly address: string;
      /** Of the client id that was tried. */
      readonly nameTag: string;
    }
  | {
      readonly type: 'replay-refused';
      readonly what: 'assertion' | 'proof';
      readonly clientId: string;
      readonly address: string;
    };

/** What the owner of an account did at its page. */
type AccountChange =
  | 'password-changed'
  | 'sessions-ended'
  | 'grant-ended'
  | 'totp-added'
  | 'totp-removed'
  | 'recovery-codes-renewed'
  | 'passkey-added'
  | 'passkey-removed';

/** Happenings in Identity that an operator wants to read: ids and closed words, never a user name that was typed. */
export type IdentityEvent =
  | RefusalEvent
  | { readonly type: 'logged-in'; readonly accountId: string; readonly tenantId: string; readonly clientId: string }
  /** In the place of a second factor that may be lost, or by somebody who has found the codes. */
  | { readonly type: 'recovery-code-used'; readonly accountId: string; readonly clientId: string }
  /** Null where no client asked for it. */
  | { readonly type: 'logged-out'; readonly accountId: string; readonly clientId: string | null }
  | { readonly type: 'login-cancelled'; readonly clientId: string }
  | { readonly type: 'consent-given'; readonly accountId: string; readonly clientId: string }
  | { readonly type: 'account-change-begun'; readonly accountId: string; readonly clientId: string }
  | { readonly type: 'consent-refused'; readonly accountId: string; readonly clientId: string }
  | { readonly type: 'account-changed'; readonly accountId: string; readonly change: AccountChange }
  /** An operator removed all second factors of an account. */
  | { readonly type: 'factors-reset'; readonly accountId: string }
  | { readonly type: 'client-registered' | 'registration-changed' | 'registration-removed'; readonly clientId: string }
  | { readonly type: 'logout-told'; readonly clientId: string }
  | {
      readonly type: 'logout-not-told';
      readonly clientId: string;
      readonly reason: 'again-later' | 'given-up';
      readonly cause: string;
    }
  | { readonly type: 'signing-keys-resealed'; readonly keys: number }
  /** Clients that rely on `nonce` in the place of PKCE. */
  | { readonly type: 'pkce-exceptions'; readonly clientIds: readonly string[] }
  | { readonly type: 'demo-seeded'; readonly tenants: number }
  | { readonly type: 'demo-clients-changed'; readonly clientIds: readonly string[] }
  | DemoDataEvent
  | OperatorAct
  | { readonly type: 'listening'; readonly listener: 'public' | 'admin' | 'feed'; readonly host: string; readonly port: number };

export type Emit = (event: IdentityEvent) => void;

const isRefusal = (event: IdentityEvent): event is RefusalEvent =>
  ['login-failed', 'second-factor-failed', 'client-refused', 'replay-refused'].includes(event.type);

const reasonOf = (event: RefusalEvent): string => (event.type === 'replay-refused' ? `${event.what}-replayed` : event.reason);

/** Somebody has recorded it, or a client does not make a new one each time. */
const refusalOfReplay = (event: Extract<RefusalEvent, { type: 'replay-refused' }>): Refusal => {
  const { what, clientId, address } = event;
  const [code, status] = [reasonOf(event), what === 'assertion' ? 401 : 400];
  return {
    address,
    status,
    code,
    message: what === 'assertion' ? 'an assertion of a client came again' : 'a DPoP proof came again',
    attributes: { client_id: clientId, code, reason: code, 'http.response.status_code': status },
  };
};

const refusalOf = (event: RefusalEvent): Refusal => {
  if (event.type === 'replay-refused') return refusalOfReplay(event);
  const { address, reason, nameTag } = event;
  const isLogin = event.type !== 'client-refused';
  const status = !isLogin ? 401 : reason === 'wrong-credentials' ? 403 : 429;
  const isRegistration = reason === 'wrong-registration-token';
  const credential = isRegistration ? 'registration-token' : 'client-secret';
  const who = isLogin
    ? { client_id: event.clientId, credential: event.type === 'login-failed' ? 'password' : 'second-factor' }
    : { credential };
  return {
    address,
    status,
    code: reason,
    message: isLogin ? 'log-in failed' : isRegistration ? 'a registration with a wrong token' : 'a client gave a wrong secret',
    attributes: { ...who, name_tag: nameTag, code: reason, reason, 'http.response.status_code': status },
  };
};

const lineOf = (event: Exclude<IdentityEvent, RefusalEvent>): EventLine => {
  switch (event.type) {
    case 'logged-in':
      return ['info', 'logged in', { account_id: event.accountId, tenant_id: event.tenantId, client_id: event.clientId }];
    case 'recovery-code-used':
      return ['warn', 'a recovery code was used as the second factor', { account_id: event.accountId, client_id: event.clientId }];
    case 'logged-out': {
      const { accountId, clientId } = event;
      return ['info', 'logged out', { account_id: accountId, ...(clientId === null ? {} : { client_id: clientId }) }];
    }
    case 'login-cancelled':
      return ['info', 'log-in cancelled', { client_id: event.clientId }];
    case 'consent-given':
      return ['info', 'consent given', { account_id: event.accountId, client_id: event.clientId }];
    case 'account-change-begun':
      return ['info', 'another account is to answer a consent', { account_id: event.accountId, client_id: event.clientId }];
    case 'consent-refused':
      return ['info', 'consent refused', { account_id: event.accountId, client_id: event.clientId }];
    case 'account-changed':
      return ['info', `account changed by its owner: ${event.change}`, { account_id: event.accountId, operation: event.change }];
    case 'factors-reset':
      return ['info', 'an operator removed the second factors of an account', { account_id: event.accountId }];
    case 'client-registered':
      return ['info', 'a client registered itself', { client_id: event.clientId }];
    case 'registration-changed':
      return ['info', 'a client changed its registration', { client_id: event.clientId }];
    case 'registration-removed':
      return ['info', 'a client ended its registration', { client_id: event.clientId }];
    case 'logout-told':
      return ['info', 'a client was told of a log-out', { client_id: event.clientId }];
    case 'logout-not-told': {
      const { clientId, reason, cause } = event;
      const goesOn = reason === 'given-up' ? 'it will not be told any more' : 'it will be told later';
      return [
        reason === 'given-up' ? 'error' : 'warn',
        `${clientId} was not told of a log-out, ${goesOn}: ${cause}`,
        { client_id: clientId, reason },
      ];
    }
    case 'signing-keys-resealed':
      return ['info', `${event.keys} signing keys were sealed anew under the newest encryption key`, { count: event.keys }];
    case 'pkce-exceptions':
      return [
        'warn',
        `clients without PKCE, which rely on nonce (RFC 9700 section 2.1.1): ${event.clientIds.join(', ')}`,
        { count: event.clientIds.length },
      ];
    case 'demo-seeded':
      return ['info', 'demo data seeded', { count: event.tenants }];
    case 'demo-clients-changed':
      return ['info', `demo clients are as the seed says now: ${event.clientIds.join(', ')}`, { count: event.clientIds.length }];
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

/** Writes each event as one log line, refusals of one network together, and counts it. */
export const logEvents = ({ log, counter }: Pick<Telemetry, 'log' | 'counter'>, refusals: Pick<RefusalLog, 'refused'>): Emit => {
  const count = counter('passthru.identity.events', {
    description: 'Log-ins and log-outs, consents, log-outs that clients were told of, demo resets and acts of operators',
  });
  const write = createEventLog(log, { count, lineOf });
  return (event) => {
    if (!isRefusal(event)) return write(event);
    count(1, { operation: event.type, reason: reasonOf(event) });
    return refusals.refused(refusalOf(event));
  };
};
