import type { Command } from 'commander';
import { commandTree } from '../src/cli/main.ts';
import { cliProcess } from '../src/cli/process/cli-process.ts';
import { fileKeyOf, type FlagGroup, flagOf, type Setting, variableOf } from '../src/cli/settings/setting.ts';
import { SETTINGS } from '../src/cli/settings/settings.ts';

const INTRODUCTION = `# Command line

Written by \`npm run generate\` from the rows of the settings and the help of the program; edit those.
`;

/** The settings and the help of every command, as the program prints it, in one Markdown document. */
export const cliReference = (): string => {
  let printed = '';
  const out = { write: (text: string) => (printed += text) };
  const helpOf = (command: Command): string => {
    printed = '';
    command.outputHelp();
    return `## ${pathOf(command)}\n\n\`\`\`text\n${printed.trimEnd()}\n\`\`\`\n`;
  };
  // Whoever runs this: the program has its own name in the reference.
  const program = commandTree({ ...cliProcess(process), env: {}, out });
  return [INTRODUCTION, settingsTable(), ...[program, ...commandsBelow(program)].map(helpOf)].join('\n');
};

const pathOf = (command: Command): string => [...(command.parent === null ? [] : [pathOf(command.parent)]), command.name()].join(' ');

/** Every command that does something by itself, and is listed. */
const commandsBelow = (parent: Command): readonly Command[] => {
  const listed = parent.createHelp().visibleCommands(parent);
  return listed
    .filter((command) => command.name() !== 'help')
    .flatMap((command) => (command.commands.length === 0 ? [command] : commandsBelow(command)));
};

const settingsTable = (): string => {
  const rows = Object.entries<Setting<unknown>>(SETTINGS).map(([key, row]) => [
    code(fileKeyOf(key)),
    [...new Set(row.flags.map(({ spelling }) => code(spelling ?? flagOf(key))))].join(', '),
    code(variableOf(key)),
    row.type.form,
    defaultOf(key, row),
    meaningOf(row),
  ]);
  return [
    '## Settings\n',
    line(['In a file', 'Flag', 'Variable', 'Value', 'Default', 'Meaning']),
    line(Array.from({ length: 6 }, () => '---')),
    ...rows.map(line),
    '',
  ].join('\n');
};

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

const code = (text: string): string => `\`${text}\``;

/** The commands of a group of flags, where that is not the name of one. */
const COMMANDS_OF: Readonly<Partial<Record<FlagGroup, string>>> = {
  stack: 'usually',
  output: 'usually',
  run: 'usually',
  start: '`demo`, `up`, `exec`',
};

/** The help of its flags; each with its flag where that stands for a value, with its commands where several say different things. */
const meaningOf = ({ flags }: Setting<unknown>): string => {
  const meanings = flags.map(({ group = 'stack', help, spelling, means }) => {
    const where = COMMANDS_OF[group] ?? code(group);
    const isOne = flags.every((flag) => flag.spelling !== spelling || flag.help === help);
    if (means === undefined || spelling === undefined) return isOne ? help : `${where}: ${help}`;
    return `${code(spelling)}${isOne || group !== 'exec' ? '' : ` of ${where}`}: ${help}`;
  });
  return [...new Set(meanings)].join('; ');
};

/** What holds where a setting has no default. */
const UNSET: Readonly<Record<string, string>> = {
  color: 'the terminal decides',
  evidence: 'no bundle is left',
  host: 'those of the last start',
  report: 'no such file is written',
  junit: 'no such file is written',
  portBase: 'the two public ports count',
};

const defaultOf = (key: string, { default: usual }: Setting<unknown>): string => {
  if (typeof usual === 'function') return `${code(usual('demo'))}; ${code(usual('ci'))} in the profile ci`;
  if (typeof usual === 'string') return code(usual);
  const unset = UNSET[key];
  if (unset === undefined) throw new TypeError(`say what holds where ${key} is not set`);
  return unset;
};
