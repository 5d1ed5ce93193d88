/** The part of `process` that tells of signals. */
export interface SignalSource {
  on(name: NodeJS.Signals, listener: () => void): unknown;
  off(name: NodeJS.Signals, listener: () => void): unknown;
}

export interface Interrupts extends Disposable {
  /** Aborts at the first signal: end the work and tear down. */
  readonly first: AbortSignal;
  /** Aborts at the second: leave the teardown, too. */
  readonly second: AbortSignal;
  /** Gives every signal to somebody else instead, until it is disposed of. */
  divert(to: (signal: NodeJS.Signals) => void): Disposable;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Ends a process where nobody listens; only a program that gets our signals has a use for it. */
const DIVERTED = [...SIGNALS, 'SIGQUIT'] as const;

/** One key press reaches us from the terminal and again through npm; a second one this soon, in milliseconds, is its echo. */
const ECHO = 150;

/**
 * Ctrl-C, SIGTERM and a closed terminal as two abort signals; while it lives they no longer kill the process.
 *
 * @param tell called at once with what is about to happen
 */
export const watchInterrupts = (options: {
  readonly source: SignalSource;
  readonly now: () => number;
  readonly tell: (press: 'first' | 'second') => void;
}): Interrupts => {
  const { source, now, tell } = options;
  const [first, second] = [new AbortController(), new AbortController()];
  let pressedAt = 0;
  let isDiverted = false;
  const onSignal = (): void => {
    if (isDiverted) return;
    if (!first.signal.aborted) {
      pressedAt = now();
      tell('first');
      first.abort(new DOMException('interrupted', 'AbortError'));
    } else if (!second.signal.aborted && now() - pressedAt >= ECHO) {
      tell('second');
      second.abort(new DOMException('interrupted twice', 'AbortError'));
    }
  };
  for (const name of SIGNALS) source.on(name, onSignal);
  return {
    first: first.signal,
    second: second.signal,
    divert: (to) => {
      const listeners = DIVERTED.map((name) => [name, () => to(name)] as const);
      isDiverted = true;
      for (const [name, listener] of listeners) source.on(name, listener);
      return {
        [Symbol.dispose]: () => {
          isDiverted = false;
          for (const [name, listener] of listeners) source.off(name, listener);
        },
      };
    },
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) source.off(name, onSignal);
    },
  };
};
