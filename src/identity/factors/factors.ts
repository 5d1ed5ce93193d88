/**
 * What somebody proves at a log-in beside the password: a one-time code of an app (`totp.ts`), a passkey (`passkeys.ts`), or a recovery
 * code where both are lost (`recovery-codes.ts`). An account that has one is asked for it at every log-in. `acr.ts` says how sure a
 * log-in is; `factors.service.ts` keeps, checks and uses up.
 */
export interface SecondFactorsOfAccount {
  /** The app that makes one-time codes; null where there is none. */
  readonly totp: { readonly addedAt: number } | null;
  readonly passkeys: readonly PasskeySummary[];
  readonly recoveryCodesLeft: number;
}

export interface PasskeySummary {
  /** base64url. */
  readonly credentialId: string;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly addedAt: number;
  readonly lastUsedAt: number | null;
}

/** The secret of an app that waits for its first code. */
export interface PendingTotp {
  /** base32, for a person who types it. */
  readonly secret: string;
  /** `otpauth:` URI, for a QR code. */
  readonly uri: string;
}

export interface Person {
  readonly accountId: string;
  readonly username: string;
}

/** A code that somebody gives, with the address of the peer as the socket has it. */
export interface GivenCode {
  readonly accountId: string;
  readonly code: string;
  readonly address: string;
}

export interface SecondFactors {
  of(accountId: string): Promise<SecondFactorsOfAccount>;
  /**
   * Whose code it is: of the app, or a recovery code. Either is good once: a step of the app and all before it are used up.
   *
   * @returns null for a wrong code
   * @throws AppError `too-many-attempts` 429
   */
  verifyCode(given: GivenCode): Promise<'app' | 'recovery' | null>;
  /** Makes a secret that waits for its first code, in the place of one that waited. @throws AppError `totp-exists` 409 */
  beginTotp(accountId: string): Promise<void>;
  pendingTotp(person: Person): Promise<PendingTotp | null>;
  /**
   * Takes the first code of an app.
   *
   * @returns recovery codes where these are the first, else none; null for a wrong code
   * @throws AppError `too-many-attempts` 429
   */
  confirmTotp(given: GivenCode): Promise<readonly string[] | null>;
  removeTotp(accountId: string): Promise<void>;
  /** New recovery codes in the place of all that were there. @throws AppError `no-second-factor` 409 */
  renewRecoveryCodes(accountId: string): Promise<readonly string[]>;
}
