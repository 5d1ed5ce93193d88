import type { Engine, ServiceName } from '#engine/engine.ts';
import type { StepInfo } from '../events.ts';
import type { Checker } from './checker.ts';
import type { StackAccess } from './stack-access.ts';

export const DEMO_COMMANDS = ['kms', 'identity', 'all'] as const;
export type DemoCommand = (typeof DEMO_COMMANDS)[number];

/** A person with a browser, who is to come back to a redirect URI of the loopback. */
export interface LogInByHand {
  begin(): Promise<VisitByHand>;
}

/** One visit of that person to Identity; its end closes the listener to which the browser comes back. */
export interface VisitByHand extends AsyncDisposable {
  /** @see RFC 8252 section 7.3 */
  readonly redirectUri: string;
  /** Shows them the address of an authorization request, and answers with the redirect that has its state. @throws AppError `log-in-timeout` */
  visit(url: URL, signal: AbortSignal): Promise<URL>;
  /** Tells the browser, which has waited for it, how it went on; nothing is told without it but that it went wrong. */
  tell(title: string, text: string): void;
}

/** Everything that a step gets to work with. Nothing in it is left over from another step: what a step needs of one stands in its `needs`. */
export interface StepContext {
  readonly engine: Engine;
  readonly stack: StackAccess;
  /** Services of this run, in chain order. */
  readonly services: readonly ServiceName[];
  /** Starts a service, and with the first call of a run every other service of the run beside it. */
  readonly start: (service: ServiceName) => ReturnType<Engine['up']>;
  readonly check: Checker;
  /** Says what is being waited for. */
  readonly progress: (text: string) => void;
  readonly warn: (text: string) => void;
  /** Says that a service is healthy, and how many milliseconds the run waited for it. */
  readonly healthy: (service: ServiceName, waitedMs: number) => void;
  /** Has a person log in with a browser of their own; null: the step logs in by itself. */
  readonly byHand: LogInByHand | null;
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Milliseconds to wait for one service to become healthy. */
  readonly healthTimeoutMs: number;
}

/** The work of a step. Resolves with the detail for its line; throws what went wrong. */
export type StepWork = (context: StepContext) => Promise<string>;

/** A step: what the plan says of it, and its work. */
export interface Step extends StepInfo {
  /** The commands that it belongs to. */
  readonly targets: readonly DemoCommand[];
  readonly run: StepWork;
  /** It measures what the others would disturb: nothing runs beside it. */
  readonly isAlone?: boolean;
  /** Why it cannot be done on this machine, one clause: it is skipped then, with this as its detail; null where it can. */
  readonly whyNot?: () => Promise<string | null>;
}
