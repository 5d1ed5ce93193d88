import { dirname, join, relative, sep } from 'node:path';
import type { Plugin } from 'rolldown';

const ELSEWHERE = '\0elsewhere';

/** A program names every command in its help; one that it does not hold says where it is. */
const REFUSAL = `
import { AppError } from '#infra/apperr/app-error.ts';
throw new AppError('not-in-this-program', 501, 'This command is not part of the server and its image.', {
  fix: 'Run it by the package, npx passthru.',
});
`;

/**
 * Keeps a program to the part of src/ that it may hold. An import at run time of another part becomes a refusal; one that is there from the
 * start ends the build.
 *
 * @param holds files and folders, relative to the root
 */
export const onlyWhatItHolds = (root: string, holds: readonly string[]): Plugin => ({
  name: 'only-what-it-holds',
  resolveId: {
    filter: { id: /^[#.]/ },
    handler(specifier, importer, { kind }) {
      if (importer === undefined || importer.includes('node_modules')) return null;
      const path = specifier.startsWith('#') ? join(root, 'src', specifier.slice(1)) : join(dirname(importer), specifier);
      const file = relative(root, path).split(sep).join('/');
      if (!file.startsWith('src/')) return null;
      if (holds.some((each) => file === each || file.startsWith(`${each}/`))) return path;
      if (kind === 'dynamic-import') return ELSEWHERE;
      throw new Error(`${relative(root, importer)} imports ${file}, which this program does not hold (build/programs.ts)`);
    },
  },
  load: {
    filter: { id: new RegExp(`^${ELSEWHERE}$`) },
    handler: () => ({ code: REFUSAL, moduleType: 'js' }),
  },
});
