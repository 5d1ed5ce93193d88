import type { IncomingHttpHeaders } from 'node:http';

/**
 * Whether a request wants a page: a browser names HTML where it goes to an address, a program does not.
 *
 * @see RFC 9110 section 12.5.1
 */
export const acceptsPage = ({ accept }: Pick<IncomingHttpHeaders, 'accept'>): boolean => /\btext\/html\b/i.test(accept ?? '');
