import { Argument as CommanderArgument, Command, Option } from 'commander';
import { packageVersion } from '#infra/process/package-version.ts';
import type { CliProcess, OutputStream } from '#cli/process/cli-process.ts';
import type { ExitCode, OthersExitCode } from '#cli/process/exit-codes.ts';
import { programName } from '#cli/settings/printed-command.ts';
import { type Flag, flagOf, REQUIRED, type Setting, type SettingRows } from '#cli/settings/setting.ts';
import { SETTINGS } from '#cli/settings/settings.ts';
import { usageError } from '#cli/settings/usage-error.ts';
import type { Argument, CommandRow, NoFlags } from './command.ts';
import { firstWords } from './first-words.ts';
import { PROGRAM_HELP } from './help-texts.ts';
import { withExample } from './usage-errors.ts';

export interface Execution {
  readonly process: CliProcess;
  /** Takes the exit code of a command that has ended. */
  readonly finish: (code: ExitCode | OthersExitCode) => void;
}

/** Puts a command, or a group of them, below another. */
export type AddCommand = (parent: Command, execution: Execution) => void;

/**
 * The command line, built for commander from rows: a `CommandRow` for each command, a `Setting` for each flag. Commander parses,
 * helps and suggests. Values are checked later, together with those of the environment and of files. This folder sees settings,
 * process and the printer; the code of a command it only loads.
 */
export const buildProgram = (commands: readonly AddCommand[], execution: Execution): Command => {
  const { out, err, env } = execution.process;
  const program = new Command(programName(env))
    .description('Brings up a KMS, an Identity provider and their telemetry, and proves the stack with real flows.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => void out.write(text),
      writeErr: (text) => void err.write(text),
      getOutHelpWidth: () => helpWidth(out),
      getErrHelpWidth: () => helpWidth(err),
      // Errors are told in our own shape: usage-errors.ts.
      outputError: () => undefined,
    })
    .configureHelp({ optionDescription })
    .addHelpText('after', asCalled(PROGRAM_HELP, execution.process));
  for (const add of commands) add(program, execution);
  return program;
};

/** The lines that begin with a command, with the program as it was called. */
const asCalled = (help: string, { env }: CliProcess): string => help.replaceAll(/^( +)passthru /gm, `$1${programName(env)} `);

const helpWidth = ({ isTTY, columns }: OutputStream): number => (isTTY === true && columns) || 80;

/** The help of a flag, then its choices, its default or that it is required: `where the services run (auto, docker or embedded; default: auto)`. */
const optionDescription = ({ description, argChoices, defaultValueDescription: usual, mandatory }: Option): string => {
  const choices = argChoices === undefined ? [] : [`${argChoices.slice(0, -1).join(', ')} or ${argChoices.at(-1)}`];
  const notes = [...choices, ...(usual === undefined ? [] : [`default: ${usual}`]), ...(mandatory ? ['required'] : [])];
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
};

export const commandGroup =
  (name: string, summary: string, commands: readonly AddCommand[]): AddCommand =>
  (parent, execution) => {
    const group = parent.command(name).description(summary);
    for (const add of commands) add(group, execution);
  };

export const command =
  <A = undefined, F extends SettingRows = NoFlags>(row: CommandRow<A, F>): AddCommand =>
  (parent, { process, finish }) => {
    const flags = row.flags ?? ({} as F);
    const made = parent.command(row.name, { hidden: row.isHidden === true }).description(row.summary);
    if (row.argument !== undefined) made.addArgument(argumentOf(row.argument, process.cwd));
    // Words of any kind are another command line: the first that is no flag of ours begins it, and its flags are its own.
    if (made.registeredArguments.some(({ variadic, argChoices }) => variadic && argChoices === undefined)) made.passThroughOptions();
    for (const option of [...optionsOf(flags, () => true), ...settingOptions(row)]) made.addOption(option);
    if (row.help !== undefined) made.addHelpText('after', asCalled(row.help, process));
    made.exitOverride((error) => {
      throw withExample(error, row.help);
    });
    made.action(async () => {
      const argument = made.processedArgs[0] as A;
      const stated = statedIn(made, [...Object.keys(SETTINGS), ...Object.keys(flags)]);
      const isRun = row.settings?.some((group) => group === 'run' || group === 'exec') === true;
      const name = [...namesAbove(parent), row.name].join(' ');
      const called = { command: isRun && typeof argument === 'string' ? `${name} ${argument}` : name, argument, stated, flags, process };
      if (isRun) firstWords(called);
      const code = await row.run(called);
      if (code !== null) finish(code);
    });
  };

/** The names of a group and of those that it is in, without that of the program. */
const namesAbove = (group: Command): readonly string[] => (group.parent === null ? [] : [...namesAbove(group.parent), group.name()]);

const argumentOf = <A>({ spelling, help, type, default: usual }: Argument<A>, cwd: string): CommanderArgument => {
  const argument = new CommanderArgument(spelling, help);
  if (type.choices !== undefined) argument.choices(type.choices);
  if (usual !== undefined) argument.default(usual);
  return argument.argParser((text, before) => {
    const value = type.fromText(text, cwd);
    if (value !== undefined) return argument.variadic ? [before ?? [], value].flat() : value;
    throw usageError(`${spelling} must be ${type.form}, not ${JSON.stringify(text)}`, { fix: type.fixOf?.(text) ?? '' });
  });
};

const settingOptions = <A, F extends SettingRows>({ settings = [] }: CommandRow<A, F>): readonly Option[] =>
  optionsOf(SETTINGS, ({ group }) => group !== undefined && settings.includes(group));

const optionsOf = (rows: SettingRows, isOffered: (flag: Flag<unknown>) => boolean): readonly Option[] =>
  Object.entries(rows).flatMap(([key, row]) => row.flags.filter(isOffered).map((flag) => optionOf(key, row, flag)));

const optionOf = (key: string, row: Setting<unknown>, { spelling, help, means, hasOwnDefault = false }: Flag<unknown>): Option => {
  const { type, default: usual } = row;
  const option = new Option(spelling ?? `${flagOf(key)} <${type.placeholder}>`, help);
  if (means === undefined) {
    // Known for help and completions; a wrong one is told later, in one shape with all that is wrong.
    if (type.choices !== undefined) option.choices(type.choices).argParser((text) => text);
    if (typeof usual === 'string' && !hasOwnDefault) option.default(usual, usual);
    return option.makeOptionMandatory(usual === REQUIRED);
  }
  if (option.attributeName() === key) return option;
  const others = row.flags.filter((flag) => flag.means !== means).flatMap((flag) => new Option(flag.spelling ?? '').attributeName());
  return option.implies({ [key]: means }).conflicts(others);
};

/** The values that the command line states, by key: nobody stated the defaults of the parser. */
const statedIn = (made: Command, keys: readonly string[]): Readonly<Record<string, unknown>> => {
  const stated = keys.filter((key) => ['cli', 'implied'].includes(made.getOptionValueSource(key) ?? ''));
  return Object.fromEntries(stated.map((key) => [key, made.getOptionValue(key) as unknown]));
};
