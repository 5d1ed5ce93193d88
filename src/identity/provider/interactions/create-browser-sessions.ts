import type { Provider } from 'oidc-provider';
import { acrOf, amrOf } from '#identity/factors/acr.ts';
import { readSession, writeSession } from '../seams/browser-session.ts';
import { sessionReference } from '../store/payload-hashes.ts';
import type { BrowserSessions } from './browser-sessions.ts';

/**
 * @param provider gives the provider of the moment: it is replaced when the signing keys change
 * @param seconds that a session lives
 */
export const createBrowserSessions = (provider: () => Provider, seconds: number): BrowserSessions => ({
  current: async (req) => {
    const { accountId, loginTs, amr, jti } = await readSession(provider(), req);
    if (accountId === undefined || loginTs === undefined) return null;
    return { reference: sessionReference(jti), accountId, loggedInAt: loginTs, amr: amr ?? [] };
  },
  logIn: async (req, { accountId, at, remember, second }) => {
    const amr = amrOf(second);
    const login = { accountId, loginTs: at, amr: [...amr], acr: acrOf(amr), transient: !remember };
    return writeSession(provider(), req, login, seconds);
  },
});
