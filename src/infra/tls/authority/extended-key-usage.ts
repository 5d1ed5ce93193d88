/** The one purpose of each kind of certificate. @see RFC 5280 section 4.2.1.12, RFC 9336 */
export const EXTENDED_KEY_USAGE = {
  server: '1.3.6.1.5.5.7.3.1',
  client: '1.3.6.1.5.5.7.3.2',
  document: '1.3.6.1.5.5.7.3.36',
} as const;
