import type { Surroundings } from '../surroundings.ts';

/**
 * The first words of a run, before anything else is loaded: a terminal shows within a blink that the command was heard.
 * The headline overwrites them.
 */
export const firstWords = (
  command: string,
  flags: Readonly<Record<string, unknown>>,
  { err, env }: Pick<Surroundings, 'err' | 'env'>,
): void => {
  if (err.isTTY === true && env['TERM'] !== 'dumb' && flags['verbosity'] !== 'quiet') err.write(`passthru ${command}\r`);
};
