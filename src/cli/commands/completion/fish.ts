import { unreachable } from '#infra/apperr/app-error.ts';
import { type CommandWords, type OptionWords, type ValueWords, withThoseBelow } from '#cli/command-line/words-of.ts';
import { quoted } from './quoted.ts';

/** The completion of fish: a line for each command, flag and argument. */
export const fishCompletion = (program: CommandWords): string => {
  const all = withThoseBelow(program);
  const paths = all.filter(({ path }) => path !== '').map(({ path }) => quoted(path));
  return [
    '# Completion of passthru for fish. In ~/.config/fish/config.fish:  passthru completion fish | source',
    '',
    // The longest command that the words so far name.
    'function __passthru_at',
    '  set -l at',
    '  for word in (commandline -opc)[2..-1]',
    `    contains -- (string join ' ' -- $at $word) ${paths.join(' ')}; and set -a at $word`,
    '  end',
    "  set -l path (string join ' ' -- $at)",
    '  test "$path" = "$argv"',
    'end',
    'complete -c passthru -f',
    ...all.flatMap((command) => [
      ...command.commands.map(({ name, summary }) => line(command.path, `-a ${quoted(name)} -d ${quoted(summary)}`)),
      ...command.options.map((option) => line(command.path, optionArguments(option))),
      ...(command.argument === null ? [] : [line(command.path, valueArguments(command.argument))]),
    ]),
    '',
  ].join('\n');
};

const line = (path: string, rest: string): string => `complete -c passthru -n ${quoted(`__passthru_at ${path}`.trim())} ${rest}`;

const optionArguments = ({ names, help, value }: OptionWords): string => {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return [...flags, ...(value === null ? [] : ['-r', valueArguments(value)]), '-d', quoted(help)].join(' ');
};

const valueArguments = (value: ValueWords): string => {
  switch (value.kind) {
    case 'choices':
      return `-f -a ${quoted(value.choices.join(' '))}`;
    case 'lines':
      return `-f -a ${quoted(`(passthru ${value.command} 2>/dev/null)`)}`;
    case 'file':
      return '-F';
    case 'folder':
      return `-f -a ${quoted('(__fish_complete_directories)')}`;
    case 'any':
      return '-f';
    default:
      return unreachable(value);
  }
};
