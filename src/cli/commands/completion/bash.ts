import { type CommandWords, withThoseBelow } from '#cli/command-line/words-of.ts';
import { quoted } from './quoted.ts';
import { sharedTables } from './shell-tables.ts';

/** The completion of bash, from version 4 on; it needs no package of completions beside it. */
export const bashCompletion = (program: CommandWords): string =>
  [
    '# Completion of passthru for bash. In ~/.bashrc:  source <(passthru completion bash)',
    '',
    ...sharedTables(program),
    '_passthru_names() {',
    '  case "$1" in',
    ...withThoseBelow(program).map(({ path, commands, options }) => {
      const flags = options.flatMap(({ names }) => names.filter((name) => name.startsWith('--')));
      return `    ${quoted(path)}) commands=${quoted(commands.map(({ name }) => name).join(' '))} options=${quoted(flags.join(' '))} ;;`;
    }),
    '  esac',
    '}',
    '',
    BODY,
  ].join('\n');

/** `=` is a word of its own to bash: `--output=json` comes as three. */
const BODY = `_passthru() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}"
  local at="" next="" word="" skip="" given="" kind="" values="" commands="" options="" i
  if [[ $current == "=" ]]; then
    current=""
  elif [[ $previous == "=" ]]; then
    previous="\${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [[ $word == "--" ]]; then
      COMPREPLY=($(compgen -c -f -- "$current"))
      return
    elif [[ $word == "=" ]]; then
      skip=yes
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
  if [[ $previous == -* ]] && _passthru_value "$at" "$previous"; then
    :
  elif [[ $current == -* ]]; then
    _passthru_names "$at"
    kind=choices values="$options"
  else
    _passthru_names "$at"
    if [[ -z $given ]]; then _passthru_value "$at" "" || { kind=choices values="\${commands:-$options}"; }; else kind=choices values="$options"; fi
  fi
  case "$kind" in
    choices) COMPREPLY=($(compgen -W "$values" -- "$current")) ;;
    lines) COMPREPLY=($(compgen -W "$(passthru $values 2>/dev/null)" -- "$current")) ;;
    file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")) ;;
    folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$current")) ;;
  esac
}
complete -F _passthru passthru
`;
