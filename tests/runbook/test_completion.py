"""Completion in a real bash."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from tests.runbook.support import ROOT


def complete(function: str, *words: str) -> set[str]:
    """Return what bash would offer behind the last of ``words``."""
    quoted = shlex.join(words)
    script = f"source bin/completion.bash; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; {function}; "
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", script + 'printf "%s\\n" "${COMPREPLY[@]}"'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
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


def test_a_path_to_a_launcher_is_completed_as_its_name_is() -> None:
    script = "source bin/completion.bash; complete -p invoke nox"
    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert [
        "complete -F _runbook_invoke invoke",
        "complete -F _runbook_nox nox",
    ] == done.stdout.splitlines()
