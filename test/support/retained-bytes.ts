import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const heap = (): number => {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
};

/** Bytes that are still in use once `work` has ended and all garbage is gone. What it filled must be used afterwards. */
export const retainedBytes = async (work: () => Promise<void>): Promise<number> => {
  const before = heap();
  await work();
  return heap() - before;
};
