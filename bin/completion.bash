# shellcheck shell=bash
# Completion for the launchers, in bash and in zsh: source bin/completion.bash. Tasks and their options come from Invoke
# itself, the names of the sessions from Nox; both are asked when they are first wanted.

# zsh says with %x which file it reads, and has completions of bash's kind once they are asked for.
if [[ -n ${ZSH_VERSION:-} ]]; then
  whence compdef >/dev/null || { autoload -Uz compinit && compinit -D; }
  autoload -Uz bashcompinit && bashcompinit
  # shellcheck disable=SC2296 # zsh's, and bash never expands it
  _runbook_file=${(%):-%x}
else
  _runbook_file=${BASH_SOURCE[0]}
fi
_runbook_root=$(cd "$(dirname "$_runbook_file")/.." && pwd)

# Offers those of the words $1 that begin as the word $2 does; bash 3.2, which macOS has, knows no mapfile. What a shell
# reads brackets in is offered as it has to be typed: zsh sees to that by itself.
_runbook_offer() {
  local offered
  COMPREPLY=()
  while read -r offered; do
    [[ -n ${ZSH_VERSION:-} ]] || printf -v offered %q "$offered"
    COMPREPLY+=("$offered")
  done < <(compgen -W "$1" -- "${2//\\/}")
}

_runbook_invoke() {
  local candidates
  candidates=$("$_runbook_root/bin/invoke" --complete -- "invoke ${COMP_WORDS[*]:1}" 2>/dev/null)
  _runbook_offer "$candidates" "${COMP_WORDS[COMP_CWORD]}"
}

_runbook_nox() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  if [[ $before != -s && $before != --session ]]; then
    _runbook_offer "-s -t -l --session --tags --list" "$word"
    return
  fi
  : "${_runbook_sessions:=$("$_runbook_root/bin/nox" --list 2>/dev/null | sed -n 's/^[*-] \([^ ]*\).*/\1/p')}"
  _runbook_offer "$_runbook_sessions" "$word"
}

# A compspec for a program's last name holds for every path to it.
complete -F _runbook_invoke invoke
complete -F _runbook_nox nox
