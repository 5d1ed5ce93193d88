import type { LostLines } from '#infra/lines/line-queue.ts';
import type { WorkerState } from '#infra/workers/workers.ts';

/** From a worker to the process that started it. */
export type ToSupervisor =
  | { readonly kind: 'join' }
  | { readonly kind: 'up' }
  /** Its event loop turns. */
  | { readonly kind: 'alive' }
  | { readonly kind: 'tell'; readonly topic: string; readonly words: unknown }
  | {
      readonly kind: 'ask';
      readonly id: number;
      readonly topic: string;
      readonly words: unknown;
      /** Absent where what is kept stays as it is. */
      readonly keep?: unknown;
      readonly orEnd: boolean;
    }
  | { readonly kind: 'answer'; readonly id: number; readonly ok: boolean; readonly words: unknown }
  | { readonly kind: 'spend'; readonly id: number; readonly words: unknown };

/** Those that the relay takes. */
export type Relayed = Exclude<ToSupervisor, { kind: 'join' | 'up' | 'alive' }>;

/** What all workers are told when it changes. */
export interface News {
  readonly states: readonly WorkerState[];
  /** Of the log lines of all. */
  readonly lost: LostLines;
}

/** What a worker has to know to begin. */
export interface Welcome {
  readonly number: number;
  readonly count: number;
  /** The first process of all, which finds what the start before has left and does what is to be done once. */
  readonly isFirst: boolean;
  /** The configuration as the supervisor read it: one that is changed meanwhile counts for none of them. */
  readonly config: unknown;
  /** Random bytes that all workers have. */
  readonly secret: Uint8Array;
  /** By topic. */
  readonly kept: Readonly<Record<string, unknown>>;
  readonly news: News;
}

/** From the process that started a worker to that worker. */
export type ToWorker =
  | { readonly kind: 'welcome'; readonly welcome: Welcome }
  | { readonly kind: 'told'; readonly topic: string; readonly words: unknown }
  | { readonly kind: 'asked'; readonly id: number; readonly topic: string; readonly words: unknown }
  | { readonly kind: 'answers'; readonly id: number; readonly answers: readonly unknown[] }
  | { readonly kind: 'spent'; readonly id: number; readonly words: unknown }
  | { readonly kind: 'news'; readonly news: News }
  /** `times`: how often the supervisor was told so. */
  | { readonly kind: 'stop'; readonly signal: NodeJS.Signals; readonly times: number };
