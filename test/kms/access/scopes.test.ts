import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KMS_SCOPES } from '#infra/magic/magic.ts';
import { createReadScopes, expandScopes, FINE_SCOPES, SENSITIVE_SCOPES } from '#kms/access/scopes.ts';

describe('scopes', () => {
  it('expands a coarse scope to its fine ones and keeps a fine one', () => {
    expect([...expandScopes(['kms:read', 'kms:sign'])].toSorted()).toEqual([
      'kms:elastic-keys:read',
      'kms:grants:read',
      'kms:material-keys:read',
      'kms:sign',
    ]);
  });

  it('gives nothing for what is no scope, however it is written', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'KMS:READ', 'kms:', 'kms:*', '*'))),
        (scopes) => {
          const named = scopes.filter((scope) => Object.hasOwn(KMS_SCOPES, scope) || (FINE_SCOPES as ReadonlySet<string>).has(scope));
          expect(expandScopes(scopes)).toEqual(expandScopes(named));
        },
      ),
    );
    expect(expandScopes(['__proto__', 'constructor', 'KMS:READ', 'kms:*', '*']).size).toBe(0);
  });

  it('never grants more by permissions than by scopes, nor more than the permissions', () => {
    const scope = fc.constantFrom(...Object.keys(KMS_SCOPES), ...FINE_SCOPES, 'openid');
    fc.assert(
      fc.property(fc.array(scope), fc.option(fc.array(scope), { nil: undefined }), (scopes, permissions) => {
        const granted = expandScopes(scopes);
        const { scopes: narrowed, keyScopes } = createReadScopes()(scopes, permissions);
        expect(keyScopes).toBeUndefined();
        expect(narrowed.isSubsetOf(granted)).toBe(true);
        expect(narrowed).toEqual(permissions === undefined ? granted : granted.intersection(expandScopes(permissions)));
      }),
    );
  });

  it('counts as sensitive whatever uses, replaces or destroys secret key material, or gives access', () => {
    expect([...SENSITIVE_SCOPES].toSorted()).toEqual([
      'kms:api-keys:create',
      'kms:api-keys:delete',
      'kms:api-keys:revoke',
      'kms:api-keys:rotate',
      'kms:api-keys:update',
      'kms:decrypt',
      'kms:elastic-keys:create',
      'kms:elastic-keys:delete',
      'kms:elastic-keys:export',
      'kms:elastic-keys:import',
      'kms:elastic-keys:update',
      'kms:generate',
      'kms:grants:write',
      'kms:mac',
      'kms:material-keys:delete',
      'kms:material-keys:revoke',
      'kms:material-keys:rotate',
      'kms:rewrap',
      'kms:sign',
      'kms:tenants:write',
      'kms:unwrap',
      'kms:users:write',
    ]);
  });
});
