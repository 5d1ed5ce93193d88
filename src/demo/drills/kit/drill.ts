import type { Engine } from '#engine/engine.ts';
import type { Fault, FaultDoor } from '#engine/fault-door.ts';
import type { StepContext } from '#demo/step/step.ts';
import type { CallersWeather, Load } from '../load/load.ts';

/** A command of another process on the same stack, run to its end. */
export type SecondCli = (...args: readonly string[]) => Promise<{ readonly code: number | null; readonly said: string }>;

/** Everything that a drill gets to work with, beside what any step gets. */
export interface DrillKit extends StepContext {
  /** Breaks it for real; from then on callers may see what the drill says that they may. */
  readonly inflict: (fault: Fault) => Promise<void>;
  readonly faults: Pick<FaultDoor, 'thaw' | 'start'>;
  /** Callers who write and read all the while. */
  readonly load: Pick<Load, 'moreWrites' | 'rest' | 'resume' | 'ledger'>;
  /** Checks that are made when all is well again. */
  readonly afterwards: (checks: () => Promise<void>) => void;
  readonly secondCli: SecondCli;
}

/**
 * A drill: what it breaks, and what must hold. It only breaks and checks: load before and after, the repair, and the look for every
 * acknowledged write are those of all drills, in `run-drill.ts`.
 */
export interface Drill {
  readonly title: string;
  /** One clause. */
  readonly breaks: string;
  /** One sentence. */
  readonly mustHold: string;
  /** Where that is promised: a page of docs and the anchor of its heading, for example `reliability.md#what-holds`. */
  readonly source: string;
  readonly engines: readonly Engine['kind'][];
  /** Every fault that it inflicts; one that cannot be had makes the drill impossible here. */
  readonly faults: readonly Fault[];
  /** The outcomes that callers may see while it is broken. */
  readonly callers: CallersWeather;
  /** Milliseconds within which every caller has an outcome while it is broken. */
  readonly boundMs: number;
  /** Breaks, and checks what holds meanwhile. Resolves with the detail for its line. */
  readonly run: (kit: DrillKit) => Promise<string>;
}
