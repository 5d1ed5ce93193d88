import { createRevocationLog } from '#identity/revocations/revocation-log.ts';
import type { RevocationLog } from '#identity/revocations/revocations.ts';

/** As the server makes it, for tokens of ten minutes. */
export const revocationLog = (now: () => number = Date.now): RevocationLog => createRevocationLog({ tokenSeconds: [600], now });
