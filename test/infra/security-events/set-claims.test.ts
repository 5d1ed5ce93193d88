import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatPosition, parsePosition, type RevocationEvent } from '#infra/security-events/revocation-event.ts';
import { fromSetClaims, toSetClaims } from '#infra/security-events/set-claims.ts';

const ISSUER = 'https://identity.test';
const told = (event: RevocationEvent) => ({ id: randomUUIDv7(), at: 1_800_000_000, lifeSeconds: 660, event });
const aToken = () => told({ kind: 'token-revoked', tokenId: randomUUIDv7() });

describe('the claims of a security event token', () => {
  it.each<RevocationEvent>([
    { kind: 'token-revoked', tokenId: randomUUIDv7() },
    { kind: 'opaque-token-revoked', tokenHash: randomUUIDv7() },
    { kind: 'grant-revoked', grant: randomUUIDv7() },
    { kind: 'account-disabled', accountId: randomUUIDv7() },
    { kind: 'account-purged', accountId: randomUUIDv7() },
    { kind: 'account-enabled', accountId: randomUUIDv7() },
    { kind: 'client-disabled', clientId: 'a client: 100 % Ω', tenantId: randomUUID() },
    { kind: 'client-enabled', clientId: `client-${randomUUIDv7()}`, tenantId: randomUUID() },
    { kind: 'signing-key-withdrawn', kid: randomUUIDv7() },
  ])('say $kind, and are read as what they say', (event) => {
    const revocation = told(event);
    const claims = JSON.parse(JSON.stringify(toSetClaims(revocation, ISSUER))) as Record<string, unknown>;
    expect(fromSetClaims(claims, ISSUER)).toEqual(revocation);
    expect(Object.keys(claims).toSorted()).toEqual(['events', 'iss', 'jti', 'sub_id', 'toe']);
  });

  it('of a type that is not known concern nobody', () => {
    const events = { 'https://schemas.openid.net/secevent/caep/event-type/device-compliance-change': {} };
    expect(fromSetClaims({ ...toSetClaims(aToken(), ISSUER), events }, ISSUER)).toBeNull();
  });

  const [type = '', payload = {}] = Object.entries(toSetClaims(aToken(), ISSUER)['events'] as Record<string, object>)[0] ?? [];
  it.each<[string, Record<string, unknown>]>([
    ['another issuer’s subject', { sub_id: { format: 'jwt_id', iss: 'https://other.test', jti: randomUUIDv7() } }],
    ['a subject of another format', { sub_id: { format: 'email', email: 'a@b.test' } }],
    ['a subject without a name', { sub_id: { format: 'jwt_id', iss: ISSUER, jti: '' } }],
    ['a subject whose name is not encoded', { sub_id: { format: 'uri', uri: 'urn:passthru:grant:%' } }],
    ['a subject of another kind', { sub_id: { format: 'uri', uri: 'urn:passthru:client:x' } }],
    ['no subject', { sub_id: undefined }],
    ['no time', { toe: undefined }],
    ['no id', { jti: undefined }],
    ['two events', { events: { [type]: payload, 'urn:other': {} } }],
    ['no event', { events: {} }],
    ['an event without its life', { events: { [type]: {} } }],
  ])('are refused with %s', (_, change) => {
    expect(fromSetClaims({ ...toSetClaims(aToken(), ISSUER), ...change }, ISSUER)).toBeUndefined();
  });
});

describe('a position in the feed', () => {
  it('is read as it is written, and nothing else is read as one', () => {
    const position = { sequence: 17, id: randomUUIDv7() };
    expect(parsePosition(formatPosition(position))).toEqual(position);
    for (const text of ['', '17', `017.${position.id}`, `-1.${position.id}`, `17.${position.id} `, `17.${position.id.toUpperCase()}`])
      expect(parsePosition(text)).toBeUndefined();
  });
});
