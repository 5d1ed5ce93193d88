import type { Job } from '#infra/jobs/job.ts';

/**
 * Log-outs that clients are told by the back channel. A log-out is written down with the end of its session, and told by a job: nobody
 * waits for a client that does not answer, and none that restarts meanwhile, or Identity itself, loses it. `logouts.store.ts` keeps them,
 * `create-logouts.ts` has the job.
 *
 * @see OpenID Connect Back-Channel Logout 1.0
 */

/** The end of a session, as one client is told of it. */
export interface Logout {
  readonly clientId: string;
  /** `sub`. */
  readonly accountId: string;
  readonly sid: string;
}

/** How a client took it. `nobody`: it is gone, or wants to know nothing any more; `refused`: it would say the same again. */
export type LogoutAnswer = 'told' | 'nobody' | { readonly refused: boolean; readonly cause: string };

/** Asks a client once. Never rejects. */
export type TellLogout = (logout: Logout) => Promise<LogoutAnswer>;

export interface Logouts {
  /** Writes a log-out down and has it told at once; a session is told to a client once only. Durable when this resolves. */
  note(logout: Logout): Promise<void>;
  /** Tells those that are due. Replicas share the work without a lock: each takes what no other has taken. */
  job(tell: TellLogout): Job;
}
