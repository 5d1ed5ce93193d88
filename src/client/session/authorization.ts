/** Values of the `Authorization` header. */

/** @see RFC 7617: UTF-8, not form-encoded */
export const basic = (username: string, password: string): string => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** @see RFC 6750 section 2.1 */
export const bearer = (token: string): string => `Bearer ${token}`;
