import { NO_SIGNAL_DEBUGGER } from './signal-debugger.ts';

/**
 * MiB of the part of the heap that new objects are made in. Node lets it grow to 16, three times over, which a server of small requests
 * fills with what nobody needs any more before it looks.
 */
const YOUNG_GENERATION_MIB = 4;

/** Options of Node with which every server runs. `bin/server-options.js` and the Dockerfiles have the same. */
export const SERVER_OPTIONS: readonly string[] = [NO_SIGNAL_DEBUGGER, `--max-semi-space-size=${YOUNG_GENERATION_MIB}`];

/**
 * Variables with which every server runs, in the same places. glibc gives each of Node's ten threads a heap of its own to allocate from,
 * and what a thread has given back stays in its heap; with one for all, the next who allocates gets it. Other C libraries do not read it.
 *
 * @see https://sourceware.org/glibc/manual/latest/html_node/Memory-Allocation-Tunables.html
 */
export const SERVER_VARIABLES: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '1' };
