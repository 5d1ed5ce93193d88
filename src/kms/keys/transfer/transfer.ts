import { createExportKey } from './export-key.ts';
import { createGetImportParameters } from './import-parameters.ts';
import { createImportKey } from './import-key.ts';
import type { TransferOptions } from './transfer-options.ts';

/**
 * Key material that comes from elsewhere, and goes there; in the clear it is in memory alone, for as long as one act takes.
 *
 *     import-parameters ─► a transport key, public ─► the caller wraps ─► import ─► jose/transport opens
 *                                                                              ─► jose/received checks
 *                                                                              ─► the barrier wraps ─► a version
 *
 *     export, with the public key of a recipient ─► jose/received checks that ─► jose/transport wraps ─► the recipient
 */
export const createTransfer = (options: TransferOptions) => ({
  importParameters: createGetImportParameters(options),
  import: createImportKey(options),
  export: createExportKey(options),
});

export type Transfer = ReturnType<typeof createTransfer>;
