import { type CommandWords, type OptionWords, withThoseBelow } from '#cli/command-line/words-of.ts';
import { quoted } from './quoted.ts';
import { sharedTables } from './shell-tables.ts';

/** The completion of zsh, with the help of each command and flag beside it; sourced, or as `_passthru` in a folder of $fpath. */
export const zshCompletion = (program: CommandWords): string =>
  [
    '#compdef passthru',
    '# Completion of passthru for zsh. In ~/.zshrc, below compinit:  source <(passthru completion zsh)',
    '',
    ...sharedTables(program),
    '_passthru_names() {',
    '  case "$1" in',
    ...withThoseBelow(program).flatMap(({ path, commands, options }) => [
      `    ${quoted(path)})`,
      `      commands=(${commands.map(({ name, summary }) => described(name, summary)).join(' ')})`,
      `      options=(${options.flatMap(describedOption).join(' ')})`,
      '      ;;',
    ]),
    '  esac',
    '}',
    '',
    BODY,
  ].join('\n');

const describedOption = ({ names, help }: OptionWords): readonly string[] => names.map((name) => described(name, help));

/** `_describe` takes the colon for the end of the word. */
const described = (word: string, help: string): string => quoted(`${word.replaceAll(':', '\\:')}:${help}`);

const BODY = `_passthru() {
  local at="" next="" word="" skip="" given="" kind="" value="" previous="\${words[CURRENT - 1]}" found="" i
  local -a commands options choices line
  line=("\${words[@]}")
  local values=""
  for ((i = 2; i < CURRENT; i++)); do
    word="\${line[i]}"
    if [[ $word == "--" ]]; then
      _command_names -e
      _files
      return
    elif [[ -n $skip ]]; then
      skip=""
    elif [[ $word == -* ]]; then
      if _passthru_takes "$at" "$word"; then skip=yes; fi
    elif _passthru_enter "$at" "$word"; then
      at="$next"
    else
      given=yes
    fi
  done
  _passthru_names "$at"
  if [[ $previous == -* ]] && _passthru_value "$at" "$previous"; then
    :
  elif [[ \${line[CURRENT]} == --*=* ]] && _passthru_value "$at" "\${line[CURRENT]%%=*}"; then
    compset -P '*='
  elif [[ \${line[CURRENT]} == -* || -n $given ]]; then
    _describe -t options option options
    return
  elif ! _passthru_value "$at" ""; then
    if (( \${#commands} > 0 )); then _describe -t commands command commands; else _describe -t options option options; fi
    return
  fi
  case "$kind" in
    choices) choices=(\${=values}); compadd -a choices ;;
    lines) choices=(\${(f)"$(passthru \${=values} 2>/dev/null)"}); compadd -a choices ;;
    file) _files ;;
    folder) _files -/ ;;
  esac
}
if [[ $funcstack[1] == _passthru ]]; then _passthru "$@"; else compdef _passthru passthru; fi
`;
