import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';

const never = new AbortController().signal;

describe.each(databaseKinds())('A key in memory, on %s,', (kind) => {
  it('stays while it is used, by whichever version, and goes when nobody used it for a minute', async () => {
    await using databases = await withDatabases(kind);
    const kms = await testKms(databases);
    const { id } = await kms.make('A256GCM/A256KW');
    const { jwe } = await kms.crypto.encrypt(kms.caller, id, { plaintext: randomBytes(8) });
    await kms.materialKeys.rotate(kms.caller, id);
    const replica = await kms.replica();
    const [job] = replica.jobs;
    expect(job?.name).toBe('forget-idle-keys');
    await replica.crypto.decrypt(replica.caller, id, { jwe });
    expect(replica.inMemory()).toEqual({ policies: 1, versions: 2 });
    kms.clock.elapsed += 59_000;
    await replica.crypto.decrypt(replica.caller, id, { jwe });
    kms.clock.elapsed += 59_000;
    await job?.run(never);
    expect(replica.inMemory()).toEqual({ policies: 1, versions: 2 });
    // It is destroyed by another process, and nobody asks for it here.
    kms.clock.elapsed += 1_001;
    await job?.run(never);
    expect(replica.inMemory()).toEqual({ policies: 0, versions: 0 });
    expect(await replica.crypto.decrypt(replica.caller, id, { jwe })).toHaveLength(8);
  });
});
