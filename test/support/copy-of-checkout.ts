import { cp, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ROOT } from './engine.ts';

/** Git's own folder and the files that git ignores, but for what `npm ci` makes in a clone. */
const NOT_IN_A_CLONE =
  /^(\.git|node_modules|bundle-.*|dist|coverage|test-results|bench-results|\.passthru|.*\.tgz|deployments\/[a-z]+\/secrets)$/;

/**
 * Copies this checkout, as a clone of it would be after `npm ci`, for a test that prepares, builds or packs something: such a test leaves
 * files behind that would hide what is missing on a machine without them. The packages are those of the checkout, by a link.
 */
export const copyCheckout = async (to: string): Promise<void> => {
  await cp(ROOT, to, { recursive: true, preserveTimestamps: true, filter: (source) => !NOT_IN_A_CLONE.test(relative(ROOT, source)) });
  await symlink(join(ROOT, 'node_modules'), join(to, 'node_modules'));
};
