import { randomUUID, randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isTenantId, stateAfter, TENANT_STATES, TENANT_STEPS } from '#kms/tenants/tenant.ts';

describe('the id of a tenant', () => {
  it('is exactly a UUIDv4 in lower case', () => {
    const id = randomUUID();
    expect(isTenantId(id)).toBe(true);
    for (const other of [id.toUpperCase(), randomUUIDv7(), `${id} `, `${id}\n`, id.replaceAll('-', ''), `{${id}}`, '', "' or '1'='1"]) {
      expect(isTenantId(other)).toBe(false);
    }
  });
});

describe('the state of a tenant', () => {
  const drawn = [
    ['preparing', 'activate', 'active'],
    ['preparing', 'remove', 'gone'],
    ['active', 'suspend', 'suspended'],
    ['suspended', 'resume', 'active'],
    ['active', 'schedule', 'pending-removal'],
    ['suspended', 'schedule', 'pending-removal'],
    ['pending-removal', 'schedule', 'pending-removal'],
    ['pending-removal', 'end', 'removed'],
    ['active', 'retire', 'retired'],
    ['retired', 'restore', 'active'],
    ['retired', 'remove', 'gone'],
  ] as const;
  const all = TENANT_STATES.flatMap((state) => TENANT_STEPS.map((step) => [state, step] as const));

  it.each(drawn)('leads from %s by %s to %s', (state, step, next) => {
    expect(stateAfter(step, { id: randomUUID(), state })).toBe(next);
  });

  it.each(all.filter(([state, step]) => !drawn.some(([from, by]) => from === state && by === step)))(
    'refuses in %s to %s, which is not drawn',
    (state, step) => {
      const id = randomUUID();
      expect(() => stateAfter(step, { id, state })).toThrow(
        expect.objectContaining({ code: 'tenant-state-refused', status: 409, message: `Tenant ${id} is ${state}: it cannot ${step}.` }),
      );
    },
  );
});
