import { join } from 'node:path';
import type { CodeSplittingOptions, Plugin } from 'rolldown';
import type { Program } from './programs.ts';

/** Its steps run one and all, though each is imported when its turn comes. */
const PLAN = '/src/demo/steps.ts';

/**
 * Puts together what is loaded together. The bundler makes a file of each set of modules that the same imports at run time have in common:
 * a start of the KMS went through forty, a demo through a hundred and thirty, most of them of some hundred bytes, and each file costs about
 * half a millisecond. Here the entries and `starts` of a program alone make sets; a command beside them may load more than it needs.
 */
export const fewChunks = (
  root: string,
  { entries, starts }: Program,
): { readonly plugin: Plugin; readonly splitting: CodeSplittingOptions } => {
  const [[main, ...workers], hot] = [Object.keys(entries), Object.keys(starts)];
  const reached = new Map<string, ReadonlySet<string>>();
  const isReached = (name: string | undefined, id: string): boolean => name !== undefined && reached.get(name)?.has(id) === true;

  /** What loads a module. All that the entry loads is there for everybody else, but for a worker: it is a thread, and loads its own. */
  const loadersOf = (id: string): readonly string[] => {
    const isFirst = isReached(main, id);
    const others = [...(isFirst ? [] : hot), ...workers].filter((name) => isReached(name, id));
    return isFirst && main !== undefined ? [main, ...others] : others;
  };
  // Each set takes the modules along that its own import. Those belong to the same set or to a larger one, so the larger is made first; what
  // the entry loads comes before all.
  const count = 1 + workers.length + hot.length;
  const rankOf = (id: string): number => loadersOf(id).length + (isReached(main, id) ? count : 0);
  const groups = Array.from({ length: 2 * count }, (_, at) => at + 1).map((rank) => ({
    debugName: `rank ${rank}`,
    priority: rank,
    name: (id: string) => (rankOf(id) === rank ? loadersOf(id).join('-') : null),
  }));

  return {
    plugin: {
      name: 'few-chunks',
      buildEnd() {
        for (const [name, file] of [...Object.entries(entries), ...Object.entries(starts)]) {
          const id = join(root, file);
          const info = this.getModuleInfo(id);
          if (info === null) throw new Error(`${file} is no part of the program (build/bundle/programs.ts)`);
          const steps = id.endsWith(PLAN) ? info.dynamicallyImportedIds.filter((each) => each.startsWith(root)) : [];
          const first = [id, ...steps];
          reached.set(
            name,
            closureOf(first, (each) => this.getModuleInfo(each)?.importedIds ?? []),
          );
        }
      },
    },
    splitting: { groups },
  };
};

const closureOf = (first: readonly string[], importsOf: (id: string) => readonly string[]): ReadonlySet<string> => {
  const closure = new Set(first);
  for (const id of closure) for (const each of importsOf(id)) closure.add(each);
  return closure;
};
