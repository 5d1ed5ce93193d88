import { describe, expect, it } from 'vitest';
import { lastLines } from '#cli/commands/logs/last-lines.ts';
import { timeLine } from '#cli/commands/logs/time-line.ts';
import { createManualClock } from '#test/support/manual-clock.ts';
import { LOG_EPOCH, serviceLine } from '#test/support/log-lines.ts';

async function* linesOf(...lines: readonly (string | Error)[]): AsyncGenerator<string> {
  for (const line of lines) {
    if (line instanceof Error) throw line;
    yield line;
  }
}

const line = (body: string, at: number): string => serviceLine({ body, at });
const clock = () => createManualClock(new Date(LOG_EPOCH + 1_000_000).toISOString());

/** Bodies as they come; the moment at which all that was there has come is `now`. */
const bodiesOf = async function* (entries: ReturnType<typeof timeLine>): AsyncGenerator<string> {
  for await (const entry of entries) yield entry === 'caught-up' ? 'now' : `${entry.part} ${entry.record?.body ?? entry.line}`;
};

/** A log that goes on for as long as it is not ended. */
const openLog = () => {
  let wake = Promise.withResolvers<void>();
  const waiting: string[] = [];
  let isEnded = false;
  const lines = async function* (): AsyncGenerator<string> {
    for (;;) {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) yield next;
      if (isEnded) return;
      await wake.promise;
      wake = Promise.withResolvers();
    }
  };
  const tell = (...more: readonly string[]): void => {
    waiting.push(...more);
    wake.resolve();
  };
  return {
    lines: lines(),
    tell,
    end: (): void => {
      isEnded = true;
      tell();
    },
  };
};

describe('A time line of logs', () => {
  it('has the lines of every part in the order of their times, to their end', async () => {
    const sources = [
      { part: 'identity', lines: linesOf(line('one', 1), line('four', 4)) },
      { part: 'kms', lines: linesOf(line('two', 2), 'no record', line('three', 3)) },
    ] as const;
    const bodies = await Array.fromAsync(bodiesOf(timeLine(sources, { isFollowed: false })));
    expect(bodies).toEqual(['identity one', 'kms two', 'kms no record', 'kms three', 'identity four']);
  });

  it('that is not followed has its last lines also after lines of a time to come', async () => {
    const bodies = ['1', '2', '3', '4', '5'];
    const ahead = linesOf(line('0', 90_000_000), ...bodies.map((body, at) => line(body, at)));
    const all = timeLine([{ part: 'kms', lines: ahead }], { isFollowed: false, clock: clock() });
    expect((await Array.fromAsync(lastLines(all, 2))).map(({ record }) => record?.body)).toEqual(['4', '5']);
  });

  it('holds a hundred thousand lines of two parts in order, each once', async () => {
    const numbers = (first: number) => Array.from({ length: 50_000 }, (_, at) => line(`${first + 2 * at}`, first + 2 * at));
    const sources = [
      { part: 'identity', lines: linesOf(...numbers(0)) },
      { part: 'kms', lines: linesOf(...numbers(1)) },
    ] as const;
    let [next, misplaced] = [0, 0];
    for await (const entry of timeLine(sources, { isFollowed: false })) {
      if (entry === 'caught-up') continue;
      if (entry.record?.body !== `${next}`) misplaced += 1;
      next += 1;
    }
    expect({ next, misplaced }).toEqual({ next: 100_000, misplaced: 0 });
  });

  it('fails as a part of it fails, after the lines that came before', async () => {
    const sources = [{ part: 'kms', lines: linesOf(line('one', 1), new Error('away')) }] as const;
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const body of bodiesOf(timeLine(sources, { isFollowed: false }))) seen.push(body);
    };
    await expect(read()).rejects.toThrow('away');
    expect(seen).toContain('kms one');
  });

  it('goes on with what comes while it is followed, in order, and shows the last lines when the logs end', async () => {
    const [one, other, time] = [openLog(), openLog(), clock()];
    const sources = [
      { part: 'identity', lines: one.lines },
      { part: 'kms', lines: other.lines },
    ] as const;
    const seen: string[] = [];
    const reading = (async () => {
      for await (const body of bodiesOf(timeLine(sources, { isFollowed: true, clock: time }))) seen.push(body);
    })();
    one.tell(line('old', 1));
    await time.advance(1_500);
    expect(seen).toEqual(['identity old', 'now']);
    other.tell(line('later', 20));
    await time.advance(100);
    one.tell(line('earlier', 10));
    await time.advance(250);
    expect(seen.slice(2)).toEqual(['identity earlier']);
    await time.advance(300);
    expect(seen.slice(3)).toEqual(['kms later']);
    other.tell(line('last', 30));
    one.end();
    other.end();
    await time.until(reading);
    expect(seen.slice(4)).toEqual(['kms last']);
  });

  it('counts as read up to now after a while, however much old there still is', async () => {
    const [busy, time] = [openLog(), clock()];
    const seen: string[] = [];
    const reading = (async () => {
      for await (const body of bodiesOf(timeLine([{ part: 'kms', lines: busy.lines }], { isFollowed: true, clock: time }))) seen.push(body);
    })();
    for (let at = 0; at < 60; at += 1) {
      busy.tell(line(`${at}`, at));
      await time.advance(200);
    }
    expect(seen).toContain('now');
    busy.end();
    await time.until(reading);
    expect(seen.filter((body) => body !== 'now')).toHaveLength(60);
  });
});

describe('The last lines', () => {
  async function* all() {
    yield* [1, 2, 3, 4];
    yield 'caught-up' as const;
    yield* [5, 6];
  }

  it.each([
    [0, [5, 6]],
    [2, [3, 4, 5, 6]],
    [9, [1, 2, 3, 4, 5, 6]],
    [undefined, [1, 2, 3, 4, 5, 6]],
  ])('are so many of what was there, and all that comes: %s', async (count, expected) => {
    expect(await Array.fromAsync(lastLines(all(), count))).toEqual(expected);
  });

  it('are the end of what has an end', async () => {
    async function* ended() {
      yield* Array.from({ length: 5_000 }, (_, at) => at);
    }
    expect(await Array.fromAsync(lastLines<number>(ended(), 2))).toEqual([4_998, 4_999]);
    expect(await Array.fromAsync(lastLines<number>(ended(), 0))).toEqual([]);
  });
});
