import { describe, expect, it } from 'vitest';
import { createLiveness } from '#infra/process/workers/liveness.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

describe('a worker', () => {
  it('is taken for stuck when it has said nothing for half a minute, and not while it says a word now and then', async () => {
    const clock = createManualClock('2026-01-01T00:00:00Z');
    const told: number[] = [];
    using liveness = createLiveness({ clock, onSilent: () => told.push(clock.monotonic()) });
    for (let count = 0; count < 5; count += 1) {
      await clock.advance(25_000);
      liveness.heard();
    }
    expect(told).toEqual([]);
    await clock.advance(120_000);
    expect(told).toEqual([155_000]);
  });

  it('is not looked at any more after its end', async () => {
    const clock = createManualClock('2026-01-01T00:00:00Z');
    const told: number[] = [];
    createLiveness({ clock, onSilent: () => told.push(clock.monotonic()) })[Symbol.dispose]();
    await clock.advance(120_000);
    expect(told).toEqual([]);
  });
});
