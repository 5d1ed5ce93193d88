import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { AppError } from '#infra/apperr/app-error.ts';

const run = promisify(execFile);

/**
 * Makes bundle/ anew where it is not what src/ becomes, because images are built of it. A package has no src/, and its bundle is good.
 *
 * @param packageRoot folder of our package.json
 * @throws AppError `bundle-not-made` 500 with the reason and its place
 */
export const makeBundleCurrent = async (packageRoot: string): Promise<void> => {
  if (!existsSync(join(packageRoot, 'src'))) return;
  try {
    await run(process.execPath, [join(packageRoot, 'build/bundle.ts')]);
  } catch (error) {
    const { stderr = '', message } = error as Error & { readonly stderr?: string };
    throw new AppError('bundle-not-made', 500, `bundle/, of which images are built, could not be made: ${reasonIn(stderr) ?? message}`, {
      cause: error,
      fix: 'Run `npm ci`, then `npm run build` to see more.',
    });
  }
};

/** The bundler writes `[CODE] reason`, maybe behind `Error:`, and then the place in a frame; Node writes `Error: reason`. */
const reasonIn = (stderr: string): string | undefined => {
  const lines = stripVTControlCharacters(stderr).split('\n');
  const at = lines.findIndex((line) => /^(Error: )?\[[A-Z_]+\] /.test(line));
  const place = /\[ (\S+) \]/.exec(lines[at + 1] ?? '')?.[1];
  if (at !== -1) return `${lines[at]?.replace(/^Error: /, '')}${place === undefined ? '' : ` (${place})`}`;
  return lines.find((line) => /^\w*Error/.test(line));
};
