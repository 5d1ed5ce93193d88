import type { Provider } from 'oidc-provider';
import { acrOf, amrOf } from '#identity/factors/acr.ts';
import { readSession, writeSession } from '../seams/browser-session.ts';
import type { AccountAccess } from '../store/account-access.ts';
import { sessionReference } from '../store/payload-hashes.ts';
import type { BrowserSessions } from './browser-sessions.ts';

/**
 * @param provider gives the provider of the moment: it is replaced when the signing keys change
 * @param access ends the session of another account at the same browser, as a log-out does
 * @param seconds that a session lives
 */
export const createBrowserSessions = (
  provider: () => Provider,
  access: Pick<AccountAccess, 'endSessions'>,
  seconds: number,
): BrowserSessions => ({
  current: async (req) => {
    const { accountId, loginTs, amr, jti } = await readSession(provider(), req);
    if (accountId === undefined || loginTs === undefined) return null;
    return { reference: sessionReference(jti), accountId, loggedInAt: loginTs, amr: amr ?? [] };
  },
  logIn: async (req, { accountId, at, remember, second }) => {
    const before = await readSession(provider(), req);
    if (before.accountId !== undefined && before.accountId !== accountId)
      await access.endSessions(before.accountId, { only: sessionReference(before.jti) });
    const amr = amrOf(second);
    const login = { accountId, loginTs: at, amr: [...amr], acr: acrOf(amr), transient: !remember };
    return writeSession(provider(), req, login, seconds);
  },
});
