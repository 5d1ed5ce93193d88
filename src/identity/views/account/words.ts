/** A moment in words that each reader understands alike. @param seconds since the epoch */
export const dayAndTime = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const WORDS: Readonly<Record<string, string>> = { pwd: 'password', otp: 'one-time code', hwk: 'passkey', swk: 'passkey' };

/** The methods of a log-in (RFC 8176) in words. */
export const methodWords = (amr: readonly string[]): string => amr.flatMap((method) => WORDS[method] ?? []).join(' and ') || 'password';
