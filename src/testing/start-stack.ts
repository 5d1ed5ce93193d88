import { type HolderProcess, startHolder } from './holder-process.ts';
import { checkLogs, checkStart, checkToken } from './option-rules.ts';
import { PROGRAM } from './program.ts';
import type { StartedStack } from './protocol.ts';
import { failed } from './stack-error.ts';
import type { StartOptions, TestStack } from './test-stack.ts';
import { trustingFetch } from './trusting-fetch.ts';

/** Milliseconds that a start may take; with Docker there may be images to build first. */
const START_MS = { embedded: 300_000, others: 600_000 } as const;
/** The share of it after which the holder gives a service up, so that it tells why, with the end of its log, before the time is over. */
const HEALTH_SHARE = 0.9;
/** Milliseconds that a holder may take to take its stack down: longer than its own limits, one for ending and one for killing. */
const STOP_MS = 40_000;

/**
 * Brings up a stack of its own, on free ports, and resolves when it is ready and seeded.
 *
 *     await using stack = await startStack({ engine: 'embedded' });
 *
 * @throws StackError that says what failed, why, and what to do, `option-unknown` and `option-invalid` before anything starts; the reason of the signal where that aborts. Nothing is left then
 */
export const startStack = async (options: StartOptions = {}): Promise<TestStack> => {
  checkStart(options);
  const { engine, snapshot = 'auto', services = ['identity', 'kms'], signal, log = () => undefined } = options;
  const timeoutMs = options.timeoutMs ?? START_MS[engine === 'embedded' ? 'embedded' : 'others'];
  signal?.throwIfAborted();
  let last = 'nothing yet';
  const holder = startHolder({
    command: [PROGRAM, 'hold', ...(engine === undefined ? [] : ['--engine', engine])],
    remark: (line) => {
      last = line;
      log(line);
    },
  });
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(failed('start-timeout', `waited ${timeoutMs} ms for the stack to start; last heard: ${last}`)),
    timeoutMs,
  );
  const onAbort = (): void => limit.abort(signal?.reason);
  signal?.addEventListener('abort', onAbort);
  try {
    return stackOf(
      holder,
      await Promise.race([
        holder.call('start', { snapshot, services, healthTimeoutMs: Math.ceil(timeoutMs * HEALTH_SHARE) }),
        rejectsWith(limit.signal),
      ]),
    );
  } catch (error) {
    await end(holder);
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
};

const rejectsWith = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));

const stackOf = (holder: HolderProcess, started: StartedStack): TestStack => {
  const origins = [started.issuer, started.kmsUrl].map((url) => new URL(url).origin);
  const { fetch, close } = trustingFetch({ ca: started.ca, origins });
  let stopped: Promise<void> | null = null;
  const call: HolderProcess['call'] = async (name, params) => {
    if (stopped !== null) throw failed('stopped', 'this stack was stopped');
    return holder.call(name, params);
  };
  const stop = async (): Promise<void> => {
    close();
    try {
      await holder.call('stop', {});
    } finally {
      await end(holder);
    }
  };
  const stopOnce = (): Promise<void> => (stopped ??= stop());
  return {
    ...started,
    fetch,
    token: async (wanted) => {
      checkToken(wanted);
      return call('token', wanted);
    },
    reset: async () => void (await call('reset', {})),
    snapshot: (name) => call('snapshot', { name }),
    restore: async (name) => {
      // The services end: a connection to one of them would be of no use any more.
      close();
      await call('restore', { name: name ?? null });
    },
    logs: async (wanted = {}) => {
      checkLogs(wanted);
      return call('logs', wanted);
    },
    stop: stopOnce,
    getKmsUrl: () => started.kmsUrl,
    getIssuer: () => started.issuer,
    getCaFile: () => started.caFile,
    [Symbol.asyncDispose]: stopOnce,
  };
};

/** Lets go of a holder and waits until it has ended; one that does not end is killed. */
const end = async (holder: HolderProcess): Promise<void> => {
  holder.letGo();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLong = new Promise<'too long'>((resolve) => (timer = setTimeout(() => resolve('too long'), STOP_MS)));
  const how = await Promise.race([holder.ended, tooLong]);
  clearTimeout(timer);
  if (how !== 'too long') return;
  holder.kill();
  throw failed('stop-timeout', `waited ${STOP_MS} ms for the stack to be taken down`, {
    fix: 'The next start takes down what is left of it.',
  });
};
