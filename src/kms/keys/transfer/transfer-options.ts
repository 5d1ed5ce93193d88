import type { Operate } from '#kms/action.ts';
import type { Barrier } from '#kms/barrier/barrier.ts';
import type { KeyQuotas } from '../elastic-keys/quotas.ts';
import type { KeyRing } from '../key-ring/key-ring.ts';
import type { MintOptions } from '../material-keys/mint.ts';

/** The parts that import and export are made of. */
export interface TransferOptions extends MintOptions {
  readonly operate: Operate<KeyRing>;
  readonly barrier: Pick<Barrier, 'wrap' | 'unwrap'>;
  readonly quotas: KeyQuotas;
  /** Epoch milliseconds. */
  readonly now: () => number;
}
