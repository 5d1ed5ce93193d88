import { describe, expect, it } from 'vitest';
import { namedScopesIssues, scopesByName } from '#kms/access/named-scopes.ts';
import { createReadScopes } from '#kms/access/scopes.ts';
import { reaches } from '#kms/rights/key-scopes.ts';

const CONFIG = [
  { name: 'billing', covers: ['kms:key:invoices:crypto', 'kms:elastic-keys:read'] },
  { name: 'finance', covers: ['billing', 'kms:label:team=finance:read', 'kms:audit'] },
];
const key = (name: string, labels: Record<string, string> = {}) => ({ id: 'id', name, labels });

describe('A scope that the configuration names', () => {
  it('stands for others, and for those that they stand for', () => {
    const readScopes = createReadScopes(scopesByName(CONFIG));
    const { scopes, keyScopes } = readScopes(['finance']);
    expect([...scopes].toSorted()).toEqual(['kms:audit:read', 'kms:elastic-keys:read']);
    expect(reaches(keyScopes, 'kms:decrypt', key('invoices'))).toBe(true);
    expect(reaches(keyScopes, 'kms:decrypt', key('orders'))).toBe(false);
    expect(reaches(keyScopes, 'kms:material-keys:read', key('orders', { team: 'finance' }))).toBe(true);
    expect(readScopes(['unnamed'])).toEqual({ scopes: new Set() });
  });

  it('is narrowed by permissions, which may name it as well', () => {
    const readScopes = createReadScopes(scopesByName(CONFIG));
    const { keyScopes } = readScopes(['finance'], ['billing']);
    expect(reaches(keyScopes, 'kms:sign', key('invoices'))).toBe(true);
    expect(reaches(keyScopes, 'kms:material-keys:read', key('orders', { team: 'finance' }))).toBe(false);
    expect(reaches(readScopes(['kms:crypto'], ['kms:key:invoices:sign']).keyScopes, 'kms:sign', key('invoices'))).toBe(true);
    expect(reaches(readScopes(['kms:key:invoices:sign'], []).keyScopes, 'kms:sign', key('invoices'))).toBe(false);
  });

  it('is refused where it could mean nothing, or something else, with the field', () => {
    const issues = namedScopesIssues(
      [
        { name: 'billing', covers: ['kms:crypt', 'kms:key:a:b:sign'] },
        { name: 'billing', covers: ['kms:crypto'] },
        { name: 'kms:read', covers: ['kms:crypto'] },
        { name: 'with space', covers: ['kms:crypto'] },
        { name: 'one', covers: ['two'] },
        { name: 'two', covers: ['one'] },
        { name: 'above', covers: ['one'] },
      ],
      '/scopes',
    );
    expect(issues.map(({ field }) => field)).toEqual([
      '/scopes/1/name',
      '/scopes/0/covers/0',
      '/scopes/0/covers/1',
      '/scopes/2/name',
      '/scopes/3/name',
      '/scopes/4/covers',
      '/scopes/5/covers',
    ]);
    expect(namedScopesIssues(CONFIG, '/scopes')).toEqual([]);
  });
});
