import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Operate } from '#kms/action.ts';
import { createElasticKeyService } from '#kms/keys/elastic-keys/elastic-key.service.ts';
import { USUAL_QUOTAS } from '#kms/keys/elastic-keys/quotas.ts';
import { createDoor } from '#kms/keys/operations/operate.ts';
import { createKeyRing } from '#kms/keys/key-ring/create-key-ring.ts';
import { createMaterialKeyService } from '#kms/keys/material-keys/material-key.service.ts';
import { createSlowKeys, type SlowKeys } from '#kms/keys/material-keys/slow-keys.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { insufficientScope } from '#test/support/kms-caller.ts';
import { type TestKms, testKms } from '#test/support/kms-keys.ts';

const codeOf = (refused: Promise<unknown>) =>
  refused.then(
    () => null,
    (error: { readonly code?: string }) => error.code,
  );

describe('Keys that are slow to make', () => {
  it('are made one at a time', async () => {
    const slow = createSlowKeys();
    const seen: string[] = [];
    const make = (name: string) =>
      slow.make(name, async () => {
        seen.push(`${name} begins`);
        await Promise.resolve();
        seen.push(`${name} ends`);
      });
    await Promise.all([make('a'), make('b'), make('c')]);
    expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  });

  it('wait in a queue that is bounded, for each tenant and for all; who is refused learns when to ask again', async () => {
    const slow = createSlowKeys({ ofTenant: 2, all: 3 });
    const held = Promise.withResolvers<void>();
    const make = (tenant: string) => slow.make(tenant, () => held.promise);
    const first = [make('greedy'), make('greedy'), make('modest')];
    await expect(make('greedy')).rejects.toMatchObject({ code: 'key-generation-busy', status: 429, headers: { 'retry-after': '5' } });
    expect(await codeOf(make('other'))).toBe('key-generation-busy');
    held.resolve();
    await Promise.all(first);
    await expect(Promise.all([make('greedy'), make('greedy')])).resolves.toBeDefined();
  });

  it('give their place back when one fails', async () => {
    const slow = createSlowKeys({ ofTenant: 1, all: 1 });
    expect(await codeOf(slow.make('a', () => Promise.reject(Object.assign(new Error('no'), { code: 'failed' }))))).toBe('failed');
    expect(await slow.make('a', () => Promise.resolve('made'))).toBe('made');
  });
});

/** Services that count the slow keys which they have made; they make none. */
const counting = ({ barrier, rows, clock }: TestKms) => {
  const now = () => clock.now;
  const ring = createKeyRing({ barrier, rows, elapsed: () => clock.elapsed });
  const { operate }: { operate: Operate<typeof ring> } = createDoor({ barrier, rows, ring, insufficientScope });
  const made: string[] = [];
  const slowKeys: SlowKeys = {
    make: (tenantId) => {
      made.push(tenantId);
      return Promise.reject(Object.assign(new Error('this test makes none'), { code: 'was-made' }));
    },
  };
  const makeFirstVersion = (tenantId: string) => slowKeys.make(tenantId, () => Promise.reject(new Error('never')));
  return {
    made,
    elasticKeys: createElasticKeyService({ operate, makeFirstVersion, quotas: { ...USUAL_QUOTAS, elasticKeys: 1 }, now }),
    named: createElasticKeyService({ operate, makeFirstVersion, quotas: USUAL_QUOTAS, now }),
    materialKeys: createMaterialKeyService({ operate, barrier, slowKeys, quotas: { ...USUAL_QUOTAS, versions: 1 }, now }),
    rotating: createMaterialKeyService({ operate, barrier, slowKeys, quotas: USUAL_QUOTAS, now }),
  };
};

describe.each(databaseKinds())('A key that is slow to make, on %s', (kind) => {
  it('is not made for who is refused it: by quota, name, state or the number of versions', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { id, name } = await kms.make('RS256:2048');
    const { made, elasticKeys, named, materialKeys, rotating } = counting(kms);
    const create = { name: `key-${randomUUIDv7()}`, algorithm: 'RS256' };
    expect(await codeOf(elasticKeys.create(kms.caller, create))).toBe('elastic-keys-quota');
    expect(await codeOf(named.create(kms.caller, { ...create, name }))).toBe('elastic-key-name-taken');
    expect(await codeOf(materialKeys.rotate(kms.caller, id))).toBe('versions-quota');
    await kms.elasticKeys.change(kms.caller, id, { state: 'suspended' });
    expect(await codeOf(rotating.rotate(kms.caller, id))).toBe('elastic-key-suspended');
    expect(made).toEqual([]);
    await kms.elasticKeys.change(kms.caller, id, { state: 'active' });
    expect(await codeOf(rotating.rotate(kms.caller, id))).toBe('was-made');
    expect(made).toEqual([kms.tenantId]);
  });
});
