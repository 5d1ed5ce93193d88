import { randomUUID, randomUUIDv7 } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coversScope, isScopeToken, KEY_RIGHTS, keyScopeOf, type ScopedKeys, scopeForKeys } from '#infra/magic/key-scopes.ts';
import { KMS_SCOPES } from '#infra/magic/magic.ts';

const FIRST = [...'ABCXYZabcxyz019'];
const keyName = fc
  .tuple(fc.constantFrom(...FIRST), fc.string({ unit: fc.constantFrom(...FIRST, '.', '_', '-'), maxLength: 30 }))
  .map((parts) => parts.join(''));
const labelName = fc
  .tuple(fc.constantFrom(...FIRST), fc.string({ unit: fc.constantFrom(...FIRST, '.', '_', '-', '/'), maxLength: 30 }))
  .map((parts) => parts.join(''));
const labelValue = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0'));
const scopedKeys: fc.Arbitrary<ScopedKeys> = fc.oneof(
  keyName.map((key) => ({ kind: 'key' as const, key })),
  fc.constant(null).map(() => ({ kind: 'key' as const, key: randomUUIDv7() })),
  fc.record({ kind: fc.constant('label' as const), name: labelName, value: labelValue }),
);
const right = fc.constantFrom(...KEY_RIGHTS);

describe('A scope for single keys', () => {
  it('says by which key or label it reaches keys, and for what', () => {
    const id = randomUUIDv7();
    expect(keyScopeOf('kms:key:invoices:encrypt')).toEqual({ keys: { kind: 'key', key: 'invoices' }, rights: ['kms:encrypt'] });
    expect(keyScopeOf(`kms:key:${id}:material-keys:rotate`)).toEqual({
      keys: { kind: 'key', key: id },
      rights: ['kms:material-keys:rotate'],
    });
    expect(keyScopeOf('kms:label:team/a=B%20%C3%BC:decrypt')).toEqual({
      keys: { kind: 'label', name: 'team/a', value: 'B ü' },
      rights: ['kms:decrypt'],
    });
    expect(keyScopeOf('kms:label:env=:sign')).toMatchObject({ keys: { value: '' } });
  });

  it('has with a coarse right the fine ones that are about one key, and no others', () => {
    expect(keyScopeOf('kms:key:invoices:crypto')?.rights).toEqual(KMS_SCOPES['kms:crypto']);
    expect(keyScopeOf('kms:key:invoices:write')?.rights).not.toContain('kms:elastic-keys:create');
    expect(keyScopeOf('kms:key:invoices:admin')?.rights).toEqual(['kms:elastic-keys:import', 'kms:elastic-keys:export']);
    for (const none of ['audit', 'audit:read', 'tenants:read', 'elastic-keys:create'])
      expect(keyScopeOf(`kms:key:invoices:${none}`)).toBe(null);
  });

  it('is read as it was written, whatever label it names, and is a scope-token', () => {
    fc.assert(
      fc.property(scopedKeys, right, (keys, fine) => {
        const scope = scopeForKeys(keys, fine);
        expect(isScopeToken(scope)).toBe(true);
        expect(keyScopeOf(scope)).toEqual({ keys, rights: [fine] });
      }),
    );
  });

  it('has one form only: no two texts are the same scope', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          scopedKeys.chain((keys) => right.map((fine) => scopeForKeys(keys, fine))),
        ),
        fc.nat(),
        fc.string(),
        (text, at, more) => {
          const place = at % (text.length + 1);
          for (const scope of [
            text,
            `${text.slice(0, place)}${more}${text.slice(place)}`,
            `kms:key:${text}:sign`,
            `kms:label:${text}=${more}:sign`,
          ]) {
            const read = keyScopeOf(scope);
            const [only, ...more] = read?.rights ?? [];
            const again = read === null || only === undefined || more.length > 0 ? scope : scopeForKeys(read.keys, only);
            expect(again).toBe(scope);
          }
        },
      ),
    );
  });

  it('is none with a name that no key has, with a value in another form, or with no right', () => {
    const hostile = [
      'kms:key:a:b:encrypt',
      'kms:key:*:encrypt',
      'kms:key::encrypt',
      'kms:key:.hidden:encrypt',
      'kms:key:a%3Ab:encrypt',
      'kms:key:%61:encrypt',
      'kms:key:a/b:encrypt',
      'kms:key:ä:encrypt',
      'kms:key:а:encrypt',
      'kms:key:a b:encrypt',
      'kms:key:a\n:encrypt',
      'kms:key:a\0:encrypt',
      `kms:key:${'n'.repeat(129)}:encrypt`,
      `kms:key:${randomUUID()}:encrypt`,
      `kms:key:${randomUUIDv7().toUpperCase()}:encrypt`,
      'kms:key:a:',
      'kms:key:a',
      'kms:key:a:*',
      'kms:key:a:kms:encrypt',
      'kms:key:a:encrypt ',
      'kms:key:a:key:b:encrypt',
      'kms:key:__proto__:encrypt',
      'kms:key:a:__proto__',
      'kms:key:a:constructor',
      'KMS:key:a:encrypt',
      'kms:Key:a:encrypt',
      'kms:label:env:decrypt',
      'kms:label:=x:decrypt',
      'kms:label:env=*:decrypt',
      'kms:label:env=a b:decrypt',
      'kms:label:env=%2a:decrypt',
      'kms:label:env=%61:decrypt',
      'kms:label:env=%C0%80:decrypt',
      'kms:label:env=%00:decrypt',
      'kms:label:env=%:decrypt',
      'kms:label:env=a=b:decrypt',
      `kms:label:env=${'v'.repeat(256)}:decrypt`,
      `kms:label:${'n'.repeat(64)}=x:decrypt`,
      `kms:label:env=${'%20'.repeat(200)}:decrypt`,
    ];
    for (const scope of hostile) expect(keyScopeOf(scope), scope).toBe(null);
  });

  it('is covered by itself, by its right for all keys, and by more for the same key', () => {
    const covers: [string[], string, boolean][] = [
      [['kms:encrypt'], 'kms:key:a:encrypt', true],
      [['kms:crypto'], 'kms:label:env=dev:encrypt', true],
      [['kms:key:a:crypto'], 'kms:key:a:encrypt', true],
      [['kms:key:a:encrypt', 'kms:key:a:decrypt'], 'kms:key:a:crypto', false],
      [['kms:key:a:encrypt'], 'kms:encrypt', false],
      [['kms:key:a:encrypt'], 'kms:key:b:encrypt', false],
      [['kms:key:a:encrypt'], 'kms:label:env=dev:encrypt', false],
      [['kms:read'], 'kms:key:a:read', true],
      [['kms:elastic-keys:read'], 'kms:key:a:read', false],
      [['openid'], 'openid', true],
      [['openid'], 'profile', false],
      [[], 'kms:key:a:encrypt', false],
      [['kms:crypto'], 'kms:key:a:b:encrypt', false],
      [['__proto__'], 'constructor', false],
    ];
    for (const [held, scope, covered] of covers) expect(coversScope(held, scope), `${held.join(' ')} covers ${scope}`).toBe(covered);
  });
});
