import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { Emit } from '#kms/events.ts';
import { createRowIntegrity } from '#kms/integrity/create-row-integrity.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';

/** Tags of rows under keys that no barrier has, for tests of stores alone. */
export const rowsWithoutBarrier = (emit: Emit = () => {}, elapsed: () => number = () => 0): RowIntegrity => {
  const secret = randomBytes(32);
  const rowKey = (tenantId: string) => createSecretKey(createHmac('sha256', secret).update(tenantId).digest());
  return createRowIntegrity({ barrier: { rowKey, state: () => 'unsealed' }, emit, elapsed });
};
