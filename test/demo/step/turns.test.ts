import { describe, expect, it } from 'vitest';
import type { DemoEvent, StepInfo } from '#demo/events.ts';
import { createTurns } from '#demo/step/turns.ts';

const STEPS: readonly StepInfo[] = ['kms.one', 'kms.two', 'kms.three', 'kms.last'].map((id) => ({
  id,
  phase: 'kms',
  title: id,
  needs: [],
}));

/** Turns over steps that say when they begin, and end when they are told to. */
const turnsOf = ({ alone = [] }: { readonly alone?: readonly string[] } = {}) => {
  const told: string[] = [];
  const begun: string[] = [];
  const skipped: string[] = [];
  const interrupt = new AbortController();
  const ends = new Map(STEPS.map(({ id }) => [id, Promise.withResolvers<boolean>()]));
  const turns = createTurns({
    steps: STEPS,
    run: async (_index, { id }, { emit, signal }) => {
      begun.push(id);
      signal.addEventListener('abort', () => {
        skipped.push(id);
        ends.get(id)?.resolve(false);
      });
      emit({ type: 'step-progress', at: 0, stepId: id, text: 'begins' });
      const passed = await ends.get(id)?.promise;
      emit({ type: 'step-progress', at: 0, stepId: id, text: 'ends' });
      return passed === true;
    },
    early: ({ id }) => id !== 'kms.three',
    alone: ({ id }) => alone.includes(id),
    emit: (event: DemoEvent) => void (event.type === 'step-progress' && told.push(`${event.stepId} ${event.text}`)),
    signal: interrupt.signal,
  });
  return { turns, told, begun, skipped, interrupt, end: (id: string, passed = true) => ends.get(id)?.resolve(passed) };
};

describe('Turns', () => {
  it('have steps begin early, and tell of each in its turn, from its beginning on', async () => {
    const { turns, told, begun, end } = turnsOf();
    const first = turns.take(0);
    expect(begun).toEqual(['kms.one', 'kms.two']);
    end('kms.two');
    end('kms.one');
    expect(await first).toBe(true);
    expect(told).toEqual(['kms.one begins', 'kms.one ends']);
    expect(await turns.take(1)).toBe(true);
    expect(told.slice(2)).toEqual(['kms.two begins', 'kms.two ends']);
  });

  it('say that a step failed in its turn, however early it did', async () => {
    const { turns, end } = turnsOf();
    const first = turns.take(0);
    end('kms.two', false);
    end('kms.one');
    expect([await first, await turns.take(1)]).toEqual([true, false]);
  });

  it('end a step whose turn does not come, and tell nothing of it', async () => {
    const { turns, told, skipped, end } = turnsOf();
    const first = turns.take(0);
    end('kms.one', false);
    expect(await first).toBe(false);
    turns.skip(1);
    await turns.over();
    expect([skipped, told]).toEqual([['kms.two'], ['kms.one begins', 'kms.one ends']]);
  });

  it.each(['after an interruption', 'while the run does not go on'])('begin nothing early %s', async (when) => {
    const { turns, begun, interrupt, end } = turnsOf();
    if (when === 'after an interruption') interrupt.abort();
    else turns.goOn(false);
    const first = turns.take(0);
    end('kms.one');
    await first;
    expect(begun).toEqual(['kms.one']);
  });

  it('have a step run alone that must: it waits for those that began before, and none begins beside it', async () => {
    const { turns, begun, end } = turnsOf({ alone: ['kms.one'] });
    const first = turns.take(0);
    await new Promise(setImmediate);
    expect(begun).toEqual(['kms.one']);
    end('kms.one');
    await first;
    const { turns: others, begun: begunThere, end: endThere } = turnsOf({ alone: ['kms.three'] });
    const early = others.take(0);
    endThere('kms.one');
    await early;
    const alone = others.take(2);
    await new Promise(setImmediate);
    expect(begunThere).toEqual(['kms.one', 'kms.two']);
    endThere('kms.two');
    endThere('kms.three');
    expect(await alone).toBe(true);
    expect(begunThere).toEqual(['kms.one', 'kms.two', 'kms.three']);
  });
});
