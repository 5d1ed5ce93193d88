import { describe, expect, test } from 'vitest';
import { createDevicePolls } from '#identity/provider/interactions/create-device-polls.ts';
import { aDevice, codesOf, connect, errorOf, poll } from '#test/identity/support/device.ts';
import { providerOn } from '#test/identity/support/identity-database.ts';
import { anAccount } from '#test/identity/support/identity-provider.ts';

const start = () => {
  const clock = { ms: 0 };
  const polls = createDevicePolls(() => clock.ms);
  /** Asks at these seconds. */
  const ask = (...seconds: readonly number[]): readonly boolean[] =>
    seconds.map((second) => {
      clock.ms = second * 1000;
      return polls.isTooSoon('a code');
    });
  return { polls, clock, ask };
};

describe('a device that asks', () => {
  test('as often as it was told, or a little early, is not slowed down', () => {
    expect(start().ask(0, 5, 10, 14.2, 19.2)).toEqual([false, false, false, false, false]);
  });

  test('too early has to wait five seconds longer, each time', () => {
    const { ask } = start();
    expect(ask(0, 2, 7, 22)).toEqual([false, true, true, false]);
    // 15 seconds by now.
    expect(ask(36, 45)).toEqual([false, true]);
  });

  test('as fast as it can has to wait a minute at the longest', () => {
    const { ask } = start();
    const answers = ask(...Array.from({ length: 60 }, (_, second) => second * 2));
    expect(answers.filter((tooSoon) => !tooSoon).length).toBeGreaterThanOrEqual(1);
    expect(ask(179)).toEqual([false]);
  });

  test('twice within a moment asks once, and reads the same both times; a third time is one of its own', () => {
    expect(start().ask(0, 0.1, 5, 5.1, 10, 10.2)).toEqual([false, false, false, false, false, false]);
    expect(start().ask(0, 0.1, 2, 2.1)).toEqual([false, false, true, true]);
    expect(start().ask(0, 0.1, 0.2)).toEqual([false, false, true]);
  });

  test('about one code is not slowed down by another', () => {
    const { polls } = start();
    expect([polls.isTooSoon('one'), polls.isTooSoon('other')]).toEqual([false, false]);
  });
});

test('a device hears slow_down while nobody has decided, and gets its tokens at once when somebody has', async () => {
  const clock = { ms: 0 };
  await using provider = await providerOn('sqlite', { elapsed: () => clock.ms });
  const [account, client] = [anAccount(), aDevice()];
  provider.register(account, client);
  const { device_code: code, user_code: userCode } = await codesOf(provider, client);
  const askAt = async (ms: number): Promise<string> => {
    clock.ms = ms;
    return errorOf(await poll(provider, client, code));
  };

  // golang.org/x/oauth2 sends each question twice and reads the second answer alone.
  const answers = [await askAt(0), await askAt(20), await askAt(2_000), await askAt(2_020), await askAt(2_040)];
  await connect(provider, userCode, account);

  expect(answers).toEqual(['authorization_pending', 'authorization_pending', 'slow_down', 'slow_down', 'slow_down']);
  expect((await poll(provider, client, code)).status).toBe(200);
});
