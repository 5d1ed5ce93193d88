/** The pages that `passthru open` knows; a file of its own, so that the command line needs no schema. */
export const OPENED_PAGES = ['kms', 'identity', 'report'] as const;
