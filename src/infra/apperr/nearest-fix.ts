import type { Failure } from './result.ts';

/** The fix of the deepest cause that has one: it is the nearest to what went wrong. Empty where none has. */
export const nearestFix = (error: Failure | null): string => (error === null ? '' : nearestFix(error.cause) || error.fix);
