import { type Command, CommanderError } from 'commander';
import type { AppError } from '#infra/apperr/app-error.ts';
import { failureFrom } from '#infra/apperr/result.ts';
import type { CliProcess } from '#cli/process/cli-process.ts';
import { EXIT, type ExitCode } from '#cli/process/exit-codes.ts';
import { bareCommand } from '#cli/settings/printed-command.ts';
import { isUsageError, usageError } from '#cli/settings/usage-error.ts';
import { wantedOutput } from '#cli/settings/wanted-output.ts';

export interface CalledOptions {
  readonly program: Command;
  readonly argv: readonly string[];
  readonly process: CliProcess;
}

/**
 * Prints why a command line cannot be run, in the one shape that usage errors have, whether the parser or a command found it.
 *
 * @returns the exit code; an error that is about something else is thrown again
 */
export const endWithUsage = async (thrown: unknown, { program, argv, process }: CalledOptions): Promise<ExitCode> => {
  if (thrown instanceof CommanderError) {
    // Help and version end by an exception of code 0.
    if (thrown.exitCode === 0) return EXIT.passed;
    // Without a command the help is the answer, and stands there already.
    if (thrown.code === 'commander.help') return EXIT.usage;
  }
  const command = calledCommand(program, argv);
  const error = thrown instanceof CommanderError ? usageErrorOf(thrown, `passthru ${command}`.trim()) : thrown;
  if (!isUsageError(error)) throw thrown;
  const { createPrinter } = await import('#cli/reporters/create-printer.ts');
  const { createTerminal } = await import('#cli/reporters/terminal/terminal.ts');
  const output = await wantedOutput(statedOutput(argv), process);
  const printedCommand = bareCommand(process.env);
  const printer = createPrinter({ command, terminal: createTerminal(process), output, printedCommand, now: process.now });
  printer.failure(failureFrom(error), { fields: error.fields, exitCode: EXIT.usage });
  return EXIT.usage;
};

const sentenceOf = ({ message }: CommanderError): string => message.replace(/^error: /, '');

/** The parser's sentence; its fix is the parser's suggestion, or the help. */
const usageErrorOf = (error: CommanderError, called: string): AppError => {
  const { code } = error;
  const [said = '', ...suggested] = sentenceOf(error).split('\n');
  if (code === 'commander.conflictingOption') return usageError(said, { fix: 'Leave one of them out.' });
  const unknown = code === 'commander.unknownCommand' && called === 'passthru' ? /'(.*)'/.exec(said)?.[1] : undefined;
  const meant = unknown === undefined ? undefined : OTHER_NAMES[unknown];
  if (meant !== undefined) return usageError(said, { fix: `Did you mean ${meant}?` });
  const suggestion = suggested.join(' ').replaceAll(/^\(|\)$/g, '');
  return usageError(said, { fix: suggestion === '' ? `\`${called} --help\` lists what there is.` : suggestion });
};

/** Commands of other programs, and ours that do the same. */
const OTHER_NAMES: Readonly<Record<string, string>> = { __proto__: null as never, start: 'up', stop: 'down', run: 'exec' };

/** For a word that is missing an example says more than the help: the first of the help of that command. */
export const withExample = (error: CommanderError, help = ''): Error => {
  const example = /^Examples?:\n {2}(passthru .+?)(?: {2,}.*)?$/m.exec(help)?.[1];
  if (error.code !== 'commander.missingArgument' || example === undefined) return error;
  return usageError(sentenceOf(error), { fix: `For example \`${example}\`.` });
};

/** The words that name a command, for example `serve kms`. */
const calledCommand = (program: Command, argv: readonly string[]): string => {
  const names: string[] = [];
  let at: Command | undefined = program;
  for (const word of argv) {
    at = at.commands.find((command) => command.name() === word);
    if (at === undefined) break;
    names.push(word);
  }
  return names.join(' ');
};

/** The value of `--output` wherever it stands: the parser may have given up before it. */
const statedOutput = (argv: readonly string[]): string | undefined => {
  const at = argv.findLastIndex((word) => word === '--output' || word.startsWith('--output='));
  return at === -1 ? undefined : (argv[at]?.split('=')[1] ?? argv[at + 1]);
};
