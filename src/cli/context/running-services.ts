import type { Engine, PartName } from '#engine/engine.ts';

/** The parts of a stack that run, or are about to. */
export const runningParts = async (engine: Pick<Engine, 'status'>): Promise<readonly PartName[]> =>
  (await engine.status()).filter(({ state }) => state === 'running' || state === 'starting').map(({ service }) => service);
