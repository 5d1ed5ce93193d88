import type { Failure } from '#infra/apperr/result.ts';
import type { PartName, ServiceName } from '#engine/engine.ts';
import type { Basis } from '#infra/evidence/recipe.ts';

/** One assertion: the value that was expected and the value that came. */
export interface Check {
  /** Unique within its step, kebab-case. */
  readonly id: string;
  readonly title: string;
  readonly status: 'passed' | 'failed';
  readonly expected: string;
  readonly got: string;
  /** How it can be made again from the exchanges of the run; absent where nobody recorded these. */
  readonly basis?: Basis;
}

export type StepStatus = 'passed' | 'failed' | 'skipped';

/** A step as the plan names it. */
export interface StepInfo {
  /** `<phase>.<name>`, for example `identity.pkce`. */
  readonly id: string;
  readonly phase: string;
  readonly title: string;
  /** Ids of steps that must have passed; else this one is skipped. */
  readonly needs: readonly string[];
}

/** Why a stack is not usable. */
export interface RootCause {
  /** One sentence: the part in trouble, how it ended, what that does to the others, the last probe. */
  readonly line: string;
  /**
   * The part in trouble, and after it those that cannot work without it, in the order of the dependency chain; `engine` alone where the
   * engine cannot be asked.
   */
  readonly chain: readonly [PartName, ...PartName[]] | readonly ['engine'];
  /** The last log lines of the part in trouble, oldest first. */
  readonly logTail: readonly string[];
  /** The remedy, one sentence. */
  readonly fix: string;
}

/** Everything that can happen in a run. Times are epoch milliseconds. */
export type DemoEvent =
  | {
      readonly type: 'run-started';
      readonly at: number;
      readonly command: string;
      readonly engine: string;
      readonly engineReason: string;
      /** Whether another engine would have been taken and cannot be had; `engineReason` is then what that one's failure says. */
      readonly engineIsFallback: boolean;
      readonly profile: string;
      readonly steps: readonly StepInfo[];
    }
  | {
      readonly type: 'step-started';
      readonly at: number;
      readonly step: StepInfo;
      readonly index: number;
      readonly total: number;
      readonly attempt: number;
    }
  | { readonly type: 'step-progress'; readonly at: number; readonly stepId: string; readonly text: string }
  | { readonly type: 'check'; readonly at: number; readonly stepId: string; readonly check: Check }
  | {
      readonly type: 'request';
      readonly at: number;
      readonly stepId: string;
      readonly method: string;
      /** Without its query, which may hold codes, states and hints. */
      readonly url: string;
      readonly status: number;
      readonly durationMs: number;
      /** Milliseconds that the clock of the server is ahead of ours; null where the answer tells no time. */
      readonly skewMs: number | null;
      /** Under which logs and traces of the servers have it; absent where no trace context was sent. */
      readonly traceId?: string;
      /** `code` of the Problem Details that came; absent of any other answer. */
      readonly code?: string;
      /** Its id among the recorded exchanges, for example `x17`; absent where nobody records. */
      readonly exchange?: string;
    }
  | {
      readonly type: 'step-finished';
      readonly at: number;
      readonly stepId: string;
      readonly status: StepStatus;
      readonly detail: string;
      readonly durationMs: number;
      readonly error: Failure | null;
    }
  | {
      readonly type: 'service';
      readonly at: number;
      readonly service: PartName;
      readonly state: 'started' | 'exited';
      readonly text: string;
    }
  | {
      readonly type: 'service';
      readonly at: number;
      readonly service: ServiceName;
      readonly state: 'healthy';
      readonly text: string;
      /** Milliseconds that the run waited for it; 0 when it was ready whenever it was asked. */
      readonly waitedMs: number;
    }
  | ({ readonly type: 'root-cause'; readonly at: number } & RootCause)
  /** Of a step; null: of the run as a whole. */
  | { readonly type: 'warning'; readonly at: number; readonly stepId: string | null; readonly text: string }
  | { readonly type: 'interrupted'; readonly at: number; readonly text: string }
  | { readonly type: 'run-finished'; readonly at: number; readonly durationMs: number };

export type Emit = (event: DemoEvent) => void;
