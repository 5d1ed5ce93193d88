import type { Drill } from '../kit/drill.ts';

/** PostgreSQL stands still for so long, then works for so long; milliseconds. */
const [STILL_MS, WORKS_MS] = [700, 300];
const ROUNDS = 5;
const WRITES = 3;

export const postgresSlow: Drill = {
  title: 'PostgreSQL slow',
  breaks: 'the PostgreSQL of the KMS stands still for seven tenths of each second',
  mustHold: 'Callers wait and are answered: no request is lost, none is answered twice, and nobody hangs.',
  source: 'reliability.md#what-holds',
  engines: ['docker'],
  faults: [{ kind: 'frozen', part: 'kms-postgres' }],
  callers: { user: ['503'], token: ['503'] },
  boundMs: 15_000,
  run: async (kit) => {
    const { check, faults, inflict, load, signal, sleep } = kit;
    const written = load.moreWrites(WRITES, ROUNDS * (STILL_MS + WORKS_MS) * 4);
    for (let round = 0; round < ROUNDS; round += 1) {
      await inflict({ kind: 'frozen', part: 'kms-postgres' });
      await sleep(STILL_MS, signal);
      await faults.thaw('kms-postgres');
      await sleep(WORKS_MS, signal);
    }
    await check('goes-on-slowly', 'Writes are acknowledged meanwhile', true, written);
    return 'callers wait, and are answered';
  },
};
