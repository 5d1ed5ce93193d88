import { Secret, TOTP } from 'otpauth';
import type { PendingTotp } from './factors.ts';

/** Bytes: as long as the output of the HMAC. @see RFC 4226 section 4, requirement R6 */
const SECRET_BYTES = 20;
const PERIOD_S = 30;
/** Codes before and after the one of now: for clocks that differ, and for people who type. @see RFC 6238 section 5.2 */
const WINDOW = 1;

/** As every app takes it: HMAC-SHA-1, six digits, 30 s. Apps ignore what else a QR code says, and then show codes that are wrong. */
const totpOf = (secret: Secret): TOTP => new TOTP({ secret, algorithm: 'SHA1', digits: 6, period: PERIOD_S });

const secretOf = (bytes: Uint8Array): Secret => new Secret({ buffer: Uint8Array.from(bytes).buffer });

/** A new secret of 160 random bits. */
export const newTotpSecret = (): Uint8Array => new Secret({ size: SECRET_BYTES }).bytes;

/** The bytes of a secret in base32. */
export const totpSecretOf = (base32: string): Uint8Array => Secret.fromBase32(base32).bytes;

/** The secret for an app. @param issuer host of Identity */
export const totpToShow = (bytes: Uint8Array, issuer: string, username: string): PendingTotp => {
  const secret = secretOf(bytes);
  const totp = new TOTP({ secret, issuer, label: username, algorithm: 'SHA1', digits: 6, period: PERIOD_S });
  return { secret: secret.base32, uri: totp.toString() };
};

/**
 * The step that a code is of: the number of 30 s since the epoch.
 *
 * @param now epoch milliseconds
 * @returns null for a wrong code
 * @see RFC 6238 section 4
 */
export const stepOfCode = (bytes: Uint8Array, code: string, now: number): number | null => {
  const delta = totpOf(secretOf(bytes)).validate({ token: code, timestamp: now, window: WINDOW });
  return delta === null ? null : Math.floor(now / 1000 / PERIOD_S) + delta;
};
