# Completion for the launchers, in fish: source bin/completion.fish. As bin/completion.bash has it for bash and zsh.
set -g _runbook_root (dirname (realpath (status filename)))

function _runbook_invoke
    $_runbook_root/invoke --complete -- "invoke $(string join ' ' -- (commandline -opc)[2..] (commandline -ct))" 2>/dev/null
end

# Whether the word that is being typed names a session.
function _runbook_names_session
    contains -- (commandline -opc)[-1] -s --session
end

function _runbook_sessions
    $_runbook_root/nox --list 2>/dev/null | string match --regex --groups-only '^[*-] (\S+)'
end

complete -c invoke -f -a '(_runbook_invoke)'
complete -c nox -f -n 'not _runbook_names_session' -a '-s -t -l --session --tags --list'
complete -c nox -f -n _runbook_names_session -a '(_runbook_sessions)'
