import { readFile, rm } from 'node:fs/promises';
import { Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import { hasCode } from '#infra/apperr/system-error.ts';
import { checkConfig } from '#infra/config/check-config.ts';
import { strictObject } from '#infra/config/schema.ts';
import { writeFileAtomic } from '#infra/files/atomic-file.ts';
import { withFileLock } from '#infra/files/file-lock.ts';
import type { Job } from '#infra/jobs/job.ts';
import type { Emit } from '#kms/events.ts';
import { createRevisions, isBefore, type Position, type Revisions, type SignedRevisions } from './revisions.ts';

/** Milliseconds that a position may be in memory only: a process that is killed forgets so much. */
const WRITE_EVERY_MS = 1_000;

export const revisionsFileSchema = Type.Record(
  Type.String(),
  strictObject({ ledger: Type.String(), revision: Type.Integer({ minimum: 0 }), tag: Type.String() }),
);

/** Positions that outlive the process, where a file is configured; disposal writes what is not written yet. */
export interface KeptRevisions extends Revisions, SignedRevisions, AsyncDisposable {
  readonly jobs: readonly Job[];
}

const readPositions = async (file: string): Promise<ReadonlyMap<string, Position> | null> => {
  try {
    return new Map(Object.entries(checkConfig(revisionsFileSchema, JSON.parse(await readFile(file, 'utf8')), file)));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw new AppError('revisions-unreadable', 503, `The file ${file} does not say how far the databases of the KMS had come.`, {
      cause: error,
      fix: 'Mend it from a copy. Where there is none, make sure that nobody put the database back, remove it, and start again.',
    });
  }
};

/**
 * @param options.file kept up to date, shared by replicas that can; where absent, positions end with the process
 * @param options.acceptOlder whether databases that are older than the file says are taken as they are: then it begins anew
 * @param options.emit tells where no file was there yet, or not any more: then it is written again
 * @throws AppError `revisions-unreadable` 503
 */
export const openRevisions = async (options: {
  readonly file: string | undefined;
  readonly acceptOlder: boolean;
  readonly emit: Emit;
}): Promise<KeptRevisions> => {
  const { file, acceptOlder, emit } = options;
  if (file === undefined) return { ...createRevisions(), jobs: [], [Symbol.asyncDispose]: async () => {} };
  if (acceptOlder) await rm(file, { force: true });
  const before = await readPositions(file);
  const revisions = createRevisions(before ?? new Map());
  let wasThere = before !== null;

  /** Learns what the file says, of which another replica may have seen more, and answers whether it says all that is known here. */
  const isKept = async (): Promise<boolean> => {
    const kept = await readPositions(file);
    if (kept === null && wasThere) emit({ type: 'revisions-removed', file });
    wasThere = kept !== null;
    for (const [owner, position] of kept ?? []) revisions.learn(owner, position);
    if (kept === null) return false;
    return [...revisions.all()].every(([owner, position]) => {
      const known = kept.get(owner);
      return known !== undefined && !isBefore(known, position);
    });
  };

  const write = async (): Promise<void> => {
    await writeFileAtomic(file, `${JSON.stringify(Object.fromEntries(revisions.all()), null, 2)}\n`, { mode: 0o600 });
    wasThere = true;
  };

  /** What counts is what the file says now, and not what was written last: another replica may have written since then. */
  const keep = async (): Promise<void> => {
    if (await isKept()) return;
    await withFileLock(`${file}.lock`, async () => {
      if (!(await isKept())) await write();
    });
  };

  // Of workers and replicas that start at once one begins it. It is written before anything is seen, so that its absence at a later
  // start means that it was taken away.
  if (before === null) {
    await withFileLock(`${file}.lock`, async () => {
      if (await isKept()) return;
      emit({ type: 'revisions-begun', file });
      await write();
    }).catch((cause: unknown) => {
      if (cause instanceof AppError && cause.code === 'revisions-unreadable') throw cause;
      // Its job tries again, and says in /readyz that it fails.
      emit({ type: 'revisions-unwritten', file, cause });
    });
  }

  return {
    ...revisions,
    jobs: [{ name: 'keep-revisions', periodMs: WRITE_EVERY_MS, run: keep }],
    [Symbol.asyncDispose]: () => keep().catch((cause: unknown) => emit({ type: 'revisions-unwritten', file, cause })),
  };
};
