import type { ShortLivedToken } from '#demo/flows/short-lived-token.ts';
import type { Engine, ServiceName } from '#engine/engine.ts';
import type { CheckDoor } from './checks.ts';
import type { Emit } from '../events.ts';
import type { StepId } from '../plan.ts';
import type { Stack } from '#demo/client/stack.ts';

/** Things that take time to become useful, so an early step makes them; a later one that finds none makes its own. */
export interface Kept {
  /** An access token that the KMS accepted while it lived. */
  shortLivedToken?: ShortLivedToken;
}

/** What a story gets to work with: the stack, and the doors through which it tells what happens. */
export interface StepContext {
  readonly engine: Engine;
  readonly stack: Stack;
  /** Services of this run, in chain order. */
  readonly services: readonly ServiceName[];
  readonly check: CheckDoor;
  /** Says what is being waited for. */
  readonly progress: (text: string) => void;
  readonly warn: (text: string) => void;
  /** Tells that a service is healthy, and how many milliseconds the run waited for it. */
  readonly healthy: (service: ServiceName, waitedMs: number) => void;
  /** What one step leaves for a later one of the same run. */
  readonly kept: Kept;
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly healthTimeoutMs: number;
}

/** One step's work. Resolves with the detail for its line; throws what went wrong. */
export type Story = (context: StepContext) => Promise<string>;

export type Stories = Readonly<Partial<Record<StepId, Story>>>;

/** What carrying out a step needs. */
export interface StepOptions {
  readonly engine: Engine;
  readonly stack: Stack;
  readonly kept: Kept;
  readonly stories: Stories;
  readonly emit: Emit;
  /** Aborting ends the step under way at once and skips the rest; nothing is torn down here. */
  readonly signal: AbortSignal;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly sleep: StepContext['sleep'];
  /** How often a failed step is tried again, and how long before: `delayMs × backoff^n`. */
  readonly retry: { readonly times: number; readonly delayMs: number; readonly backoff: number };
  /** How long to wait for one service to become healthy. */
  readonly healthTimeoutMs: number;
}
