import { defineConfig, type OxlintOverride } from 'oxlint';
import { isBelow, MAY_SEE, ONLY_IN, roomOf, seenFrom } from './test/walls.ts';

/** Imports that are refused below `zone`: other rooms, and packages that belong to another folder. */
const restrictions = (zone: string) => {
  const seen = seenFrom(zone);
  const rooms = Object.keys(MAY_SEE).filter((room) => !room.includes('/') && room !== roomOf(zone) && !seen.includes(room));
  const packages = Object.entries(ONLY_IN).filter(([, owners]) => !owners.some((owner) => isBelow(zone, owner)));
  return [
    ...rooms.map((room) => ({
      group: [`#${room}/**`, ...seen.filter((entry) => entry.startsWith(`${room}/`)).map((entry) => `!#${entry}`)],
      message: 'This room may not see that one: see docs/architecture.md, walls.',
    })),
    ...packages.map(([name, owners]) => ({
      regex: `^${name}(/|$)`,
      message: `Only ${owners.map((owner) => `src/${owner}`).join(', ')} may import ${name}.`,
    })),
  ];
};

/** Rooms first, then the folders in them that may see more: the last entry that a file matches counts. */
const zones = [...new Set([...Object.keys(MAY_SEE), ...Object.values(ONLY_IN).flat()])].toSorted((a, b) => a.length - b.length);

export default defineConfig({
  plugins: ['typescript', 'import', 'unicorn', 'node', 'promise', 'vitest'],
  categories: { correctness: 'error', suspicious: 'error' },
  rules: {
    'no-console': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    eqeqeq: 'error',
    'no-shadow': 'off',
    'no-underscore-dangle': 'off',
    'no-await-in-loop': 'off',
    'typescript/no-explicit-any': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-non-null-assertion': 'error',
    'import/no-default-export': 'off',
    'import/no-cycle': ['error', { ignoreTypes: false }],
    'import/no-unassigned-import': 'off',
    'import/no-named-as-default-member': 'off',
    'node/no-process-env': 'error',
    'vitest/no-focused-tests': 'error',
    'vitest/no-disabled-tests': 'error',
    'vitest/valid-expect': ['error', { maxArgs: 2 }],
  },
  overrides: [
    {
      files: ['src/cli/**', 'src/engine/embedded/**', 'src/testing/holder-process.ts', 'bin/**', 'test/**', 'findings/**', '*.config.ts'],
      rules: { 'node/no-process-env': 'off' },
    },
    // Samples of programs: they print, and are placed by the environment.
    { files: ['docs/samples/**'], rules: { 'no-console': 'off', 'node/no-process-env': 'off' } },
    { files: ['src/cli/reporters/**', 'bin/**', 'test/**', 'findings/**'], rules: { 'no-console': 'off' } },
    { files: ['test/**'], rules: { 'unicorn/consistent-function-scoping': 'off' } },
    ...zones.map((zone): OxlintOverride => ({
      files: [zone.endsWith('.ts') ? `src/${zone}` : `src/${zone}/**`],
      rules: { 'no-restricted-imports': ['error', { patterns: restrictions(zone) }] },
    })),
  ],
  ignorePatterns: ['dist', 'coverage', 'node_modules', 'deployments', 'test/fixtures', 'src/infra/evidence/verify.mjs'],
});
