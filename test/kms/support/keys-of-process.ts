import type { Database } from '#infra/database/databases.ts';
import { openDatabases } from '#infra/database/open/open-databases.ts';
import { openBarrier } from '#kms/barrier/open-barrier.ts';
import type { Caller } from '#kms/caller.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import { createRowIntegrity } from '#kms/integrity/create-row-integrity.ts';
import { createKeys, type Keys } from '#kms/keys/keys.ts';
import { insufficientScope, testCaller } from '../../support/kms-caller.ts';
import { openService, tenantDatabases, type TestKms } from '../../support/kms-keys.ts';
import type { TestDatabases } from '../../support/database.ts';

interface Opening {
  readonly config: Parameters<typeof openDatabases>[0];
  readonly unsealKey: string;
  readonly tenantId: string;
  readonly subject: string;
  /** Epoch milliseconds; the clock of the process stands still there. */
  readonly now: number;
}

/** For the standard input of a process that is to be a replica of this KMS, and to do a task. */
export const openingOf = (
  { config }: TestDatabases,
  { unsealKey, clock: { now } }: TestKms,
  { tenant, subject }: Caller,
  task: object = {},
): string => JSON.stringify({ config, unsealKey: Buffer.from(unsealKey).toString('hex'), tenantId: tenant.id, subject, now, ...task });

/** This process as that replica, with the same user, by what its standard input says. */
export const keysOfProcess = async <Task>(): Promise<
  Keys & { readonly task: Task; readonly caller: (watch?: (database: Database<TenantTables>) => Database<TenantTables>) => Caller }
> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  const { config, unsealKey, tenantId, subject, now: time, ...task } = JSON.parse(Buffer.concat(chunks).toString()) as Opening;
  const now = () => time;
  const databases = await openDatabases(config);
  const service = await openService(databases);
  const barrier = await openBarrier({ databases, service, unsealKey: new Uint8Array(Buffer.from(unsealKey, 'hex')), now });
  const database = tenantDatabases(databases);
  return {
    ...createKeys({ barrier, rows: createRowIntegrity({ barrier }), insufficientScope, now }),
    task: task as Task,
    caller: (watch = (same) => same) => ({
      ...testCaller({ id: tenantId, name: 'tenant', database: async () => watch(await database(tenantId)) }),
      subject,
    }),
  };
};
