import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import { createKeyRing } from '#kms/keys/key-ring/create-key-ring.ts';
import { databaseKinds, withDatabases } from '#test/support/database.ts';
import { testKms } from '#test/support/kms-keys.ts';

describe.each(databaseKinds())('A key that is rotated between two statements of who reads it, on %s,', (kind) => {
  it('protects with the new version', async () => {
    await using databases = await withDatabases(kind);
    const { barrier, rows, caller, make, materialKeys, crypto } = await testKms(databases);
    const { id } = await make('ES256');
    let rotations = 3;
    // Reads of versions, each after a rotation that nobody told the reader of.
    const rotating: Pick<RowIntegrity, 'of'> = {
      of: (tenantId) => {
        const ofTenant = rows.of(tenantId);
        return {
          ...ofTenant,
          read: async (table, ...rest) => {
            if (table === 'material_keys' && rotations > 0) {
              rotations -= 1;
              await materialKeys.rotate(caller, id);
            }
            return ofTenant.read(table, ...rest);
          },
        };
      },
    };
    const ring = createKeyRing({ barrier, rows: rotating });
    const { elasticKey, protecting } = await ring.snapshot({ tenant: caller.tenant, elasticKeyId: id });
    expect([elasticKey.latestVersion, protecting?.version]).toEqual([4, 4]);
    expect((await crypto.sign(caller, id, { payload: randomBytes(8) })).materialKeyId).toBe(protecting?.id);
  });
});
