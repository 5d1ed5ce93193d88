import { globSync } from 'node:fs';
import { ROOT } from './engine.ts';

/** What commands write into the folder of the package, and git ignores, so that nobody sees it. */
const WRITTEN = ['dist', '.passthru', 'deployments/*/secrets', '*.tgz'];

/**
 * Global set-up of vitest: the run fails when a test left something in the checkout that was not there before.
 *
 * @throws at the end, with what was written; a test that packs or prepares works in `copyCheckout`
 */
export default (): (() => void) => {
  const before = new Set(globSync(WRITTEN, { cwd: ROOT }));
  return () => {
    const wrote = globSync(WRITTEN, { cwd: ROOT }).filter((path) => !before.has(path));
    if (wrote.length > 0) throw new Error(`tests wrote into the checkout: ${wrote.join(', ')}`);
  };
};
