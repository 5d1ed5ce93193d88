import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readClaims } from '#kms/access/tokens/claims.ts';
import { testClaims } from '#test/support/kms-caller.ts';

/** As a JWT brings it: `__proto__` is a member like any other in JSON. */
const payload = (text: string): Readonly<Record<string, unknown>> => JSON.parse(text) as Readonly<Record<string, unknown>>;
const nested = (depth: number): unknown => (depth === 0 ? 'end' : { in: nested(depth - 1) });
const refusedFor = (more: Readonly<Record<string, unknown>>): unknown => {
  const { scopes: _, ...claims } = testClaims();
  const good = {
    iss: claims.issuer,
    sub: claims.subject,
    aud: claims.audience,
    client_id: claims.clientId,
    scope: 'kms:read',
    jti: claims.tokenId,
    iat: claims.issuedAt / 1000,
    exp: claims.expiresAt / 1000,
    tenant_id: claims.tenant,
  };
  const read = readClaims({ ...good, ...more });
  return 'refused' in read ? read.refused : null;
};

describe('the claims of a token', () => {
  it('are all there: those of RFC 9068, those of OpenID Connect with their types, and every other one', () => {
    const department = randomUUIDv7();
    const claims = testClaims({
      auth_time: 1_700_000_000,
      email: 'demo@example.com',
      email_verified: true,
      address: { country: 'DE', house: 7 },
      updated_at: 1_700_000_001,
      acr: 'urn:x',
      department: { name: department, tags: ['a', { b: null }] },
    });
    expect(claims.authenticatedAt).toBe(1_700_000_000_000);
    expect(claims.profile).toEqual({
      acr: 'urn:x',
      email: 'demo@example.com',
      email_verified: true,
      address: { country: 'DE', house: 7 },
      updated_at: 1_700_000_001,
    });
    expect(claims.custom).toEqual({ department: { name: department, tags: ['a', { b: null }] } });
  });

  it('cannot be changed, at any depth', () => {
    const claims = testClaims({ department: { tags: [{ name: 'x' }] }, cnf: { jkt: 'k' }, roles: ['user'], permissions: ['kms:read'] });
    const isFrozen = (value: unknown): boolean =>
      typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen));
    expect(isFrozen(claims)).toBe(true);
  });

  it('have their own members and no others, whatever their names are', () => {
    const { custom } = testClaims(payload('{"__proto__":{"admin":true},"hasOwnProperty":1}'));
    expect(Object.keys(custom).toSorted()).toEqual(['__proto__', 'hasOwnProperty']);
    expect(custom['admin']).toBeUndefined();
    expect(custom['constructor']).toBeUndefined();
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
  });

  it('are refused where they are larger or deeper than any, or have another form than their standard says', () => {
    expect(refusedFor({ more: 'm'.repeat(16_384) })).toBe('payload');
    expect(refusedFor({ more: nested(7) })).toBeNull();
    expect(refusedFor({ more: nested(8) })).toBe('payload');
    expect(refusedFor({ email_verified: 'yes' })).toBe('email_verified');
    expect(refusedFor({ address: 'here' })).toBe('address');
    expect(refusedFor({ cnf: { jkt: 1 } })).toBe('cnf');
  });
});
