import type { Telemetry } from '#infra/telemetry/telemetry.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { RowIntegrity } from '#kms/integrity/row-integrity.ts';
import type { Keys } from '#kms/keys/keys.ts';
import type { SealService } from './barrier/seal.service.ts';

/** What an operator watches of a KMS beside what is counted: seal, keys in memory, rows that are refused. */
export const gaugeKms = (
  telemetry: Pick<Telemetry, 'gauge'>,
  options: {
    readonly seal: Pick<SealService, 'state'>;
    readonly barrier: Pick<Barrier, 'tenants'>;
    readonly keys: Pick<Keys, 'inMemory'>;
    readonly rows: Pick<RowIntegrity, 'damaged'>;
  },
): void => {
  const { seal, barrier, keys, rows } = options;
  telemetry.gauge('passthru.kms.unsealed', { description: '1 while keys can be used, 0 while the KMS is sealed' }, () => [
    { value: seal.state() === 'unsealed' ? 1 : 0 },
  ]);
  telemetry.gauge('passthru.kms.cached', { description: 'Policies, versions, and tenants with a content key, in memory' }, () => [
    ...Object.entries(keys.inMemory()).map(([cache, value]) => ({ value, attributes: { cache } })),
    { value: barrier.tenants().length, attributes: { cache: 'content-keys' } },
  ]);
  telemetry.gauge(
    'passthru.kms.rows.damaged',
    { description: 'Rows that were refused in the last ten minutes and not found whole since' },
    () => [{ value: rows.damaged().length }],
  );
};
