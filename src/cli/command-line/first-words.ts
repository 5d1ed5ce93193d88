import type { CommandCall } from './command.ts';

/**
 * The first words of a run, before anything else is loaded: a terminal shows within a blink that the command was heard.
 * The headline overwrites them.
 */
export const firstWords = ({ command, stated, process: { err, env } }: Pick<CommandCall, 'command' | 'stated' | 'process'>): void => {
  if (err.isTTY === true && env['TERM'] !== 'dumb' && stated['verbosity'] !== 'quiet') err.write(`passthru ${command}\r`);
};
