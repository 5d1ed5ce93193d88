import type { PrintedCommand } from './printed-command.ts';

const COMMAND = /`passthru ([^`]+)`/g;

/** Members that hold sentences of ours; a log tail, for example, stays as it was written. */
const SENTENCES = ['fix', 'message', 'text'];

/**
 * The text with its commands as they work from where the reader is. Rooms that know neither the terminal nor the flags write them in
 * short, between backticks: "Look at `passthru logs kms`."
 */
export const withPrintedCommand = (text: string, command: PrintedCommand): string =>
  text.replaceAll(COMMAND, (_, words: string) => `\`${command(words)}\``);

/** The same value with the commands in each sentence of it as they work from where the reader is. */
export const withPrintedCommands = <T>(value: T, command: PrintedCommand): T => replaceIn(value, command) as T;

const replaceIn = (value: unknown, command: PrintedCommand): unknown => {
  if (Array.isArray(value)) return value.map((item) => replaceIn(item, command));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      SENTENCES.includes(key) && typeof item === 'string' ? withPrintedCommand(item, command) : replaceIn(item, command),
    ]),
  );
};
