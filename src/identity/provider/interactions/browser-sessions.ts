import type { IncomingMessage } from 'node:http';
import type { LogIn } from './interactions.ts';

/** Somebody who is logged in at this browser. */
export interface BrowserSession {
  /** Its name in lists of sessions. */
  readonly reference: string;
  readonly accountId: string;
  /** Seconds since the epoch. */
  readonly loggedInAt: number;
  /** @see RFC 8176 */
  readonly amr: readonly string[];
}

/** The sessions of browsers at Identity itself, for pages that belong to no client. They are those of every log-in. */
export interface BrowserSessions {
  /** The session whose cookie a request brings; null where there is none. Whether it still counts, `logInCounts` says. */
  current(req: IncomingMessage): Promise<BrowserSession | null>;
  /**
   * Logs in at this browser: the session gets a new id. One of another account ends before, as by a log-out: its clients are told.
   *
   * @returns values of `Set-Cookie`
   */
  logIn(req: IncomingMessage, login: LogIn): Promise<readonly string[]>;
}
