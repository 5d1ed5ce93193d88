import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { CallerData } from './caller-thread.ts';

/** Milliseconds of processor time that this thread spends on each of so many. */
export const each = async (count: number, work: () => Promise<unknown>): Promise<number> => {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000 / count;
};

/** Callers on a thread of their own, so that their processor time is not the server's. */
export const callersOf = (data: CallerData): AsyncDisposable & { readonly call: (count: number) => Promise<void> } => {
  const worker = new Worker(new URL('./caller-thread.ts', import.meta.url), { workerData: data });
  return {
    call: async (count) => {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      worker.postMessage(count);
      await once(worker, 'message');
    },
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
};

/** Has a process say at its end, as the last line of stderr, what processor time it took; microseconds. */
const METER = `data:text/javascript,import { writeSync } from 'node:fs';
process.on('exit', () => { const { user, system } = process.cpuUsage(); writeSync(2, '\\n' + (user + system)); });`;

/** Milliseconds of processor time of a Node process, from its start to its end, however it ends. */
export const processorTimeOf = async (args: readonly string[]): Promise<number> => {
  const ended = promisify(execFile)(process.execPath, ['--import', METER, ...args]);
  const { stderr } = await ended.catch((error: { readonly stderr: string }) => error);
  const took = Number(stderr.split('\n').at(-1));
  if (!(took > 0)) throw new Error(`a process did not say what processor time it took: ${stderr}`);
  return took / 1_000;
};
