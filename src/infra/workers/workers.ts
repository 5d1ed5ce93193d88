import type { LostLines } from '#infra/lines/line-queue.ts';

/**
 * The workers of a server: processes that share its port, so that all cores of one machine serve. Each is a replica
 * (docs/decisions/0007-replicas.md) which, unlike one elsewhere, hears of the others at once. This folder is what the products see;
 * `process/workers` starts them. docs/decisions/0055 says what they share, and how.
 */

/** Names what workers tell each other. */
export type Topic =
  | 'seal'
  | 'issuer-keys'
  | 'signing-keys'
  | 'metrics'
  | 'requests'
  | 'tenant-requests'
  | `guesses ${string}`
  | `places ${string}`
  | `known ${string}`;

export interface WorkerState {
  /** From 1 on; it keeps it when its process is replaced. */
  readonly number: number;
  readonly state: 'starting' | 'up' | 'ended';
  /** Null while there is none. */
  readonly pid: number | null;
  /** How often its process was replaced. */
  readonly replaced: number;
}

export interface AskOptions {
  /** It is told to workers that begin later, too, in the place of what was kept before; null ends that. */
  readonly keep?: unknown;
  /** A worker that does not do it, or gives no answer in time, is ended and replaced. */
  readonly orEnd?: boolean;
}

/** What the workers of a server have together. */
export interface Shared {
  /** 32 random bytes that nobody else has, made at the start of the server. */
  readonly secret: Uint8Array;
  /** Milliseconds of one clock, which never goes back and is the same for all of them. */
  elapsed(): number;
  /** Uses something up among all of them, and answers what the one place says that remembers it. */
  spend(words: unknown): Promise<unknown>;
}

/** The others as one of them sees them. */
export interface Workers {
  /** Of this one, from 1 on. The first has the listeners of operators. */
  readonly number: number;
  /** All of them, this one included; 1 where a server is a single process. */
  readonly count: number;
  /** Tells it to all others, and waits for nobody. */
  tell(topic: Topic, words: unknown): void;
  /** Asks all others; those that fail or end have no answer. Resolves when each has answered, after ten seconds at the latest. */
  ask(topic: Topic, words: unknown, options?: AskOptions): Promise<readonly unknown[]>;
  /** Hears what others tell or ask; what it gives back is its answer. What came before it was called is heard now. */
  hear(topic: Topic, listener: (words: never) => unknown): void;
  /** What was kept of a topic when this one began; null where nothing was. */
  kept(topic: Topic): unknown;
  /** What they share by way of the process that started them; null where a server is a single process. */
  readonly shared: Shared | null;
  readonly states: () => readonly WorkerState[];
  /** Log lines that the process which writes them for all could not write; it is the first worker that tells of them. */
  readonly lostLines: () => LostLines;
}

export const NOTHING_LOST: LostLines = { lines: 0, cause: null };

/** A server that is a single process: there is nobody to tell. */
export const ALONE: Workers = {
  number: 1,
  count: 1,
  tell: () => {},
  ask: async () => [],
  hear: () => {},
  kept: () => null,
  shared: null,
  states: () => [],
  lostLines: () => NOTHING_LOST,
};
