import type { RevocationEvent, RevocationKind, ToldRevocation } from './revocation-event.ts';

/** The `typ` of a security event token. @see RFC 8417 section 2.3 */
export const SET_TYPE = 'secevent+jwt';

const CAEP = 'https://schemas.openid.net/secevent/caep/event-type/';
const RISC = 'https://schemas.openid.net/secevent/risc/event-type/';
const OWN = 'urn:passthru:secevent:event-type:';

/** The event type of each kind: of CAEP and RISC where these have one; they know neither clients nor signing keys. */
export const EVENT_TYPES: Readonly<Record<RevocationKind, string>> = {
  'token-revoked': `${CAEP}session-revoked`,
  'opaque-token-revoked': `${CAEP}session-revoked`,
  'grant-revoked': `${CAEP}session-revoked`,
  'account-disabled': `${RISC}account-disabled`,
  'account-purged': `${RISC}account-purged`,
  'account-enabled': `${RISC}account-enabled`,
  'client-disabled': `${OWN}client-disabled`,
  'client-enabled': `${OWN}client-enabled`,
  'signing-key-withdrawn': `${OWN}signing-key-withdrawn`,
};

const URNS = {
  tokenHash: 'urn:passthru:access-token:sha-256:',
  grant: 'urn:passthru:grant:',
  client: 'urn:passthru:client:',
  key: 'urn:passthru:signing-key:',
} as const;

type Subject = Readonly<Record<string, string>>;

const uri = (urn: string, name: string): Subject => ({ format: 'uri', uri: `${urn}${encodeURIComponent(name)}` });

const subjectOf = (event: RevocationEvent, issuer: string): Subject => {
  switch (event.kind) {
    case 'token-revoked':
      return { format: 'jwt_id', iss: issuer, jti: event.tokenId };
    case 'opaque-token-revoked':
      return uri(URNS.tokenHash, event.tokenHash);
    case 'grant-revoked':
      return uri(URNS.grant, event.grant);
    case 'account-disabled':
    case 'account-purged':
    case 'account-enabled':
      return { format: 'iss_sub', iss: issuer, sub: event.accountId };
    case 'client-disabled':
    case 'client-enabled':
      return uri(URNS.client, event.clientId);
    case 'signing-key-withdrawn':
      return uri(URNS.key, event.kid);
  }
};

/**
 * The claims of a security event token beside `aud` and `iat`. There is no `exp` and no `sub`: a token that tells of an event does not end, and
 * must not be taken for one that opens something.
 *
 * @see RFC 8417 section 2.2, RFC 9493 section 3, OpenID Shared Signals Framework 1.0 section 3 (`jwt_id`)
 */
export const toSetClaims = ({ id, at, lifeSeconds, event }: ToldRevocation, issuer: string): Record<string, unknown> => ({
  iss: issuer,
  jti: id,
  toe: at,
  sub_id: subjectOf(event, issuer),
  events: {
    [EVENT_TYPES[event.kind]]: { life_seconds: lifeSeconds, ...('tenantId' in event ? { tenant_id: event.tenantId } : {}) },
  },
});

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

const MAX_TEXT = 512;
const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT;

const named = (urn: string, subject: Readonly<Record<string, unknown>>): string | undefined => {
  const text = subject['uri'];
  if (subject['format'] !== 'uri' || !isText(text) || !text.startsWith(urn)) return undefined;
  try {
    return decodeURIComponent(text.slice(urn.length)) || undefined;
  } catch {
    return undefined;
  }
};

type Read = (subject: Readonly<Record<string, unknown>>, payload: Readonly<Record<string, unknown>>) => RevocationEvent | undefined;

const readSession: Read = (subject) => {
  const { format, jti } = subject;
  if (format === 'jwt_id') return isText(jti) ? { kind: 'token-revoked', tokenId: jti } : undefined;
  const [tokenHash, grant] = [named(URNS.tokenHash, subject), named(URNS.grant, subject)];
  if (tokenHash !== undefined) return { kind: 'opaque-token-revoked', tokenHash };
  return grant === undefined ? undefined : { kind: 'grant-revoked', grant };
};

const readAccount =
  (kind: 'account-disabled' | 'account-purged' | 'account-enabled'): Read =>
  ({ format, sub }) =>
    format === 'iss_sub' && isText(sub) ? { kind, accountId: sub } : undefined;

const readClient =
  (kind: 'client-disabled' | 'client-enabled'): Read =>
  (subject, { tenant_id: tenantId }) => {
    const clientId = named(URNS.client, subject);
    return clientId !== undefined && isText(tenantId) ? { kind, clientId, tenantId } : undefined;
  };

const readKey: Read = (subject) => {
  const kid = named(URNS.key, subject);
  return kid === undefined ? undefined : { kind: 'signing-key-withdrawn', kid };
};

const READERS: ReadonlyMap<string, Read> = new Map([
  [EVENT_TYPES['token-revoked'], readSession],
  [EVENT_TYPES['account-disabled'], readAccount('account-disabled')],
  [EVENT_TYPES['account-purged'], readAccount('account-purged')],
  [EVENT_TYPES['account-enabled'], readAccount('account-enabled')],
  [EVENT_TYPES['client-disabled'], readClient('client-disabled')],
  [EVENT_TYPES['client-enabled'], readClient('client-enabled')],
  [EVENT_TYPES['signing-key-withdrawn'], readKey],
]);

const isSeconds = (value: unknown): value is number => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 8_640_000_000_000;

/**
 * Reads the claims of a security event token whose signature, issuer and audience are proved already.
 *
 * @returns null for an event of a type that is not known here, which concerns nobody here; undefined where the claims are not in the form
 *   that `toSetClaims` gives them, or speak of somebody of another issuer
 */
export const fromSetClaims = (claims: Readonly<Record<string, unknown>>, issuer: string): ToldRevocation | null | undefined => {
  const { jti, toe, sub_id: subject, events } = claims;
  if (!isText(jti) || !isSeconds(toe) || !isObject(subject) || !isObject(events)) return undefined;
  const [[type, payload] = ['', undefined], ...more] = Object.entries(events);
  if (more.length > 0 || !isObject(payload)) return undefined;
  const read = READERS.get(type);
  if (read === undefined) return null;
  const { life_seconds: lifeSeconds } = payload;
  if (!isSeconds(lifeSeconds) || ('iss' in subject && subject['iss'] !== issuer)) return undefined;
  const event = read(subject, payload);
  return event && { id: jti, at: toe, lifeSeconds, event };
};
