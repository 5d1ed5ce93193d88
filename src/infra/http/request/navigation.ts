import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether somebody may see the answer: false where a browser says that it asks for a frame, an image, a script or the like. Programs, and
 * browsers from before 2023, say nothing; they are believed to show what they get.
 *
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-dest-header
 */
export const isShown = ({ 'sec-fetch-dest': destination }: IncomingHttpHeaders): boolean =>
  destination === undefined || destination === 'document';

/**
 * Whether a browser asks before its person does, because a page said that the person may.
 *
 * @see https://fetch.spec.whatwg.org/#sec-purpose-header
 */
export const isPrefetch = ({ 'sec-purpose': purpose }: IncomingHttpHeaders): boolean => /^\s*prefetch\b/i.test(String(purpose ?? ''));
