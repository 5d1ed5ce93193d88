import { AppError } from '#infra/apperr/app-error.ts';
import { thrownWords } from '#infra/apperr/thrown-words.ts';
import type { EphemeralStack } from '#stack/ephemeral/create-ephemeral-stack.ts';
import { checkSnapshot } from '#stack/snapshot/check-snapshot.ts';
import type { Snapshot } from '#stack/snapshot/format/snapshot.ts';
import { findSnapshot } from '#stack/snapshot/store.ts';
import type { StackOptions } from '#stack/stack-options.ts';
import type { Stack } from '#stack/stack.ts';
import type { Seeded, SeededSnapshots, SeedKind } from './seeded-snapshots.ts';

export interface OpenOwnStackOptions {
  readonly ephemeral: EphemeralStack;
  /** As stated. */
  readonly engine: NonNullable<StackOptions['engine']>;
  /** Where the seeded stacks of this user are; null where he has no place for them. */
  readonly seeded: SeededSnapshots | null;
  /** The state folder of the project, in which a snapshot is looked for by its name. */
  readonly projectStateDir: string;
  readonly snapshot: 'auto' | (string & {}) | null;
  readonly services: SeedKind['services'];
  readonly hosts: readonly string[];
  readonly signal: AbortSignal;
  readonly remark: (line: string) => void;
}

export interface OwnStack {
  readonly stack: Stack;
  /** The snapshot whose data it has; null where its servers will seed it. */
  readonly from: Snapshot | null;
  /** Shares the seeded data with later starts, which wait for them. Disposing of it without that leaves this to another one. */
  readonly making: Exclude<Seeded, { readonly snapshot: Snapshot }> | null;
}

/** Opens the folder of a new stack, with data or without; nothing runs yet. */
export const openOwnStack = async (options: OpenOwnStackOptions): Promise<OwnStack> => {
  const { ephemeral, engine, projectStateDir, snapshot } = options;
  if (snapshot === null) return { stack: await ephemeral.open(), from: null, making: null };
  if (snapshot === 'auto') return openSeeded(options);
  const from = await findSnapshot(projectStateDir, snapshot);
  if (engine !== 'auto') checkSnapshot(from, engine);
  return { stack: await ephemeral.open(from), from, making: null };
};

const openSeeded = async (options: OpenOwnStackOptions): Promise<OwnStack> => {
  const { ephemeral, seeded, signal } = options;
  const kind = await kindOf(options);
  if (seeded === null) return { stack: await ephemeral.open(), from: null, making: null };
  for (;;) {
    const found = await seeded.find(kind, signal).catch(withoutSharing(options));
    if (found === null || 'store' in found) return { stack: await ephemeral.open(), from: null, making: found };
    try {
      return { stack: await ephemeral.open(found.snapshot), from: found.snapshot, making: null };
    } catch (error) {
      if (!(error instanceof AppError && ['snapshot-damaged', 'snapshot-changed'].includes(error.code))) throw error;
      await seeded.discard(found.snapshot);
    }
  }
};

/** Which engine it will be is known when the stack is opened. */
const kindOf = async ({ ephemeral, hosts, services }: OpenOwnStackOptions): Promise<SeedKind> => {
  await using stack = await ephemeral.open();
  const { kind: engine, profile } = stack.engine;
  return { engine, profile, hosts, services };
};

/** A folder that cannot be used costs time, and nothing else. */
const withoutSharing =
  ({ signal, remark }: OpenOwnStackOptions) =>
  (error: unknown): null => {
    signal.throwIfAborted();
    remark(`! seeded data are not shared with other starts: ${thrownWords(error)}`);
    return null;
  };
