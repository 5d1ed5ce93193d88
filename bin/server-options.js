/**
 * Options of Node with which every server runs; what starts a server gives them, and `passthru serve` starts itself again where it was
 * given none (docs/performance.md has what they save). `src/infra/process/server-options.ts` has the same for the engines.
 */
export const SERVER_OPTIONS = ['--disable-sigusr1', '--max-semi-space-size=4'];

/** Variables with which every server runs; one that somebody has set is left alone. */
export const SERVER_VARIABLES = { MALLOC_ARENA_MAX: '1' };
