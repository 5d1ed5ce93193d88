import { globSync } from 'node:fs';
import { ROOT } from './engine.ts';

/** Commands write these into the folder of the package; git ignores them, so that nobody sees them. */
const WRITTEN = ['dist', '.passthru', 'deployments/*/secrets', '*.tgz'];

/**
 * Global set-up of vitest: the run fails when a test left something in the checkout that was not there before. A test that packs or
 * prepares works in a copy (`copyCheckout`).
 *
 * @throws at the end, with the paths that were written
 */
export default (): (() => void) => {
  const before = new Set(globSync(WRITTEN, { cwd: ROOT }));
  return () => {
    const wrote = globSync(WRITTEN, { cwd: ROOT }).filter((path) => !before.has(path));
    if (wrote.length > 0) throw new Error(`tests wrote into the checkout: ${wrote.join(', ')}`);
  };
};
