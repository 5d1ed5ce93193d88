import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';

/** One import statement: the file that has it (relative to the root) and what it names. */
export interface Import {
  readonly file: string;
  readonly specifier: string;
  /** Path relative to the root for a file of ours; null for a package or a built-in. */
  readonly target: string | null;
  /** Loaded when it is called for, and not with the file. */
  readonly isLater: boolean;
}

const STATEMENT = /(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?\s*'([^']+)'|import\(\s*'([^']+)'\s*\)|import\s+'([^']+)'/g;

const targetOf = (root: string, file: string, specifier: string): string | null => {
  if (specifier.startsWith('#')) return join('src', specifier.slice(1)).split(sep).join('/');
  if (specifier.startsWith('.'))
    return relative(root, join(root, dirname(file), specifier))
      .split(sep)
      .join('/');
  return null;
};

/** Every import below `<root>/src`, static and dynamic. */
export const importsBelow = async (root: string): Promise<readonly Import[]> => {
  const files = (await readdir(join(root, 'src'), { recursive: true }))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join('src', name).split(sep).join('/'));
  const lists = await Promise.all(
    files.map(async (file) => {
      const text = (await readFile(join(root, file), 'utf8')).replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '');
      return [...text.matchAll(STATEMENT)].map((match) => {
        const specifier = match[1] ?? match[2] ?? match[3] ?? '';
        return { file, specifier, target: targetOf(root, file, specifier), isLater: match[2] !== undefined };
      });
    }),
  );
  return lists.flat();
};
