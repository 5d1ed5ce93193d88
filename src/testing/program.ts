import { fileURLToPath } from 'node:url';

/**
 * Our program, absolute; from src/testing and from dist/testing alike. The CommonJS form of this file is written by build/testing-module.ts,
 * because no text is good for both.
 */
export const PROGRAM = fileURLToPath(new URL('../../bin/passthru.js', import.meta.url));
