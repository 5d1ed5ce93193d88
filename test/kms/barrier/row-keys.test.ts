import { randomBytes, randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createRowKeys, deriveRowRoot } from '#kms/barrier/hierarchy/row-keys.ts';
import { SERVICE } from '#kms/integrity/tagged-tables.ts';

describe('The row keys', () => {
  it.each([
    ['the service, under the name that its ledger has', SERVICE],
    ['a tenant', randomUUID()],
  ])('remember that of %s', (_, owner) => {
    const keys = createRowKeys(deriveRowRoot(randomBytes(32)));
    expect(keys(owner)).toBe(keys(owner));
  });

  it('derive that of a name which is neither each time, and the same one', () => {
    const keys = createRowKeys(deriveRowRoot(randomBytes(32)));
    const [one, other] = [keys('nobody'), keys('nobody')];
    expect(one).not.toBe(other);
    expect(one.equals(other)).toBe(true);
  });
});
