import { describe, expect, it } from 'vitest';
import { createKeyRing } from '#kms/keys/key-ring/create-key-ring.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';

describe.each(databaseKinds())('The key ring on %s', (kind) => {
  it('keeps the keys of a tenant that has few, however many another one uses', async () => {
    await using databases = await withDatabases(kind);
    const { barrier, rows, clock, caller, otherCaller, make } = await testKms(databases);
    const unwrapped: string[] = [];
    const unwrap: typeof barrier.unwrap = (place, wrapped) => {
      unwrapped.push(place.elasticKeyId);
      return barrier.unwrap(place, wrapped);
    };
    const ring = createKeyRing({ barrier: { ...barrier, unwrap }, rows, elapsed: () => clock.elapsed, max: 4 });
    const modest = await make('A256GCM/A256KW', { caller });
    const greedy = await Promise.all(Array.from({ length: 8 }, () => make('A256GCM/A256KW', { caller: otherCaller })));
    const use = (by: typeof caller, { id }: { readonly id: string }) => ring.snapshot({ tenant: by.tenant, elasticKeyId: id });

    await use(caller, modest);
    for (const key of greedy) await use(otherCaller, key);
    for (const key of greedy) await use(otherCaller, key);
    unwrapped.length = 0;
    await use(caller, modest);
    await use(otherCaller, greedy[0] as (typeof greedy)[0]);
    expect(unwrapped).toEqual([greedy[0]?.id]);
  });
});
