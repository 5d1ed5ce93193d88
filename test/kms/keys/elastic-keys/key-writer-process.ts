import { openDatabases } from '#infra/database/open/open-databases.ts';
import { openBarrier } from '#kms/barrier/open-barrier.ts';
import { createRowIntegrity } from '#kms/integrity/create-row-integrity.ts';
import { createKeys } from '#kms/keys/keys.ts';
import { insufficientScope, testCaller } from '#test/support/kms-caller.ts';
import { openService, tenantDatabases } from '../../../support/kms-keys.ts';

/**
 * A process that makes and rotates elastic keys until it is killed. It reads `{ config, unsealKey, tenantId }` from its
 * standard input and writes one line for each write that was acknowledged: `<elastic key id> <latest version>`.
 */
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const { config, unsealKey, tenantId } = JSON.parse(Buffer.concat(chunks).toString()) as {
  config: Parameters<typeof openDatabases>[0];
  unsealKey: string;
  tenantId: string;
};
const databases = await openDatabases(config);
const barrier = await openBarrier({
  databases,
  service: await openService(databases),
  unsealKey: new Uint8Array(Buffer.from(unsealKey, 'hex')),
  now: Date.now,
});
const keys = createKeys({ barrier, rows: createRowIntegrity({ barrier }), insufficientScope, now: Date.now });
const database = tenantDatabases(databases);
const caller = testCaller({ id: tenantId, name: 'tenant', database: () => database(tenantId) });
const acknowledge = (id: string, version: number) => process.stdout.write(`${id} ${version}\n`);

await Promise.all(
  [1, 2].map(async (writer) => {
    for (let index = 0; ; index += 1) {
      const { id } = await keys.elasticKeys.create(caller, { name: `key-${writer}-${index}`, algorithm: 'A256GCM/A256KW' });
      acknowledge(id, 1);
      acknowledge(id, (await keys.materialKeys.rotate(caller, id)).version);
    }
  }),
);
