import { Chalk, type ChalkInstance } from 'chalk';
import type { OutputStream } from '#cli/process/cli-process.ts';

/** The places for results and progress, and what a reporter may do there. */
export interface Terminal {
  /** Results. */
  readonly out: OutputStream;
  /** Everything else. */
  readonly err: OutputStream;
  /** Columns to fill at most. */
  readonly width: number;
  /** A spinner may redraw its line on stderr. */
  readonly animated: boolean;
  readonly paintOut: ChalkInstance;
  readonly paintErr: ChalkInstance;
}

export interface TerminalOptions {
  readonly out: OutputStream;
  readonly err: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From `--no-color` or a settings file; undefined lets the environment decide. */
  readonly color?: boolean | undefined;
}

const MAX_WIDTH = 100;
const MIN_WIDTH = 60;

const isSet = (value: string | undefined): boolean => value !== undefined && value !== '';

/** CI is any value but `false`, as the services that set it do. */
const isCi = (env: TerminalOptions['env']): boolean => isSet(env['CI']) && env['CI'] !== 'false' && env['CI'] !== '0';

/**
 * NO_COLOR beats FORCE_COLOR, both beat what the stream is; a setting beats all.
 *
 * @see https://no-color.org and https://force-color.org
 */
const colored = (stream: OutputStream, { env, color }: Pick<TerminalOptions, 'env' | 'color'>): boolean => {
  if (color !== undefined) return color;
  if (isSet(env['NO_COLOR'])) return false;
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb' && !isCi(env);
};

export const createTerminal = ({ out, err, env, color }: TerminalOptions): Terminal => ({
  out,
  err,
  // A terminal that was given no size has 0 columns (a container's, one under expect); a spinner would redraw without end.
  width: Math.max(MIN_WIDTH, Math.min(MAX_WIDTH, err.columns || out.columns || MAX_WIDTH)),
  animated: err.isTTY === true && err.columns !== 0 && env['TERM'] !== 'dumb' && !isCi(env),
  paintOut: new Chalk({ level: colored(out, { env, color }) ? 1 : 0 }),
  paintErr: new Chalk({ level: colored(err, { env, color }) ? 1 : 0 }),
});
