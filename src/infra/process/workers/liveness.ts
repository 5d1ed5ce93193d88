import type { Clock } from '#infra/jobs/clock.ts';

/** Milliseconds between two words of a worker that its event loop turns. */
export const BEAT_MS = 5_000;
/** So many looks in a row without a word, half a minute, and it is stuck: longer than any collection of garbage or computation takes. */
const SILENT_LOOKS = 6;

/** Notices when a process says nothing any more although it lives. Looks are counted, not time, so that a machine that slept ends nobody. */
export interface Liveness extends Disposable {
  heard(): void;
}

/** @param options.onSilent called once */
export const createLiveness = ({ clock, onSilent }: { readonly clock: Pick<Clock, 'after'>; readonly onSilent: () => void }): Liveness => {
  let silent = 0;
  const look = (): void => {
    silent += 1;
    if (silent >= SILENT_LOOKS) onSilent();
    else next = clock.after(BEAT_MS, look);
  };
  let next = clock.after(BEAT_MS, look);
  return {
    heard: () => void (silent = 0),
    [Symbol.dispose]: () => next[Symbol.dispose](),
  };
};
