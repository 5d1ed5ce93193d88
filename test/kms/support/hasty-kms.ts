import type { Caller } from '#kms/caller.ts';
import type { TestDatabases } from '#test/support/database.ts';
import { testKms, type TestKms } from '#test/support/kms-keys.ts';

/** A caller whose changes do not wait for the leases of other processes. */
export const withoutWaiting = (caller: Caller): Caller => ({
  ...caller,
  tenant: { ...caller.tenant, database: async () => ({ ...(await caller.tenant.database()), kind: 'sqlite' }) },
});

/** A KMS for tests in which nobody but it serves the keys, or the clock of the test ends leases: there is nothing to wait for. */
export const hastyKms = async (databases: TestDatabases): Promise<TestKms> => {
  const kms = await testKms(databases);
  return { ...kms, caller: withoutWaiting(kms.caller), otherCaller: withoutWaiting(kms.otherCaller) };
};
