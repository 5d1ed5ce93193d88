/**
 * Lines that a process writes as it goes: its log, the records of the sink. A line that cannot be written is lost and counted, and
 * the process goes on. `line-queue.ts` takes lines from whoever has one and hands them to a target, in order and never more than it
 * can hold; the targets are a file that rotates (`rotated-file.ts`) and stdout (`stdout-target.ts`). Nothing here waits synchronously.
 */

/** What came of writing some lines. */
export interface Appended {
  /** How many of them, from the first on, are with the operating system as a whole. */
  readonly lines: number;
  /** Why the others are not; null when all are. */
  readonly error: Error | null;
}

/** Where lines go. */
export interface LineTarget {
  /** Writes lines, given without their ends; one call at a time. It never rejects. */
  append(lines: readonly string[]): Promise<Appended>;
  /** Tries once, at the end of the process, to write what nobody can wait for any more; never waits for a reader. */
  appendLast(lines: readonly string[]): void;
}
