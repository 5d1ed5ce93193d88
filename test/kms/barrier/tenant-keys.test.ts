import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createTenantKeys, deriveRowRoot } from '#kms/barrier/hierarchy/tenant-keys.ts';
import { SERVICE } from '#kms/integrity/tagged-tables.ts';

describe('The keys of tenants', () => {
  it.each([
    ['the service, under the name that its ledger has', SERVICE],
    ['a tenant', randomUUID()],
  ])('remember that of %s', (_, owner) => {
    const keys = createTenantKeys(deriveRowRoot(randomBytes(32)));
    expect(keys(owner, 'row integrity')).toBe(keys(owner, 'row integrity'));
  });

  it('derive that of a name which is neither each time, and the same one', () => {
    const keys = createTenantKeys(deriveRowRoot(randomBytes(32)));
    const [one, other] = [keys('nobody', 'row integrity'), keys('nobody', 'row integrity')];
    expect(one).not.toBe(other);
    expect(one.equals(other)).toBe(true);
  });

  it('are another for each tenant and each purpose', () => {
    const keys = createTenantKeys(deriveRowRoot(randomBytes(32)));
    const purposes = ['row integrity', 'api keys', 'remembered answers'] as const;
    const made = [randomUUID(), randomUUID()].flatMap((tenant) =>
      purposes.map((purpose) => keys(tenant, purpose).export().toString('hex')),
    );
    expect(new Set(made).size).toBe(made.length);
  });
});
