"""Where no good end is given: how far back it is looked for, and what is said where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.culprit.good_end import Line
from runbook.culprit.probes.probing import Word

if TYPE_CHECKING:
    from tests.runbook.culprit.conftest import History

PASS, FAIL, UNTESTABLE = Word.PASS, Word.FAIL, Word.UNTESTABLE


def from_commit(first: int) -> str:
    """Return a check by which nothing before commit ``first`` can be tested; commit 12 broke it."""
    return f"[ $(cat number) -ge {first} ] || exit 125; grep -q good state"


@pytest.mark.parametrize("jobs", ["1", "3"])
@pytest.mark.parametrize("first", [9, 10, 11])
def test_a_green_commit_is_looked_for_up_to_those_that_cannot_be_tested(
    history: History, first: int, jobs: str
) -> None:
    searched = history.search("--command", history.command(from_commit(first)), "--jobs", jobs)

    assert ("found", "commit 12") == (
        searched.record["verdict"],
        history.git("show", "-s", "--format=%s", searched.culprit),
    )


@pytest.mark.parametrize("first", [12, 13, 20])
def test_where_nothing_older_can_be_tested_nobody_is_said_never_to_have_been_green(
    history: History, first: int
) -> None:
    searched = history.search("--command", history.command(from_commit(first)))

    oldest = history.git("rev-parse", f"HEAD~{20 - first}")
    assert (6, "inconclusive", None) == (
        searched.status,
        searched.record["verdict"],
        searched.record["culprit"],
    )
    assert f"{oldest[:10]} fails, and nothing older can be tested" == searched.record["why"]
    assert len(history.runs) == len(set(history.runs))
    assert [] == searched.record["candidates"]
    [step] = searched.record["next"]
    assert step.endswith(f" show --stat {oldest[:10]}")


def test_a_green_commit_is_looked_for_in_what_the_oldest_that_fails_merged(
    history: History,
) -> None:
    """A project that was taken in with its history: on the line that took it in there is nothing to test before."""
    history.git("switch", "--quiet", "--orphan", "taker")
    for number in range(3):
        history.write(f"own-{number}", "x\n")
        history.commit(f"own {number}")
    history.git("merge", "--quiet", "--no-edit", "--allow-unrelated-histories", "main")
    history.write("own-3", "x\n")
    history.commit("own 3")

    searched = history.search(
        "--command", history.command("[ -e state ] || exit 125; grep -q good state")
    )

    assert ("found", "commit 12") == (
        searched.record["verdict"],
        history.git("show", "-s", "--format=%s", searched.culprit),
    )


def test_an_older_commit_that_fails_otherwise_is_not_one_of_this_failure(history: History) -> None:
    other = "echo 'FAILED t.py::test_other - OSError: x'; exit 1"
    check = f"[ $(cat number) -ge 9 ] || {{ {other}; }}; "
    check += "grep -q good state || { echo 'FAILED t.py::test_a - KeyError: x'; exit 1; }"
    searched = history.search("--command", history.command(check))

    assert ("found", "commit 12") == (
        searched.record["verdict"],
        history.git("show", "-s", "--format=%s", searched.culprit),
    )


def test_a_green_commit_among_those_that_cannot_be_tested_is_found(history: History) -> None:
    """Doubling passes over it: 9 to 11 can be tested, and 19 and 20."""
    check = "case $(cat number) in 9|1[019]|20) grep -q good state;; *) exit 125;; esac"
    searched = history.search("--command", history.command(check))

    assert history.git("rev-parse", "HEAD~11") == searched.record["good"]


def test_a_test_that_was_written_for_an_old_break_is_not_said_to_be_born_red(
    history: History,
) -> None:
    history.write("tests/test it", "grep -q good state\n")
    history.commit("add a test for what broke long ago, before what can be tested")
    check = "[ $(cat number) -ge 15 ] || exit 125; sh 'tests/test it'"
    searched = history.search("--command", check, "--overlay", "tests/test it")

    assert ("inconclusive", None) == (searched.record["verdict"], searched.record["culprit"])


@pytest.mark.parametrize("command", ["sh 'tests/test it'", "cd tests; ls test* | sh -s; false"])
def test_of_a_folder_that_is_laid_over_the_command_says_which_file_is_the_test(
    history: History, command: str
) -> None:
    history.write("tests/test it", "false\n")
    added = history.commit("add the test")
    history.write("tests/another", "")
    history.commit("add another")
    searched = history.search("--command", command, "--overlay", "tests")

    assert ("born-red", added if "test it" in command else "") == (
        searched.record["verdict"],
        searched.culprit,
    )


def test_a_row_was_added_where_its_function_first_stood(history: History) -> None:
    history.write("tests/test_a.py", "def test_first():\n    pass\n")
    history.commit("add a file")
    history.write(
        "tests/test_a.py", "def test_first():\n    pass\ndef test_row(it):\n    assert 0\n"
    )
    added = history.commit("add the row")
    history.write("tests/test_a.py", "def test_row(it):\n    assert 0\n")
    history.commit("and take another away")
    row = ("--row", "tests/test_a.py::test_row[one]", "--overlay", "tests/")
    searched = history.search("--command", "false", *row)

    assert ("born-red", added) == (searched.record["verdict"], searched.culprit)


@pytest.mark.parametrize(
    ("said", "gap"),
    [
        ({}, None),
        ({1: FAIL, 2: FAIL, 9: FAIL}, None),
        ({1: FAIL, 4: UNTESTABLE}, (1, 4)),
        ({1: UNTESTABLE}, None),
        ({2: UNTESTABLE}, (0, 2)),
        ({1: FAIL, 2: UNTESTABLE, 5: UNTESTABLE}, None),
        ({1: FAIL, 3: UNTESTABLE, 5: FAIL, 8: UNTESTABLE}, (5, 8)),
    ],
)
def test_what_lies_between_the_oldest_that_fails_and_the_next_is_looked_at(
    said: dict[int, Word], gap: tuple[int, int] | None
) -> None:
    assert gap == Line(said).gap
