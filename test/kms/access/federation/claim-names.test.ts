import { describe, expect, it } from 'vitest';
import { checkConfig } from '#infra/config/check-config.ts';
import { claimNamesSchema, withOurNames } from '#kms/access/federation/claim-names.ts';

const read = (payload: Record<string, unknown>, names: Record<string, unknown>) =>
  withOurNames(payload, checkConfig(claimNamesSchema, names, 'claims'));

describe('The claims of an issuer that has other names', () => {
  it('are read where its configuration says, through objects by a list of names', () => {
    const payload = { azp: 'app', realm_access: { roles: ['user'] }, organization: 'acme', sub: 's', scope: 'openid kms:read' };
    expect(read(payload, { client_id: 'azp', roles: ['realm_access', 'roles'], tenant: 'organization' })).toMatchObject({
      client_id: 'app',
      roles: ['user'],
      tenant_id: 'acme',
      sub: 's',
      scope: 'openid kms:read',
    });
  });

  it('keep a dot and a slash in their name', () => {
    const payload = { 'https://acme.example/tenant': 'url', 'a.b': 'dotted', a: { b: 'nested' } };
    expect(read(payload, { tenant: 'https://acme.example/tenant' })).toMatchObject({ tenant_id: 'url' });
    expect(read(payload, { tenant: 'a.b' })).toMatchObject({ tenant_id: 'dotted' });
    expect(read(payload, { tenant: ['a', 'b'] })).toMatchObject({ tenant_id: 'nested' });
  });

  it('are absent where the stated one is, whatever stands under our name', () => {
    const payload = { tenant_id: 'forged', scope: 'kms:admin', roles: ['admin'], client_id: 'x' };
    const names = { tenant: 'organization', scope: 'scp', roles: ['realm_access', 'roles'], client_id: 'azp' };
    expect(read(payload, names)).toEqual({});
  });

  it('come from the token and never from what every object has', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(read({ a: {} }, { tenant: name, roles: ['a', name], scope: [name, 'name'] })).toEqual({ a: {} });
    expect(read({ a: ['x'] }, { tenant: ['a', '0'] })).toEqual({ a: ['x'] });
  });

  it('may hold the scopes as a list; one with a space in it is none', () => {
    expect(read({ scp: ['kms:read', 'kms:crypto'] }, { scope: 'scp' })['scope']).toBe('kms:read kms:crypto');
    expect(read({ scp: ['kms:read kms:admin'] }, { scope: 'scp' })['scope']).toEqual(['kms:read kms:admin']);
  });

  it('stay as they are where nothing is configured', () => {
    const payload = { tenant_id: 't', scope: ['kms:read'] };
    expect(withOurNames(payload, undefined)).toBe(payload);
  });
});
