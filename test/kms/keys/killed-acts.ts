import { randomBytes } from 'node:crypto';
import type { Caller } from '#kms/caller.ts';
import type { Keys } from '#kms/keys/keys.ts';
import { wrapFor } from '../support/wrapped-keys.ts';
import type { TestKms } from '../../support/kms-keys.ts';

/** What a change needs to be asked for, as often as it is. */
type Asked = Readonly<Record<string, string>>;

interface Act {
  /** Makes what the change is about. */
  readonly prepare: (kms: TestKms, caller: Caller) => Promise<Asked>;
  readonly run: (keys: Keys, caller: Caller, asked: Asked) => Promise<unknown>;
}

const newKey = async (kms: TestKms, caller: Caller): Promise<{ readonly id: string }> => {
  const { id } = await kms.make('A256GCM/A256KW', { caller });
  return { id };
};

/** Changes that a process is killed at. */
export const ACTS = {
  create: {
    prepare: newKey,
    run: ({ elasticKeys }, caller) => elasticKeys.create(caller, { name: 'made-by-the-killed', algorithm: 'A256GCM/A256KW' }),
  },
  rotate: {
    prepare: newKey,
    run: ({ materialKeys }, caller, { id = '' }) => materialKeys.rotate(caller, id),
  },
  import: {
    prepare: async ({ elasticKeys, transfer }, caller) => {
      const { id } = await elasticKeys.create(caller, { name: 'from-elsewhere', algorithm: 'A256GCM/A256KW', origin: 'external' });
      const parameters = await transfer.importParameters(caller, id, { wrapping: 'ECDH_ES_A256KW' });
      return { id, transportKeyId: parameters.transportKeyId, wrappedKey: await wrapFor(parameters, randomBytes(32)) };
    },
    run: ({ transfer }, caller, { id = '', transportKeyId = '', wrappedKey = '' }) =>
      transfer.import(caller, id, { transportKeyId, wrappedKey }),
  },
  revoke: {
    prepare: async (kms, caller) => {
      const { id } = await newKey(kms, caller);
      const [version] = (await kms.materialKeys.list(caller, id)).items;
      return { id, kid: version?.id ?? '' };
    },
    run: ({ lifeCycle }, caller, { id = '', kid = '' }) => lifeCycle.revokeVersion(caller, id, kid, { reason: 'key-compromise' }),
  },
  delete: {
    prepare: newKey,
    run: ({ lifeCycle }, caller, { id = '' }) => lifeCycle.scheduleDeletion(caller, id),
  },
  destroy: {
    prepare: async (kms, caller) => {
      const { id } = await newKey(kms, caller);
      const { deletionDueAt } = await kms.lifeCycle.scheduleDeletion(caller, id);
      kms.clock.now = Math.max(kms.clock.now, deletionDueAt ?? 0);
      return { id };
    },
    run: ({ destruction }, { tenant }, { id = '' }) => destruction.elasticKey(tenant, id),
  },
} as const satisfies Readonly<Record<string, Act>>;

export type ActName = keyof typeof ACTS;
