import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROLE_SCOPES } from '#infra/magic/magic.ts';
import { createRoles, roleIssues, type StatedRole } from '#kms/access/roles.ts';
import { expandScopes, FINE_SCOPES } from '#kms/access/scopes.ts';

const role = (name: string, more: Partial<StatedRole> = {}): StatedRole => ({ name, includes: [], scopes: [], ...more });

describe('Roles', () => {
  it('are those that are built in where none is stated, and one that is not known grants nothing', () => {
    const { names, scopesOf } = createRoles();
    expect(names).toEqual(Object.keys(ROLE_SCOPES));
    expect(scopesOf(['admin'])).toEqual(FINE_SCOPES);
    expect(scopesOf(['user', 'service'])).toEqual(expandScopes(['kms:read', 'kms:crypto']));
    expect(scopesOf(['root', '__proto__', 'toString', 'constructor']).size).toBe(0);
    for (const name of names) expect(scopesOf([name]).size, name).toBeGreaterThan(0);
  });

  it('grant the scopes of all that they include, however deep', () => {
    const roles = createRoles([
      role('lead', { includes: ['clerk', 'auditor'] }),
      role('clerk', { includes: ['reader'], scopes: ['kms:encrypt'] }),
      role('reader', { scopes: ['kms:read'] }),
      role('auditor', { scopes: ['kms:audit'] }),
    ]);
    expect(roles.scopesOf(['lead'])).toEqual(expandScopes(['kms:read', 'kms:encrypt', 'kms:audit']));
    expect(roles.scopesOf(['clerk'])).toEqual(expandScopes(['kms:read', 'kms:encrypt']));
  });

  it('that bear the name of a built-in role take its place, for those who include it, too', () => {
    const roles = createRoles([role('user', { scopes: ['kms:verify'] }), role('guest', { includes: ['user'] })]);
    expect(roles.scopesOf(['user'])).toEqual(new Set(['kms:verify']));
    expect(roles.scopesOf(['guest'])).toEqual(new Set(['kms:verify']));
    expect(roles.scopesOf(['admin'])).toEqual(FINE_SCOPES);
  });

  it('may be called as members of every object are', () => {
    const roles = createRoles([role('constructor', { scopes: ['kms:audit'] }), role('valueof', { includes: ['constructor'] })]);
    expect(roles.scopesOf(['valueof'])).toEqual(new Set(['kms:audit:read']));
    expect(roleIssues([role('a', { includes: ['hasownproperty'] })], '/roles')).toMatchObject([{ field: '/roles/0/includes/0' }]);
  });

  it.each<[string, StatedRole[], { field: string; message: string; fix: string }]>([
    [
      'a role that is not there',
      [role('a', { includes: ['usre'] })],
      { field: '/roles/0/includes/0', message: 'names the role "usre", which does not exist', fix: 'Did you mean user?' },
    ],
    [
      'a scope that is not there',
      [role('a'), role('b', { scopes: ['kms:read', 'kms:enrypt'] })],
      { field: '/roles/1/scopes/1', message: 'names the scope "kms:enrypt", which does not exist', fix: 'Did you mean kms:encrypt?' },
    ],
    [
      'a role that includes itself',
      [role('a', { includes: ['a'] })],
      { field: '/roles/0/includes', message: 'goes in a circle: a → a', fix: 'Remove a there.' },
    ],
    [
      'a circle of three',
      [role('a', { includes: ['user', 'b'] }), role('b', { includes: ['c'] }), role('c', { includes: ['a'] })],
      { field: '/roles/0/includes', message: 'goes in a circle: a → b → c → a', fix: 'Remove b there.' },
    ],
    [
      'a built-in role that includes itself by another',
      [role('admin', { includes: ['chief'] }), role('chief', { includes: ['admin'] })],
      { field: '/roles/1/includes', message: 'goes in a circle: chief → admin → chief', fix: 'Remove admin there.' },
    ],
  ])('are refused with %s', (_, stated, issue) => {
    expect(roleIssues(stated, '/roles')).toContainEqual(issue);
  });

  it('find every circle, and none where there is none', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names)), { maxLength: 8 }), (edges) => {
        const stated = names.map((name) =>
          role(name, { includes: [...new Set(edges.flatMap(([from, to]) => (from === name ? [to] : [])))] }),
        );
        // In an order of its own: what is included by nothing left goes out, until nothing changes.
        let left = [...stated];
        for (let before = -1; before !== left.length;) {
          before = left.length;
          left = left.filter(({ name }) => left.some(({ includes }) => includes.includes(name)));
        }
        expect(roleIssues(stated, '/roles').length > 0).toBe(left.length > 0);
        expect(createRoles(stated).scopesOf(names).size).toBe(0);
      }),
    );
  });

  it('of two hundred in a row are looked through at once', () => {
    const stated = Array.from({ length: 256 }, (_, n) =>
      role(`r${n}`, { includes: Array.from({ length: Math.min(31, 255 - n) }, (__, each) => `r${n + each + 1}`) }),
    );
    const begun = performance.now();
    expect(roleIssues(stated, '/roles')).toEqual([]);
    createRoles(stated).scopesOf(['r0']);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});
