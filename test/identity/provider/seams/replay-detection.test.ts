import { expect, test } from 'vitest';
import { detectReplays, type Replay } from '#identity/provider/seams/replay-detection.ts';
import { startBareProvider } from './bare-provider.ts';

const END_S = Math.floor(Date.now() / 1000) + 60;

test('oidc-provider takes both of two uses at the same moment for the first', async () => {
  await using bare = await startBareProvider();
  const { ReplayDetection } = bare.provider;

  expect(await Promise.all([ReplayDetection.unique('client', 'id', END_S), ReplayDetection.unique('client', 'id', END_S)])).toEqual([
    true,
    true,
  ]);
});

test('with the seam one write decides, under a name that no other client and id can have, until it cannot come again', async () => {
  const remembered: [string, number][] = [];
  const replays: Replay[] = [];
  await using bare = await startBareProvider({
    install: (provider) =>
      void detectReplays(provider, {
        remember: async (id, end) => {
          remembered.push([id, end]);
          return remembered.filter(([other]) => other === id).length === 1;
        },
        replayed: (replay) => void replays.push(replay),
      }),
  });
  const { ReplayDetection } = bare.provider;

  expect(await Promise.all([ReplayDetection.unique('client', 'id', END_S), ReplayDetection.unique('client', 'id', END_S)])).toEqual([
    true,
    false,
  ]);
  expect(await ReplayDetection.unique('clien', 'tid', END_S)).toBe(true);
  expect(replays).toEqual([{ what: 'proof', clientId: 'client', address: '' }]);
  expect(new Set(remembered.map(([, end]) => end))).toEqual(new Set([(END_S + 300) * 1000]));
});
