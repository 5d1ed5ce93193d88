import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '#infra/apperr/system-error.ts';

const read = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    // Of the two versions of control groups a system has one, and systems other than Linux have neither.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES')) return null;
    throw error;
  }
};

/** What the control group of a container may use: microseconds of processor time in each period of so many; null where that has no limit. */
const quotaIn = (folder: string): readonly [quota: number, period: number] | null => {
  const both =
    read(join(folder, 'cpu.max')) ?? `${read(join(folder, 'cpu/cpu.cfs_quota_us'))} ${read(join(folder, 'cpu/cpu.cfs_period_us'))}`;
  const [quota = Number.NaN, period = Number.NaN] = both.split(' ').map(Number);
  // `max`, or -1, is no limit.
  return quota > 0 && period > 0 ? [quota, period] : null;
};

/**
 * Processors that this process may use. Node counts those of the machine, with control groups of version 1 also in a container that has the
 * time of fewer.
 *
 * @param options.folder where the control group is mounted, as a container sees its own
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
 */
export const usableProcessors = ({
  folder = '/sys/fs/cgroup',
  machine = availableParallelism(),
}: { readonly folder?: string; readonly machine?: number } = {}): number => {
  const limit = quotaIn(folder);
  return limit === null ? machine : Math.min(machine, Math.max(1, Math.round(limit[0] / limit[1])));
};
