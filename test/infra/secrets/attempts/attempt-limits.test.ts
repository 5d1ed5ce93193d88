import { randomUUIDv7 } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAttemptLimits } from '#infra/secrets/attempts/create-attempt-limits.ts';
import { createManualClock } from '#test/support/manual-clock.ts';

const SECOND = 1_000;
const HERE = '192.0.2.1';

type Answer = 'right' | 'wrong' | { readonly waitS: number };

/** Limits, and names whose passwords they guard; it counts the looks at each name. */
const guarded = (max?: number) => {
  const clock = createManualClock('2030-01-01T00:00:00Z');
  const closing = new AbortController();
  const limits = createAttemptLimits({ clock, closing: closing.signal, ...(max === undefined ? {} : { max }) });
  const passwords = new Map<string, string>();
  const looks: { readonly account: string; readonly address: string; readonly at: number; readonly right: boolean }[] = [];

  /** Sends a guess; the answer comes when the clock has gone on. */
  const guess = async (account: string, password: string, address = HERE): Promise<Answer> => {
    try {
      const right = await limits.attempt({ account, password, address }, async () => {
        const isRight = passwords.get(account) === password;
        looks.push({ account, address, at: clock.monotonic(), right: isRight });
        return isRight;
      });
      return right ? 'right' : 'wrong';
    } catch (error) {
      expect(error).toMatchObject({ code: 'too-many-attempts', status: 429, headers: { 'retry-after': expect.stringMatching(/^\d+$/) } });
      return { waitS: Number((error as { headers: Record<string, string> }).headers['retry-after']) };
    }
  };
  /** Sends a guess and lets the time pass that the answer takes. */
  const answered = (...of: Parameters<typeof guess>): Promise<Answer> => clock.until(guess(...of));
  return {
    clock,
    limits,
    close: () => closing.abort(),
    looks,
    guess,
    answered,
    account: (): { readonly name: string; readonly password: string } => {
      const one = { name: `account-${randomUUIDv7()}`, password: `password-${randomUUIDv7()}` };
      passwords.set(one.name, one.password);
      return one;
    },
    wrong: () => `wrong-${randomUUIDv7()}`,
    nobody: () => `nobody-${randomUUIDv7()}`,
  };
};

/** Sends a guess of the bot twenty times a second for so many seconds, without waiting for answers. */
const flood = async (world: ReturnType<typeof guarded>, seconds: number, send: (n: number) => unknown): Promise<void> => {
  for (let n = 0; n < seconds * 20; n += 1) {
    void send(n);
    await world.clock.advance(50);
  }
};

/** How often an owner must try, at most `most` times, while a bot sends twenty guesses a second. */
const triesUntilLetIn = async (
  world: ReturnType<typeof guarded>,
  owner: { readonly name: string; readonly password: string },
  bot: (n: number) => unknown,
  most: number,
): Promise<number> => {
  for (let tries = 1; tries <= most; tries += 1) {
    const seen: Answer[] = [];
    void world.guess(owner.name, owner.password).then((answer) => seen.push(answer));
    while (seen.length === 0) await flood(world, 1, bot);
    if (seen[0] === 'right') return tries;
  }
  return Number.POSITIVE_INFINITY;
};

describe('An owner who gives the right password', () => {
  it('is let in at a network that nobody guesses from, while guesses from many others fill the list and keep every look busy', async () => {
    const clock = createManualClock('2030-01-01T00:00:00Z');
    const limits = createAttemptLimits({ clock });
    // Two looks at once, of a quarter of a second each.
    let busyUntil = [0, 0];
    const look = (right: boolean) => async () => {
      const [first = 0, second = 0] = busyUntil.toSorted((a, b) => a - b);
      const end = Math.max(first, clock.monotonic()) + 250;
      busyUntil = [second, end];
      await new Promise<void>((resolve) => void clock.after(end - clock.monotonic(), resolve));
      return right;
    };
    const send = (account: string, password: string, address: string, right: boolean) =>
      limits.attempt({ account, password, address }, look(right)).catch(() => null);
    // Each guess comes again as soon as it is refused, and so has waited in vain more often than anybody's first try.
    const bot = async (account: string, address: string): Promise<void> => {
      for (;;) await send(account, 'a guess', address, false);
    };
    for (let network = 0; network < 12; network += 1)
      for (let n = 0; n < 32; n += 1) void bot(`nobody-${randomUUIDv7()}`, `2001:db8:0:${network}::1`);
    for (let second = 0; second < 60; second += 1) await clock.advance(1_000);
    const owner = send(`owner-${randomUUIDv7()}`, 'the password', '203.0.113.9', true);
    expect(await clock.until(owner)).toBe(true);
  });

  it('is let in at once at a network where the name logged in, while a bot there guesses at names that nobody has', async () => {
    const world = guarded();
    const { guess, clock, wrong, nobody } = world;
    const { name, password } = world.account();
    expect(await world.answered(name, password)).toBe('right');
    for (let round = 0; round < 60; round += 1) {
      await flood(world, 1, () => guess(nobody(), wrong()));
      const answer = guess(name, password);
      await clock.advance(0);
      expect(await Promise.race([answer, 'later'])).toBe('right');
    }
  });

  it('is let in at once while a bot there guesses at another name, and another network at this one', async () => {
    const world = guarded();
    const { guess, clock, wrong } = world;
    const [{ name, password }, other] = [world.account(), world.account()];
    await world.answered(name, password);
    for (let round = 0; round < 20; round += 1) {
      await flood(world, 1, (n) => (n % 2 === 0 ? guess(other.name, wrong()) : guess(name, wrong(), `198.51.100.${n}`)));
      const answer = guess(name, password);
      await clock.advance(0);
      expect(await Promise.race([answer, 'later'])).toBe('right');
    }
  });

  it('is let in by the second try while a bot at the same network guesses at the same name, twenty times a second', async () => {
    const world = guarded();
    const { guess, wrong } = world;
    const { name, password } = world.account();
    await world.answered(name, password);
    for (let round = 0; round < 10; round += 1) {
      await flood(world, 20, () => guess(name, wrong()));
      expect(await triesUntilLetIn(world, { name, password }, () => guess(name, wrong()), 3)).toBeLessThanOrEqual(2);
    }
  });

  it('is let in by the second try at a network that is new to the name, whatever names a bot there guesses at', async () => {
    const world = guarded();
    const { guess, wrong, nobody } = world;
    for (const target of [() => nobody(), () => 'one-name-that-nobody-has']) {
      const { name, password } = world.account();
      await flood(world, 60, () => guess(target(), wrong()));
      expect(await triesUntilLetIn(world, { name, password }, () => guess(target(), wrong()), 3)).toBeLessThanOrEqual(2);
    }
  });

  it('is let in at once at a network that is new to the name while a bot guesses at it from another', async () => {
    const world = guarded();
    const { guess, wrong, clock } = world;
    const { name, password } = world.account();
    await flood(world, 60, () => guess(name, wrong(), '203.0.113.66'));
    const answer = guess(name, password);
    await clock.advance(0);
    expect(await Promise.race([answer, 'later'])).toBe('right');
  });

  it('is let in at once where the name logged in, while a thousand addresses guess at the name', async () => {
    const world = guarded();
    const { guess, clock, wrong } = world;
    const { name, password } = world.account();
    await world.answered(name, password);
    await flood(world, 50, (n) => guess(name, wrong(), `10.0.${n >> 8}.${n & 255}`));
    const answer = guess(name, password);
    await clock.advance(0);
    expect(await Promise.race([answer, 'later'])).toBe('right');
  });

  it('gets in after as many tries as a bot repeats each guess, when the bot knows the rule', async () => {
    const world = guarded();
    const { guess, wrong } = world;
    const { name, password } = world.account();
    const REPEATS = 5;
    let current = wrong();
    const bot = (n: number) => {
      if (n % REPEATS === 0) current = wrong();
      return guess(name, current);
    };
    await flood(world, 60, bot);
    expect(await triesUntilLetIn(world, { name, password }, bot, 60)).toBeLessThanOrEqual(REPEATS + 1);
  });

  it('pays nothing: a thousand log-ins in a row all pass', async () => {
    const world = guarded();
    const { name, password } = world.account();
    for (let n = 0; n < 1_000; n += 1) expect(await world.answered(name, password)).toBe('right');
    expect(world.clock.monotonic()).toBe(0);
  });
});

describe('Runs of a demo, each with some log-ins and some wrong guesses from one address', () => {
  it('pass hundreds of times in a row, however fast they follow each other', async () => {
    const world = guarded();
    const { guess, answered, clock, wrong, nobody } = world;
    const accounts = [world.account(), world.account(), world.account(), world.account()];
    for (let run = 0; run < 300; run += 1) {
      const answers = Promise.all([
        ...accounts.map(({ name, password }) => guess(name, password)),
        ...accounts.slice(0, 2).map(({ name }) => guess(name, wrong())),
        guess(nobody(), wrong()),
      ]);
      expect(await clock.until(answers)).toEqual(['right', 'right', 'right', 'right', 'wrong', 'wrong', 'wrong']);
      for (const { name, password } of accounts) expect(await answered(name, password)).toBe('right');
    }
  });
});

describe('Somebody who guesses', () => {
  /** Wrong guesses that are looked at in ten minutes, of ten in three seconds. */
  const inTenMinutes = async (world: ReturnType<typeof guarded>, send: (n: number) => unknown): Promise<number> => {
    for (let n = 0; n < 200; n += 1) {
      for (let each = 0; each < 10; each += 1) void send(n * 10 + each);
      await world.clock.advance(3 * SECOND);
    }
    return world.looks.filter(({ right }) => !right).length;
  };

  it('gets one guess in six seconds at one name from one address, beside the first six', async () => {
    const world = guarded();
    const { name } = world.account();
    expect(await inTenMinutes(world, () => world.guess(name, world.wrong()))).toBeLessThanOrEqual(6 + 100 + 1);
  });

  it('gets one guess in five seconds at one name from a thousand addresses, beside the first ten', async () => {
    const world = guarded();
    const { name } = world.account();
    const send = (n: number) => world.guess(name, world.wrong(), `10.0.${(n >> 8) & 3}.${n & 255}`);
    expect(await inTenMinutes(world, send)).toBeLessThanOrEqual(10 + 120 + 1);
  });

  it('gets one guess a second at many names from one address, beside the first twenty', async () => {
    const world = guarded();
    expect(await inTenMinutes(world, () => world.guess(world.nobody(), world.wrong()))).toBeLessThanOrEqual(20 + 600 + 1);
  });

  it('gets no more from the addresses of one IPv6 network, however they are written', async () => {
    const world = guarded();
    const address = (n: number) =>
      n % 2 === 0 ? `2001:db8::${(n % 65_536).toString(16)}` : `2001:0DB8:0:0:ffff:1:2:${(n % 65_536).toString(16)}`;
    const send = (n: number) => world.guess(world.nobody(), world.wrong(), address(n));
    expect(await inTenMinutes(world, send)).toBeLessThanOrEqual(20 + 600 + 1);
    expect(await world.answered(world.nobody(), world.wrong(), '2001:db8:0:1::1')).toBe('wrong');
    expect(world.looks.at(-1)).toMatchObject({ address: '2001:db8:0:1::1', at: world.clock.monotonic() });
  });

  it('gains nothing by guesses that are sent at once', async () => {
    const world = guarded();
    const { name } = world.account();
    for (let n = 0; n < 1_000; n += 1) void world.guess(name, world.wrong());
    await world.clock.advance(0);
    expect(world.looks).toHaveLength(6);
  });

  it('gains nothing by the log-ins of the owner at the same address', async () => {
    const world = guarded();
    const { name, password } = world.account();
    const send = (n: number) => world.guess(name, n % 5 === 0 ? password : world.wrong());
    // Beside those of the name: ten of the pair, and one more in twenty seconds.
    expect(await inTenMinutes(world, send)).toBeLessThanOrEqual(6 + 100 + 1 + 10 + 30 + 1);
  });

  it('is answered alike, and as late, for a name that exists, one that logs in here and one that nobody has', async () => {
    const answers = async (of: 'known' | 'elsewhere' | 'nobody') => {
      const world = guarded();
      const { name, password } = world.account();
      if (of !== 'nobody') await world.answered(name, password, of === 'known' ? HERE : '203.0.113.9');
      const target = of === 'nobody' ? world.nobody() : name;
      const seen: unknown[] = [];
      const begun = world.clock.monotonic();
      await flood(world, 30, (n) => {
        const ask = n % 10 === 0 ? target : `other-${n}`;
        const done = world.guess(ask, world.wrong());
        if (n % 10 === 0) void done.then((answer) => seen.push([n, answer, world.clock.monotonic() - begun]));
      });
      await world.clock.advance(20 * SECOND);
      return seen;
    };
    const [known, elsewhere, nobody] = [await answers('known'), await answers('elsewhere'), await answers('nobody')];
    expect(nobody).toHaveLength(60);
    expect(nobody.some((each) => JSON.stringify(each).includes('waitS'))).toBe(true);
    expect(elsewhere).toEqual(nobody);
    expect(known).toEqual(nobody);
  });

  it('pays nothing when nobody could look', async () => {
    const world = guarded();
    const { name, password } = world.account();
    const busy = () =>
      world.limits.attempt({ account: name, password: world.wrong(), address: HERE }, () => Promise.reject(new Error('busy')));
    for (let n = 0; n < 100; n += 1) await expect(busy()).rejects.toThrow('busy');
    expect(await world.answered(name, password)).toBe('right');
    expect(world.clock.monotonic()).toBe(0);
  });

  it('waits for a token and is looked at then, and is refused a second after the guess at the earliest', async () => {
    const world = guarded();
    const { name } = world.account();
    for (let n = 0; n < 6; n += 1) expect(await world.answered(name, world.wrong())).toBe('wrong');
    const begun = world.clock.monotonic();
    expect(await world.answered(name, world.wrong())).toBe('wrong');
    expect(world.clock.monotonic() - begun).toBe(6 * SECOND);
    for (let n = 0; n < 32; n += 1) void world.guess(name, world.wrong());
    expect(await world.answered(name, world.wrong())).toEqual({ waitS: 5 });
    expect(world.clock.monotonic() - begun).toBe(7 * SECOND);
  });
});

describe('Guesses at a server that closes', () => {
  it('are refused as those that waited in vain, a second after they came, and nobody waits any more', async () => {
    const world = guarded();
    const { name } = world.account();
    for (let n = 0; n < 6; n += 1) expect(await world.answered(name, world.wrong())).toBe('wrong');
    const begun = world.clock.monotonic();
    const waiting = [1, 2, 3, 4].map(() => world.guess(name, world.wrong()));
    await world.clock.advance(SECOND);
    world.close();
    for (const answer of await Promise.all(waiting)) expect(answer).toEqual({ waitS: 5 });
    expect(world.clock.monotonic() - begun).toBe(SECOND);
    expect(await world.answered(name, world.wrong())).toEqual({ waitS: 4 });
    expect(world.clock.monotonic() - begun).toBe(2 * SECOND);
  });

  it('are looked at where they need not wait', async () => {
    const world = guarded();
    const [known, other] = [world.account(), world.account()];
    expect(await world.answered(known.name, known.password)).toBe('right');
    for (let n = 0; n < 6; n += 1) await world.answered(known.name, world.wrong());
    world.close();
    expect(await world.answered(other.name, other.password)).toBe('right');
    expect(await world.answered(known.name, known.password)).toBe('right');
    expect(world.clock.monotonic()).toBe(0);
  });
});

describe('The memory of attempts', () => {
  it('is bounded: the oldest entries go, and waiting guesses are refused', async () => {
    const world = guarded(3);
    const { name } = world.account();
    for (let n = 0; n < 6; n += 1) await world.answered(name, world.wrong());
    for (let n = 0; n < 4; n += 1) await world.answered(world.nobody(), world.wrong(), `198.51.100.${n}`);
    expect(await world.answered(name, world.wrong())).toBe('wrong');
    expect(world.clock.monotonic()).toBe(0);

    let refused = 0;
    for (let n = 0; n < 4_000; n += 1)
      void world.guess(name, world.wrong(), `10.0.${n >> 8}.${n & 255}`).then((answer) => (refused += typeof answer === 'object' ? 1 : 0));
    await world.clock.advance(SECOND);
    expect(refused).toBeGreaterThan(3_900);
  });

  it('holds no name that is longer than any', async () => {
    const world = guarded();
    const long = 'x'.repeat(100_000);
    for (let n = 0; n < 6; n += 1) await world.answered(long, world.wrong());
    expect(await world.answered(`${long}y`, world.wrong())).toBe('wrong');
    expect(world.clock.monotonic()).toBe(0);
    await world.answered(long, world.wrong());
    expect(world.clock.monotonic()).toBe(6 * SECOND);
  });
});
