import { randomUUIDv7 } from 'node:crypto';
import { chmod, chown, mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findStateFolder } from '#stack/find-state-folder.ts';
import { temporaryDirectory } from '#test/support/temporary-directory.ts';

/** `project/docs/guides` below a home, and a state folder in the project in which a stack was. */
const place = async () => {
  const folder = await temporaryDirectory();
  const home = join(folder.path, `home-${randomUUIDv7()}`);
  const project = join(home, 'project');
  const below = join(project, 'docs', 'guides');
  await mkdir(below, { recursive: true });
  const warnings: string[] = [];
  return {
    home,
    project,
    below,
    warnings,
    use: (path: string) => mkdir(join(path, '.passthru', 'config'), { recursive: true }),
    find: (from: string, user: string | null = home) => findStateFolder({ from, home: user, warn: (text) => warnings.push(text) }),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
};

describe('The state folder of a project', () => {
  it('is found from every folder below it, the nearest first', async () => {
    await using here = await place();
    await here.use(here.project);
    const stateDir = join(here.project, '.passthru');
    for (const from of [here.project, join(here.project, 'docs'), here.below, join(stateDir, 'config')])
      expect(await here.find(from)).toBe(stateDir);
    await here.use(join(here.project, 'docs'));
    expect(await here.find(here.below)).toBe(join(here.project, 'docs', '.passthru'));
  });

  it('is none where there is none, where no stack ever was in it, and in a place that is not there', async () => {
    await using here = await place();
    expect(await here.find(here.below)).toBeNull();
    await mkdir(join(here.project, '.passthru'));
    expect(await here.find(here.below)).toBeNull();
    expect(await here.find(join(here.home, randomUUIDv7()))).toBeNull();
  });

  it('is not that of the home, unless the command runs there', async () => {
    await using here = await place();
    await here.use(here.home);
    expect(await here.find(here.below)).toBeNull();
    expect(await here.find(here.home)).toBe(join(here.home, '.passthru'));
    const other = `${here.home}-link`;
    await symlink(here.home, other);
    expect(await here.find(here.below, other)).toBeNull();
    expect(await here.find(here.below, null)).toBe(join(here.home, '.passthru'));
  });

  it('is not one in or above a folder in which everybody may write', async () => {
    await using here = await place();
    await here.use(here.project);
    await chmod(here.project, 0o1777);
    expect(await here.find(here.below)).toBeNull();
  });

  it('is no link: what it leads to is not of this project', async () => {
    await using here = await place();
    await here.use(here.project);
    await rename(join(here.project, '.passthru'), join(here.home, 'elsewhere'));
    await symlink(join(here.home, 'elsewhere'), join(here.project, '.passthru'));
    expect(await here.find(here.below)).toBeNull();
    expect(await here.find(here.project)).toBe(join(here.project, '.passthru'));
  });

  it.runIf(process.getuid?.() === 0)('of another user is not taken, which is said', async () => {
    await using here = await place();
    await here.use(here.project);
    await chown(join(here.project, '.passthru'), 54_321, 54_321);
    expect(await here.find(here.below)).toBeNull();
    expect(here.warnings).toEqual([`the state folder ${join(here.project, '.passthru')} belongs to another user, and is not used`]);
  });
});
