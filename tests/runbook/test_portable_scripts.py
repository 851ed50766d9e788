"""Every shell script keeps to what bash 3.2 and the tools of macOS know, for that is what a Mac has.

No such bash can be had here, so that the scripts are read instead of run: for what 3.2 does not know, and for options
that only the GNU tools have. It is a list of what is known to bite, not a proof.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.runbook.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What it is, how it is found, and a line that has it.
NEWER_THAN_BASH_3_2 = (
    ("mapfile", r"\b(mapfile|readarray)\b", "mapfile -t lines < file"),
    ("an array by name", r"\b(declare|local|typeset) -\w*A", "local -A ports=()"),
    ("a reference", r"\b(declare|local|typeset) -\w*n\b", "local -n other=$1"),
    ("a change of case", r"\$\{\w+(\[[^]]*\])?(\^|,)", "echo ${name^^}"),
    ("a transformation", r"\$\{\w+@[A-Za-z]\}", "echo ${name@Q}"),
    ("an index from the end", r"\$\{\w+\[ *-\d", "echo ${names[-1]}"),
    ("wait -n", r"\bwait -\w*[np]", "wait -n"),
    ("a coprocess", r"\bcoproc\b", "coproc cat"),
    ("both streams into a pipe", r"\|&", "make |& tee log"),
    ("both streams appended", r"&>>", "make &>> log"),
    ("a case that falls through", r";;?&", "a) echo a ;;&"),
    ("a test for a variable", r"\[\[ (! )?-v ", "[[ -v name ]]"),
    ("a descriptor by name", r"\bexec \{\w+\}", "exec {log}> file"),
    ("time by printf", r"%\([^)]*\)T", "printf '%(%F)T' -1"),
    ("a newer option of the shell", r"\bshopt -s .*\b(globstar|lastpipe|inherit_errexit)\b", "shopt -s globstar"),
    ("a newer variable", r"\$\{?(EPOCH(SECONDS|REALTIME)|BASHPID|SRANDOM)\b", "echo $EPOCHSECONDS"),
    ("read by length or by fractions", r"\bread( -\w+)* -(N|t *\d*\.)", "read -t 0.5 line"),
)  # fmt: skip
ONLY_GNU = (
    ("a program that a Mac lacks", r"\b(timeout|setsid|nproc|tac|\w+sum|flock|realpath|shuf)\b +\S", "timeout 5 cat"),
    ("readlink -f", r"\breadlink -\w*[fem]", "readlink -f x"),
    ("date -d", r"\bdate\b.* (-d\b|--\w|\S*%\d*N)", "date -d now"),
    ("stat -c", r"\bstat -\w*c|\bstat --", "stat -c %s x"),
    ("sed -i or -r", r"\bsed\b.* (-\w*[ri]\b|--\w)", "sed -i s/a/b/ x"),
    ("grep -P", r"\bgrep -\w*P|\bgrep --perl", "grep -P a x"),
    ("mktemp with options", r"\bmktemp\b.* (--\w|-p\b)", "mktemp --suffix .txt"),
    ("sort -V", r"\bsort\b.* -\w*V", "sort -V x"),
    ("xargs -r or -d", r"\bxargs -\w*[rd]\b", "xargs -r echo"),
    ("find -printf", r"\bfind\b.* -printf", "find . -printf %p"),
    ("head or tail from the other end", r"\b(head|tail) -\w*[nc] ?-\d", "head -n -1 x"),
    ("a long option of a plain tool", r"\b(cp|mv|rm|ls|mkdir|touch|wc|tr|cut|tail|sort|uniq) --\w", "cp --force a b"),
    ("base64 -w", r"\bbase64 -\w*w", "base64 -w0 x"),
)  # fmt: skip
RULES = NEWER_THAN_BASH_3_2 + ONLY_GNU
COMMENT = re.compile(r"(^|\s)#.*")
EMPTY_ARRAY = re.compile(r"\b(\w+)=\(\)")
WHOLE_ARRAY = r'(?<!\+)"\$\{%s\[@\]\}"'


def scripts() -> list[Path]:
    """Return every shell script of the repository, by its name or its first line."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    files = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [file for file in files if file.is_file() and is_shell(file)]


def is_shell(file: Path) -> bool:
    """Whether bash or sh runs it."""
    if file.suffix in {".sh", ".bash"}:
        return True
    with file.open("rb") as source:
        return re.match(rb"#!.*\b(ba)?sh\b", source.readline(100)) is not None


def findings(script: str) -> Iterator[str]:
    """Yield what a Mac would trip over."""
    for number, line in enumerate(script.splitlines(), start=1):
        code = COMMENT.sub("", line)
        yield from (f"{number}: {what}" for what, found, _ in RULES if re.search(found, code))
        # Before 4.4, `set -u` takes an array without elements for one that was never set.
        for name in EMPTY_ARRAY.findall(script):
            if re.search(WHOLE_ARRAY % name, code):
                yield f"{number}: {name}, which may be empty, is expanded without ${{{name}[@]+...}}"


def test_the_scripts_are_found_by_name_and_by_first_line() -> None:
    names = {file.relative_to(ROOT).as_posix() for file in scripts()}

    assert {"bin/nox", "bin/environment.sh", "bin/completion.bash", ".ci/run"} <= names


@pytest.mark.parametrize("script", scripts(), ids=lambda file: file.name)
def test_a_script_runs_on_a_mac(script: Path) -> None:
    assert [] == list(findings(script.read_text(encoding="utf-8")))


@pytest.mark.parametrize(("what", "line"), [(what, line) for what, _, line in RULES])
def test_what_a_mac_does_not_know_is_found(what: str, line: str) -> None:
    assert [f"2: {what}"] == list(findings(f"set -u # {line}\n{line}\n"))


def test_an_array_that_may_be_empty_is_expanded_with_care() -> None:
    careful = 'a=()\nb=(1)\necho ${a[@]+"${a[@]}"} "${b[@]}" "${#a[@]}"\n'

    assert [] == list(findings(careful))
    expected = "2: a, which may be empty, is expanded without ${a[@]+...}"
    assert [expected] == list(findings('a=()\necho "${a[@]}"\n'))
