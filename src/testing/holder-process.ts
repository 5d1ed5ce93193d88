import { spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Answer, CallName, Calls } from './protocol.ts';
import { type Failed, StackError } from './stack-error.ts';

export interface HolderProcess {
  /**
   * Asks the holder for one act, and waits for its answer.
   *
   * @throws StackError as the holder answers; `holder-ended` where it is gone
   */
  call<N extends CallName>(name: N, params: Calls[N]['params']): Promise<Calls[N]['result']>;
  /** Lets the holder know that nobody needs the stack any more: it takes the stack down and ends. */
  letGo(): void;
  /** Kills it: what it held is left to the next start, which takes it down. */
  kill(): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

export interface HolderOptions {
  /** A program, and its arguments, for the Node of this process. */
  readonly command: readonly string[];
  /** Hears what the holder says of its own accord, a line at a time. */
  readonly remark: (line: string) => void;
}

type Outcome = { readonly result: unknown } | { readonly failed: Failed };

/** Exit code of a command line that is wrong. */
const USAGE = 64;
/** Lines of what the holder said that an error quotes. */
const TAIL_LINES = 20;

/** Variables that are for the process that runs the tests: the holder is another program, on another version of Node. */
const NOT_PASSED_ON: readonly string[] = ['NODE_OPTIONS', 'NODE_V8_COVERAGE', 'NODE_TEST_CONTEXT', 'NODE_CHANNEL_FD', 'NODE_UNIQUE_ID'];

/**
 * Starts a holder. It is a group of processes of its own, because Ctrl-C is for the tests, which then stop their stacks. Nothing of it
 * keeps the process of the tests alive, unless an answer is waited for.
 */
export const startHolder = ({ command, remark }: HolderOptions): HolderProcess => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_PASSED_ON.includes(name)));
  const child = spawn(process.execPath, command, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env,
    detached: true,
    windowsHide: true,
  });
  const waiting = new Map<number, (outcome: Outcome) => void>();
  const tail: string[] = [];
  let lastId = 0;
  let end: Failed | null = null;

  const keepAlive = (isNeeded: boolean): void => {
    const act = isNeeded ? 'ref' : 'unref';
    for (const each of [child, child.stdin, child.stdout, child.stderr] as unknown as readonly Socket[]) each[act]();
  };
  const hear = (line: string): void => {
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    remark(line);
  };
  const answered = (answer: Answer): void => {
    if ('remark' in answer) return hear(answer.remark);
    const tell = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) keepAlive(false);
    tell?.(answer);
  };
  const over = (why: Pick<Failed, 'code' | 'message' | 'fix'>): void => {
    end ??= { ...why, causes: [], logTail: tail };
    for (const tell of waiting.values()) tell({ failed: end });
    waiting.clear();
  };

  createInterface({ input: child.stderr }).on('line', hear);
  createInterface({ input: child.stdout }).on('line', (line) => {
    // The holder says nothing else on this output; what is no answer is a remark of somebody.
    const answer = parsed(line);
    if (answer === null) hear(line);
    else answered(answer);
  });
  // Its end is told by `close`; a write that comes too late says nothing more.
  child.stdin.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => {
    child.on('error', (error) => {
      over(ended(`could not be started: ${error.message}`));
      resolve();
    });
    child.on('close', (code, signal) => {
      over(code === USAGE ? refused : ended(`ended ${signal === null ? `with exit code ${code}` : `by ${signal}`}`));
      resolve();
    });
  });
  keepAlive(false);

  return {
    call: async (call, params) => {
      const outcome = await new Promise<Outcome>((resolve) => {
        if (end !== null) return resolve({ failed: end });
        const id = (lastId += 1);
        waiting.set(id, resolve);
        keepAlive(true);
        child.stdin.write(`${JSON.stringify({ id, call, params })}\n`);
      });
      // Made here, the error has the lines of the caller in its stack.
      if ('failed' in outcome) throw new StackError(outcome.failed);
      return outcome.result as never;
    },
    letGo: () => child.stdin.end(),
    kill: () => {
      // On an older Node the holder is a child of our child.
      if (process.platform === 'win32' || child.pid === undefined) child.kill('SIGKILL');
      else process.kill(-child.pid, 'SIGKILL');
    },
    ended: closed,
  };
};

const ended = (how: string) => ({
  code: 'holder-ended',
  message: `the process that holds the stack ${how}`,
  fix: 'What it started is taken down by the next start.',
});

const refused = { code: 'usage', message: 'passthru refuses the options of this start, its environment or a settings file', fix: '' };

const parsed = (line: string): Answer | null => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && ('id' in value || 'remark' in value) ? (value as Answer) : null;
  } catch {
    return null;
  }
};
