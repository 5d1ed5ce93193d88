import { type Static, Type } from 'typebox';
import { AppError } from '#infra/apperr/app-error.ts';
import type { Logger } from '#infra/telemetry/telemetry.ts';

/** Started with it, Node never opens a debugger at SIGUSR1. @see https://nodejs.org/api/cli.html#--disable-sigusr1 */
export const NO_SIGNAL_DEBUGGER = '--disable-sigusr1';

export const signalDebuggerConfigSchema = Type.Union([Type.Literal('warn'), Type.Literal('refuse')], {
  default: 'warn',
  description: `what happens when Node was started without ${NO_SIGNAL_DEBUGGER}: a warning, or no start`,
});

export interface SignalDebuggerOptions {
  readonly policy: Static<typeof signalDebuggerConfigSchema>;
  readonly log: Pick<Logger, 'warn'>;
  /** NODE_OPTIONS of the environment. */
  readonly nodeOptions?: string | undefined;
  /** Options of this Node; those of NODE_OPTIONS are not among them. */
  readonly execArgv?: readonly string[];
}

/**
 * Warns of, or refuses, a server in which SIGUSR1 could open a debugger: every user of the machine reaches its port, and who reaches it
 * reads all keys. `bin/passthru.js` takes the signal for itself, which leaves the moments before it runs; only the option leaves none.
 *
 * @throws AppError `signal-debugger`
 */
export const checkSignalDebugger = (options: SignalDebuggerOptions): void => {
  const { policy, log, nodeOptions = '', execArgv = process.execArgv } = options;
  if ([...execArgv, ...nodeOptions.split(/\s+/)].includes(NO_SIGNAL_DEBUGGER)) return;
  const what = `Node was started without ${NO_SIGNAL_DEBUGGER}, so that a signal can open a debugger to every user of this machine`;
  const fix = `Start it as \`node ${NO_SIGNAL_DEBUGGER} bin/passthru.js serve …\`, or with NODE_OPTIONS=${NO_SIGNAL_DEBUGGER}.`;
  if (policy === 'refuse') throw new AppError('signal-debugger', 500, what, { fix });
  log.warn(`${what}. ${fix}`);
};
