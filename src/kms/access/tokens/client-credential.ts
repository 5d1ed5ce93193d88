/** "encoded using the application/x-www-form-urlencoded encoding algorithm". RFC 6749 section 2.3.1 */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

/** The Authorization header by which a client proves itself. @see RFC 6749 section 2.3.1 */
export const clientCredential = (clientId: string, clientSecret: string): string =>
  `Basic ${Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')}`;
