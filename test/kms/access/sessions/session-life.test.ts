import { describe, expect, it } from 'vitest';
import { createSessionLife } from '#kms/access/sessions/session-life.ts';

const [MINUTE, HOUR] = [60_000, 3_600_000];
const AT = Date.UTC(2031, 0, 1);

/** A session that was begun at `AT`, and a process that reads it so much later by the clock of the machine. */
const readAfter = (later: number, lastUsed = 0) => {
  const started = 5_000;
  const clock = { elapsed: started };
  const life = createSessionLife({
    row: { expires_at: AT + 8 * HOUR, last_used_at: AT + lastUsed },
    idleMs: 30 * MINUTE,
    absoluteMs: 8 * HOUR,
    now: () => AT + later + clock.elapsed - started,
    elapsed: () => clock.elapsed,
  });
  return { life, pass: (ms: number) => void (clock.elapsed += ms) };
};

describe('The life of a session', () => {
  it('goes on, in another process, from where it was', () => {
    const { life, pass } = readAfter(20 * MINUTE);
    pass(9 * MINUTE);
    expect(life.isOver()).toBe(false);
    pass(2 * MINUTE);
    expect(life.isOver()).toBe(true);
  });

  it('lasts no longer than it may where the clock was set back between two processes', () => {
    const { life, pass } = readAfter(-90 * HOUR);
    for (let hours = 0; hours < 8; hours += 0.25) {
      expect([hours, life.isOver()]).toEqual([hours, false]);
      pass(HOUR / 4);
      life.use();
    }
    expect(life.isOver()).toBe(true);
  });

  it('is over where the clock says so at the first look', () => {
    expect(readAfter(8 * HOUR, 8 * HOUR).life.isOver()).toBe(true);
    expect(readAfter(31 * MINUTE).life.isOver()).toBe(true);
    expect(readAfter(8 * HOUR - 1, 8 * HOUR - MINUTE).life.isOver()).toBe(false);
  });

  it('goes on from a use elsewhere, not from the moment at which this process hears of it', () => {
    const { life, pass } = readAfter(20 * MINUTE);
    pass(15 * MINUTE);
    life.usedElsewhere(AT + 10 * MINUTE);
    expect(life.isOver()).toBe(false);
    pass(5 * MINUTE);
    expect(life.isOver()).toBe(true);
  });

  it('takes no use back for one elsewhere that was earlier, and believes in none to come', () => {
    const { life, pass } = readAfter(0);
    pass(10 * MINUTE);
    life.use();
    life.usedElsewhere(AT - 60 * MINUTE);
    pass(29 * MINUTE);
    expect(life.isOver()).toBe(false);
    life.usedElsewhere(AT + 90 * HOUR);
    pass(30 * MINUTE);
    expect(life.isOver()).toBe(true);
  });

  it('is noted once a minute while it is used', () => {
    const { life, pass } = readAfter(0);
    expect(life.isToBeNoted()).toBe(false);
    pass(MINUTE);
    life.use();
    expect(life.isToBeNoted()).toBe(true);
    life.noted();
    expect(life.isToBeNoted()).toBe(false);
  });
});
