import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { usableProcessors } from '#infra/workers/processors.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

describe('the processors that a server may use', () => {
  it('are those of the machine where nothing limits it', async () => {
    await using folder = await temporaryDirectory();
    expect(usableProcessors({ folder: folder.path, machine: 8 })).toBe(8);
    await writeFile(join(folder.path, 'cpu.max'), 'max 100000\n');
    expect(usableProcessors({ folder: folder.path, machine: 8 })).toBe(8);
  });

  it.each([
    ['200000 100000', 2],
    ['150000 100000', 2],
    ['20000 100000', 1],
    ['1600000 100000', 8],
  ])('are what the control group of a container allows: %s are %i of 8', async (limit, processors) => {
    await using two = await temporaryDirectory();
    await writeFile(join(two.path, 'cpu.max'), `${limit}\n`);
    expect(usableProcessors({ folder: two.path, machine: 8 })).toBe(processors);

    await using one = await temporaryDirectory();
    const [quota = '', period = ''] = limit.split(' ');
    await mkdir(join(one.path, 'cpu'));
    await writeFile(join(one.path, 'cpu/cpu.cfs_quota_us'), `${quota}\n`);
    await writeFile(join(one.path, 'cpu/cpu.cfs_period_us'), `${period}\n`);
    expect(usableProcessors({ folder: one.path, machine: 8 })).toBe(processors);
  });

  it('are those of the machine where the first version of control groups says that there is no limit', async () => {
    await using folder = await temporaryDirectory();
    await mkdir(join(folder.path, 'cpu'));
    await writeFile(join(folder.path, 'cpu/cpu.cfs_quota_us'), '-1\n');
    await writeFile(join(folder.path, 'cpu/cpu.cfs_period_us'), '100000\n');
    expect(usableProcessors({ folder: folder.path, machine: 8 })).toBe(8);
  });
});
