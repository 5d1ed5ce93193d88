import type { DemoEvent } from '#demo/events.ts';
import { namedIn } from '#infra/evidence/recipe.ts';

/** Ids of the exchanges on which each check rests, by `<step> <check>`: pure. Of a step that was tried again, those of the last try. */
export const basesOf = (events: readonly DemoEvent[]): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(
    events.flatMap((event): [string, readonly string[]][] => {
      if (event.type !== 'check' || event.check.basis?.kind !== 'exchanges') return [];
      const { expected, got } = event.check.basis;
      return [[`${event.stepId} ${event.check.id}`, [...new Set([...namedIn(got), ...namedIn(expected)])]]];
    }),
  );
