import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AccountClaims, logInCounts } from '#identity/accounts/account.ts';
import type { Accounts } from '#identity/accounts/accounts.ts';
import type { SecondFactors, SecondFactorsOfAccount } from '#identity/factors/factors.ts';
import type { BrowserSession } from '#identity/provider/interactions/browser-sessions.ts';
import type { OpenIdProvider } from '#identity/provider/openid-provider.ts';

/** The account page in the log, in the place of a client. */
export const ACCOUNT_PAGE = 'account-page';
export const ACCOUNT_PATH = '/account';
export const ACCOUNT_LOGIN_PATH = '/account/login';
export const SECOND_FACTOR_PATH = `${ACCOUNT_LOGIN_PATH}/second-factor`;

/** Seconds after a log-in in which second factors may be changed: a browser that was left alone changes none. */
const FRESH_S = 15 * 60;

/** The owner of the account page. */
export interface Owner {
  readonly session: BrowserSession;
  readonly account: AccountClaims;
  readonly factors: SecondFactorsOfAccount;
  /** Whether the log-in is recent enough to change second factors. */
  readonly isFresh: boolean;
}

/** @returns null where nobody is logged in; where a second factor was added after the log-in, that one is not enough */
export type FindOwner = (request: FastifyRequest) => Promise<Owner | null>;

/** @param options.now epoch milliseconds */
export const createFindOwner = (options: {
  readonly sessions: Pick<OpenIdProvider['sessions'], 'current'>;
  readonly accounts: Pick<Accounts, 'find'>;
  readonly factors: Pick<SecondFactors, 'of'>;
  readonly now: () => number;
}): FindOwner => {
  const { sessions, accounts, factors, now } = options;
  return async (request) => {
    const session = await sessions.current(request.raw);
    const account = session === null ? undefined : await accounts.find(session.accountId);
    if (session === null || account === undefined || !logInCounts(account, session.loggedInAt)) return null;
    const own = await factors.of(account.accountId);
    if ((own.totp !== null || own.passkeys.length > 0) && !session.amr.includes('mfa')) return null;
    return { session, account, factors: own, isFresh: now() / 1000 - session.loggedInAt <= FRESH_S };
  };
};

export const toLogIn = (reply: FastifyReply): FastifyReply => reply.redirect(ACCOUNT_LOGIN_PATH, 303);
export const toAccount = (reply: FastifyReply): FastifyReply => reply.redirect(ACCOUNT_PATH, 303);
