import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { boundedKey } from '#infra/cache/bounded-key.ts';
import { createSingleFlight } from '#infra/cache/single-flight.ts';

const setup = () => {
  const flight = createSingleFlight<number>();
  const world = { runs: 0, ...Promise.withResolvers<void>() };
  const run = async (): Promise<number> => {
    world.runs += 1;
    await world.promise;
    return world.runs;
  };
  return { flight, world, run, key: boundedKey(randomUUIDv7()) };
};

const failing = () => Promise.reject(new Error('no answer'));

describe('A single flight', () => {
  it('runs once for all who ask while it is under way, and again for the next', async () => {
    const { flight, world, run, key } = setup();
    const asked = Promise.all([flight(key, run), flight(key, run), flight(key, run)]);
    world.resolve();
    expect(await asked).toEqual([1, 1, 1]);
    expect(await flight(key, run)).toBe(2);
  });

  it('keeps other keys apart', async () => {
    const { flight, world, run, key } = setup();
    const asked = Promise.all([flight(key, run), flight(boundedKey(randomUUIDv7()), run)]);
    world.resolve();
    await asked;
    expect(world.runs).toBe(2);
  });

  it('fails for all who asked, and remembers no failure', async () => {
    const { flight, world, run, key } = setup();
    expect(await Promise.allSettled([flight(key, failing), flight(key, failing)])).toMatchObject([
      { status: 'rejected' },
      { status: 'rejected' },
    ]);
    world.resolve();
    expect(await flight(key, run)).toBe(1);
  });
});
