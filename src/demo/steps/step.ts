import type { Engine, ServiceName } from '#engine/engine.ts';
import type { CheckDoor } from './checks.ts';
import type { StepId } from '../plan.ts';
import type { Stack } from '#demo/client/stack.ts';

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
  readonly signal: AbortSignal;
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly healthTimeoutMs: number;
}

/** One step's work. Resolves with the detail for its line; throws what went wrong. */
export type Story = (context: StepContext) => Promise<string>;

export type Stories = Readonly<Partial<Record<StepId, Story>>>;
