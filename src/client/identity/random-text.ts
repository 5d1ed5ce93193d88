import { randomBytes } from 'node:crypto';

/** Random bytes as base64url: nobody guesses it, and nobody else has it. */
export const randomText = (bytes = 32): string => randomBytes(bytes).toString('base64url');
