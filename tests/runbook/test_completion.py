"""Completion in a real bash, and in a real zsh and fish where there are any."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.runbook.support import ROOT, completed

if TYPE_CHECKING:
    from pathlib import Path


def complete(function: str, *words: str) -> set[str]:
    """Return what bash would offer behind the last of ``words``."""
    quoted = shlex.join(words)
    script = f"source bin/completion.bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; {function}; "
    done = completed(
        ["bash", "--noprofile", "--norc", "-c", script + 'printf "%s\\n" "${COMPREPLY[@]}"'],
        cwd=ROOT,
    )
    assert (0, "") == (done.returncode, done.stderr)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("words", "offered", "not_offered"),
    [
        (("bin/invoke", "find-off"), {"find-offending-commit", "find-offending-upgrade"}, {"rows"}),
        (("bin/invoke", "report", "--"), {"--run", "--search", "--open"}, {"--tier"}),
    ],
)
def test_tasks_and_their_options_are_offered(
    words: tuple[str, ...], offered: set[str], not_offered: set[str]
) -> None:
    found = complete("_runbook_invoke", *words)

    assert offered <= found
    assert not not_offered & found


def test_sessions_are_offered_behind_their_option() -> None:
    assert {"fast", "fast-on-3.11"} <= complete("_runbook_nox", "bin/nox", "-s", "fast")
    assert "--session" in complete("_runbook_nox", "bin/nox", "--s")


def test_a_session_with_brackets_is_offered_as_bash_wants_it_typed() -> None:
    for typed in ("fast-stores", r"fast-stores\(", r"fast-stores\(f"):
        assert r"fast-stores\(files\)" in complete("_runbook_nox", "bin/nox", "-s", typed)


def test_a_path_to_a_launcher_is_completed_as_its_name_is() -> None:
    script = "source bin/completion.bash; complete -p invoke nox"
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert [
        "complete -F _runbook_invoke invoke",
        "complete -F _runbook_nox nox",
    ] == done.stdout.splitlines()


# What a person has typed stands in `words`; what zsh would be offered goes to `compadd`.
IN_ZSH = """
source {file} && cd {elsewhere}
compadd() {{ print -l -- "$@" }}
words=({words}); CURRENT=$#words
eval "$_comps[{program}]"
"""
IN_BASH = """
source {file} && cd {elsewhere}
COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
$(complete -p {program} | cut -d " " -f 3)
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
IN_FISH = """
source {file}; and cd {elsewhere}
complete -C "{words}"
"""
SHELLS = {
    "bash --noprofile --norc": IN_BASH,
    "zsh -f": IN_ZSH,
    "fish --no-config": IN_FISH,
}


# zsh is the shell of a Mac; where a shell is not installed, nobody completes in it.
@pytest.mark.parametrize("shell", [each for each in SHELLS if shutil.which(each.split()[0])])
@pytest.mark.parametrize(
    ("program", "typed", "offered"),
    [("invoke", "find-off", "find-offending-commit"), ("nox", "-s fa", "fast-on-3.11")],
)
def test_each_shell_offers_it_from_anywhere(
    shell: str, program: str, typed: str, offered: str, tmp_path: Path
) -> None:
    ending = "fish" if shell.startswith("fish") else "bash"
    file, words = shlex.quote(str(ROOT / f"bin/completion.{ending}")), f"bin/{program} {typed}"
    script = SHELLS[shell].format(file=file, elsewhere=tmp_path, words=words, program=program)
    done = completed([*shell.split(), "-c", script])

    assert "" == done.stderr
    assert offered in done.stdout.splitlines()
