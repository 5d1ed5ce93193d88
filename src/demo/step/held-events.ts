import type { DemoEvent, Emit } from '../events.ts';

/** The events of one step, which may have begun before it is its turn to be told of. */
export interface HeldEvents {
  /** For the step. */
  readonly emit: Emit;
  /** Tells what has been held, and from now on everything at once. */
  readonly tell: () => void;
  /** Forgets all of it, for good. */
  readonly drop: () => void;
}

/** Holds events back until they are told or dropped. */
export const holdEvents = (emit: Emit): HeldEvents => {
  const held: DemoEvent[] = [];
  let use: Emit = (event) => void held.push(event);
  return {
    emit: (event) => use(event),
    tell: () => {
      use = emit;
      for (const event of held.splice(0)) emit(event);
    },
    drop: () => {
      use = () => {};
      held.length = 0;
    },
  };
};
