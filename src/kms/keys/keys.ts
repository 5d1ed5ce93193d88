import type { Database } from '#infra/database/databases.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { CryptoService } from './operations/crypto.ts';
import { createCryptoService } from './operations/crypto.service.ts';
import type { TenantTables } from '#kms/database/tenant-tables.ts';
import type { RandomBytes } from '#kms/jose/key-material.ts';
import { createKeyRing } from './key-ring/key-ring.ts';
import { createMaterialKeyService } from './material-keys/material-key.service.ts';
import type { MaterialKeyService } from './material-keys/material-key.ts';
import { createProtectionCounter } from './key-ring/protection-counter.ts';
import { createElasticKeyService } from './elastic-keys/elastic-key.service.ts';
import type { ElasticKeyService } from './elastic-keys/elastic-key.ts';

/** All that tenants do with keys. */
export interface Keys {
  readonly elasticKeys: ElasticKeyService;
  readonly materialKeys: MaterialKeyService;
  readonly crypto: CryptoService;
}

export interface KeysOptions {
  readonly barrier: Barrier;
  /** The tenant's own database, migrated with `tenantMigrations`; the caller keeps it open between calls. */
  readonly database: (tenantId: string) => Promise<Database<TenantTables>>;
  readonly now: () => number;
  /** Milliseconds on a clock that never goes back, for leases. */
  readonly elapsed?: () => number;
  readonly random?: RandomBytes;
}

/** The three services over one key ring, so that what one changes the others see at once. */
export const createKeys = ({ barrier, database, now, elapsed, random }: KeysOptions): Keys => {
  const ring = createKeyRing({ barrier, database, ...(elapsed && { elapsed }) });
  const counter = createProtectionCounter({ database });
  return {
    elasticKeys: createElasticKeyService({ barrier, ring, database, now, random }),
    materialKeys: createMaterialKeyService({ barrier, ring, database, now, random }),
    crypto: createCryptoService({ ring, counter, now, random }),
  };
};
