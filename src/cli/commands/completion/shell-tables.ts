import { type CommandWords, type ValueWords, withThoseBelow } from '#cli/command-line/words-of.ts';
import { pattern, quoted } from './quoted.ts';

/**
 * The tables that bash and zsh share, as functions with one `case` each. The path of a command, `snapshot restore`, is the first argument
 * of each; what they find they put into variables of the caller.
 *
 * - `_passthru_enter PATH WORD`: `next` becomes the path of the command that WORD names there; fails where it names none.
 * - `_passthru_takes PATH OPTION`: succeeds where a value follows the option.
 * - `_passthru_value PATH OPTION`: `kind` and `values` of that value; with an empty OPTION those of the argument of the command.
 */
export const sharedTables = (program: CommandWords): readonly string[] => {
  const all = withThoseBelow(program);
  return [
    ...table(
      '_passthru_enter',
      all.flatMap(({ path, commands }) => commands.map((each) => [[key(path, each.name)], `next=${quoted(each.path)}`] as const)),
    ),
    ...table(
      '_passthru_takes',
      all.flatMap(({ path, options }) => {
        const names = options.filter(({ value }) => value !== null).flatMap((option) => option.names);
        return names.length === 0 ? [] : [[names.map((name) => key(path, name)), ':'] as const];
      }),
    ),
    ...table(
      '_passthru_value',
      all.flatMap(({ path, options, argument }) => [
        ...options.flatMap(({ names, value }) => (value === null ? [] : [[names.map((name) => key(path, name)), valueOf(value)] as const])),
        ...(argument === null ? [] : [[[key(path, '')], valueOf(argument)] as const]),
      ]),
    ),
  ];
};

const key = (path: string, word: string): string => `${path}:${word}`;

const valueOf = (value: ValueWords): string => {
  const words = value.kind === 'choices' ? value.choices.join(' ') : value.kind === 'lines' ? value.command : '';
  return `kind=${value.kind} values=${quoted(words)}`;
};

/** A function that fails where none of its cases is met. */
const table = (name: string, cases: readonly (readonly [readonly string[], string])[]): readonly string[] => [
  `${name}() {`,
  '  case "$1:$2" in',
  ...cases.map(([keys, then]) => `    ${pattern(keys)}) ${then} ;;`),
  '    *) return 1 ;;',
  '  esac',
  '}',
  '',
];
