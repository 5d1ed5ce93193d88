import type { PrintedCommand } from './printed-command.ts';

const COMMAND = /`passthru ([^`]+)`/g;

/**
 * The same value with the commands in each `fix` of it as they work from where the reader is. Rooms that know neither the terminal
 * nor the flags write them in short, between backticks: "Look at `passthru logs kms`."
 */
export const withPrintedCommands = <T>(value: T, command: PrintedCommand): T => replaceIn(value, command) as T;

const replaceIn = (value: unknown, command: PrintedCommand): unknown => {
  if (Array.isArray(value)) return value.map((item) => replaceIn(item, command));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === 'fix' && typeof item === 'string'
        ? item.replaceAll(COMMAND, (_, words: string) => `\`${command(words)}\``)
        : replaceIn(item, command),
    ]),
  );
};
