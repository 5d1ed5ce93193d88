import type { HiddenImport, Import } from './support/imports.ts';

/**
 * The rooms, or files of a room, that a room may import, itself apart. Of the entries that a file lies below, the longest counts. `oxlint.config.ts` derives its rules from these tables, too.
 */
export const MAY_SEE: Readonly<Record<string, readonly string[]>> = {
  infra: [],
  kms: ['infra'],
  identity: ['infra'],
  engine: ['infra'],
  client: ['infra'],
  demo: ['infra', 'client', 'engine/engine.ts', 'engine/fault-door.ts'],
  stack: ['infra', 'engine'],
  // It runs in the process of a test runner, on whatever Node that is: it sees nothing.
  testing: [],
  'testing/holder': ['infra', 'client', 'demo', 'stack', 'engine/engine.ts', 'engine/stack-engine.ts'],
  cli: ['infra', 'client', 'demo', 'stack', 'testing', 'engine/engine.ts'],
  // The one file that starts the servers.
  'cli/commands/serve.ts': ['infra', 'kms/main.ts', 'identity/main.ts', 'engine/embedded/otlp-sink/main.ts'],
};

/** The only folders of src that may import a package or any file of it. */
export const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  'oidc-provider': ['identity/provider'],
  dockerode: ['engine/docker'],
  execa: ['engine/docker', 'engine/embedded'],
  'node:sqlite': ['infra/database'],
  pg: ['infra/database'],
  ora: ['cli/reporters'],
  chalk: ['cli/reporters'],
};

export const isBelow = (path: string, entry: string): boolean => path === entry || path.startsWith(`${entry}/`);

/** The rooms and files that the files below a path of src may import. */
export const seenFrom = (path: string): readonly string[] => {
  const entries = Object.keys(MAY_SEE).filter((entry) => isBelow(path, entry));
  return MAY_SEE[entries.toSorted((a, b) => b.length - a.length)[0] ?? ''] ?? [];
};

export const roomOf = (path: string): string => path.split('/')[0] ?? '';

/** `kms/tokens/x.ts` → `tokens`; a file that stands directly in its room belongs to no slice. */
const sliceOf = (path: string): string | null => (path.split('/').length > 2 ? (path.split('/')[1] ?? null) : null);

const wrongWithinRoom = (from: string | null, to: string | null, specifier: string): string | null => {
  if (from === null) return null;
  if (from === to) return specifier.startsWith('#') ? 'lies in its own slice, import it relatively' : null;
  return to !== null && specifier.startsWith('.') ? 'lies in another slice, import it with #' : null;
};

const wrongTarget = (from: string, to: string, specifier: string): string | null => {
  if (roomOf(from) === roomOf(to)) return wrongWithinRoom(sliceOf(from), sliceOf(to), specifier);
  if (!specifier.startsWith('#')) return 'leaves its room by a relative path';
  return seenFrom(from).some((entry) => isBelow(to, entry)) ? null : `is nothing that ${roomOf(from)} may see from here`;
};

const wrongPackage = (from: string, specifier: string): string | null => {
  const owned = Object.entries(ONLY_IN).find(([name]) => isBelow(specifier, name));
  if (owned === undefined || owned[1].some((owner) => isBelow(from, owner))) return null;
  return `is for ${owned[1].map((owner) => `src/${owner}`).join(', ')} only`;
};

/** A sentence for every import, read or hidden, that breaks a wall; each names the file first. */
export const wallsBroken = (imports: readonly Import[], hidden: readonly HiddenImport[]): readonly string[] => [
  ...imports.flatMap(({ file, specifier, target }) => {
    const from = file.slice('src/'.length);
    const to = target?.startsWith('src/') === true ? target.slice('src/'.length) : null;
    if (target !== null && to === null) return [`${file}: ${specifier} lies outside of src`];
    const wrong = to === null ? wrongPackage(from, specifier) : wrongTarget(from, to, specifier);
    return wrong === null ? [] : [`${file}: ${specifier} ${wrong}`];
  }),
  ...hidden.map(({ file, code }) => `${file}: ${code} hides which module it loads`),
];
