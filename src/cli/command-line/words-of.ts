import type { Argument, Command, Option } from 'commander';

/** A command as a shell completes it: everything that may follow its name. */
export interface CommandWords {
  /** The names that lead to it, without that of the program: `snapshot restore`; empty for the program. */
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly CommandWords[];
  readonly options: readonly OptionWords[];
  /** The word behind its name; null where it takes none. */
  readonly argument: ValueWords | null;
}

export interface OptionWords {
  /** Each with its hyphens: `-q`, `--quiet`. */
  readonly names: readonly string[];
  readonly help: string;
  /** Null where it stands for a value by itself. */
  readonly value: ValueWords | null;
}

export type ValueWords =
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  | { readonly kind: 'file' | 'folder' | 'any' }
  /** Each line that this command of ours prints. */
  | { readonly kind: 'lines'; readonly command: string };

/** Arguments whose values only the state folder knows, by the path of their command, and the command that tells them. */
const KNOWN_BY_STATE: Readonly<Record<string, string>> = {
  'snapshot restore': 'snapshot list --quiet',
  'snapshot remove': 'snapshot list --quiet',
};

/** All that a shell needs to know of a command and those below it; what is hidden from the help is hidden here. */
export const wordsOf = (command: Command, above = ''): CommandWords => {
  const help = command.createHelp();
  const path = command.parent === null ? '' : `${above} ${command.name()}`.trim();
  const [argument] = command.registeredArguments;
  return {
    path,
    name: command.name(),
    summary: command.description(),
    commands: help
      .visibleCommands(command)
      .filter((each) => each.name() !== 'help')
      .map((each) => wordsOf(each, path)),
    options: help.visibleOptions(command).map(optionWords),
    argument: argument === undefined ? null : argumentWords(argument, path),
  };
};

const optionWords = (option: Option): OptionWords => ({
  names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
  help: option.description,
  value: option.required || option.optional ? valueWords(option.argChoices, /[<[]([a-z]+)/.exec(option.flags)?.[1]) : null,
});

const argumentWords = (argument: Argument, path: string): ValueWords => {
  const { [path]: command } = KNOWN_BY_STATE;
  return command === undefined ? valueWords(argument.argChoices, argument.name()) : { kind: 'lines', command };
};

/** The placeholder of a value says its kind: `--ca <file>`. */
const valueWords = (choices: readonly string[] | undefined, placeholder: string | undefined): ValueWords => {
  if (choices !== undefined) return { kind: 'choices', choices };
  return { kind: placeholder === 'file' || placeholder === 'folder' ? placeholder : 'any' };
};

/** A command and all below it. */
export const withThoseBelow = (command: CommandWords): readonly CommandWords[] => [command, ...command.commands.flatMap(withThoseBelow)];
