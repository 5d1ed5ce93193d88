/** How sure a log-in is, the least sure first. `phr` (phishing-resistant) is of OpenID Connect Extended Authentication Profile ACR Values 1.0. */
export const ACR_VALUES = ['urn:passthru:acr:password', 'urn:passthru:acr:two-factor', 'phr'] as const;

const [PASSWORD, TWO_FACTORS, PHISHING_RESISTANT] = ACR_VALUES;

/** By what a second factor was proven: a code, or a key in hardware or software. @see RFC 8176 section 2 */
export type SecondMethod = 'otp' | 'hwk' | 'swk';

/** The methods of a log-in by password, with its second factor if there was one. */
export const amrOf = (second?: SecondMethod): readonly string[] => (second === undefined ? ['pwd'] : ['pwd', second, 'mfa']);

/** How sure a log-in by these methods is. A passkey signs for one origin alone, so no other site can pass it on. */
export const acrOf = (amr: readonly string[]): (typeof ACR_VALUES)[number] => {
  if (!amr.includes('mfa')) return PASSWORD;
  return amr.includes('hwk') || amr.includes('swk') ? PHISHING_RESISTANT : TWO_FACTORS;
};

const levelOf = (acr: string | undefined): number => ACR_VALUES.findIndex((value) => value === acr);

export const isKnownAcr = (acr: string): boolean => levelOf(acr) >= 0;

/** Whether a log-in that is as sure as `acr` is as sure as was asked for; never for a value that is not known. */
const satisfies = (acr: string | undefined, asked: string): boolean => isKnownAcr(asked) && levelOf(acr) >= levelOf(asked);

/**
 * The value of `acr` that a client is told: the first of those that it asked for, in its order, that the log-in is as sure as; else how
 * sure it is.
 *
 * @see OpenID Connect Core 1.0 sections 2 and 3.1.2.1
 */
export const toldAcr = (acr: string | undefined, asked: readonly string[]): string | undefined =>
  asked.find((value) => satisfies(acr, value)) ?? acr;

/**
 * Which second factors would do: none where the password alone does, or where the account has none that the client could be satisfied
 * with (`unmet`).
 */
export const demandedFactors = (
  asked: readonly string[],
  { totp, passkeys }: { readonly totp: object | null; readonly passkeys: readonly object[] },
): { readonly code: boolean; readonly passkey: boolean } | 'none' | 'unmet' => {
  const known = asked.filter(isKnownAcr);
  const passkey = passkeys.length > 0;
  // Also without an app: a recovery code stands for a passkey that is lost.
  const code = (totp !== null || passkey) && (known.length === 0 || known.some((value) => satisfies(TWO_FACTORS, value)));
  if (code || passkey) return { code, passkey };
  return known.length === 0 || known.includes(PASSWORD) ? 'none' : 'unmet';
};
