import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Whether a shell is here, for `describe.runIf(await hasShell('zsh'))`; it says on stderr what is left out without it.
 *
 * @throws in CI where it is not
 */
export const hasShell = async (shell: 'bash' | 'zsh' | 'fish'): Promise<boolean> => {
  try {
    await run(shell, ['-c', 'true']);
    return true;
  } catch {
    if (process.env['CI'] === 'true') throw new Error(`CI must have ${shell}: install the package ${shell}`);
    process.stderr.write(`tests of completion in ${shell} are left out: install the package ${shell}\n`);
    return false;
  }
};
