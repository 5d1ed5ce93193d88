import type { FastifyReply, FastifyRequest } from 'fastify';
import { ACCOUNT_PATH, toAccount } from './account-session.ts';

/** What a form of the account page did, in the words of the page that it leads to. */
const DONE = {
  'password-changed': 'The password is changed. All other browsers and all applications are logged out.',
  'session-ended': 'The session has ended.',
  'sessions-ended': 'All other sessions have ended.',
  'grant-ended': 'The application may do nothing any more.',
  'totp-added': 'The app is added. A log-in asks for one of its codes.',
  'totp-removed': 'The app is removed. Its codes are good for nothing any more.',
  'passkey-added': 'The passkey is added. A log-in may be confirmed by it.',
  'passkey-removed': 'The passkey is removed. It is good for nothing any more.',
  'recovery-codes-noted': 'New recovery codes are made, and the ones before are good for nothing any more.',
} as const;

export type Done = keyof typeof DONE;

/** It names one of these sentences, so that a neighbour of this host who sets it cannot have the page say anything else. */
const COOKIE = '__Secure-passthru-done';
const COOKIE_OPTIONS = { path: ACCOUNT_PATH, secure: true, httpOnly: true, sameSite: 'lax' } as const;
const LIFE_S = 60;

/** Has the account page say once what was done. */
export const sayDone = (reply: FastifyReply, done: Done): FastifyReply =>
  reply.setCookie(COOKIE, done, { ...COOKIE_OPTIONS, maxAge: LIFE_S });

/** To the account page, which says what was done. */
export const doneAtAccount = (reply: FastifyReply, done: Done): FastifyReply => toAccount(sayDone(reply, done));

/** What was done before this page, which is forgotten with it. */
export const takeDone = (request: FastifyRequest, reply: FastifyReply): string | undefined => {
  const done = request.cookies[COOKIE];
  if (done === undefined) return undefined;
  reply.clearCookie(COOKIE, COOKIE_OPTIONS);
  return Object.hasOwn(DONE, done) ? DONE[done as Done] : undefined;
};
