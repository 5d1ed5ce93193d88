import type { Drill } from '../kit/drill.ts';

const WRITES = 5;
/** As `passthru` ends when it cannot do its work. */
const FAILED = 2;

export const twoClis: Drill = {
  title: 'Two CLIs at once',
  breaks: 'other commands on the same stack while this one works on it: three that change it, and one that only looks',
  mustHold:
    'Each that would change it is refused at once, and names the holder of the lock with his command; one that only looks is answered.',
  source: 'reliability.md#what-holds',
  engines: ['embedded', 'docker'],
  faults: [],
  callers: { user: null, token: null },
  boundMs: 5_000,
  run: async (kit) => {
    const { check, load, secondCli } = kit;
    const lines = ['reset-demo all', 'down', 'demo all'] as const;
    const results = await Promise.all(lines.map((line) => secondCli(...line.split(' '))));
    for (const [at, line] of lines.entries()) {
      const { code, said } = results[at] ?? { code: null, said: '' };
      const id = line.split(' ')[0] ?? line;
      await check(`${id}-refused`, `passthru ${line}`, `ends with ${FAILED}`, `ends with ${code}`);
      await check(`${id}-holder`, 'It names the holder', true, said.includes('lock-held') && said.includes(`pid ${process.pid}`));
    }
    await check(
      'status',
      'passthru status',
      'ends with 0',
      secondCli('status').then(({ code }) => `ends with ${code}`),
    );
    await check('undisturbed', 'Writes are acknowledged meanwhile', true, load.moreWrites(WRITES, 10_000));
    return 'the second is told who holds it';
  },
};
