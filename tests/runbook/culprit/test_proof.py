"""The proof on the tip, and which of several breaks is the culprit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.core.search import Word
from runbook.culprit.find import find_offending_commit
from runbook.culprit.options import Options
from tests.runbook.culprit.conftest import History
from tests.runbook.support import completed

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.culprit.report import Result


@pytest.fixture
def lines(tmp_path: Path) -> History:
    """An empty repository; each commit of `change` touches one file of its own."""
    root = tmp_path / "lines"
    root.mkdir()
    made = History(root)
    made.init()
    return made


def change(history: History, count: int, *, name: str = "noise") -> None:
    for _ in range(count):
        number = history.git("rev-list", "--count", "--all") if (history.root / "a").exists() else 0
        history.write(f"{name}-{number}", "x\n")
        history.write("a", (history.root / "a").read_text() if number else "good\n")
        history.commit(f"{name} {number}")


def write_a(history: History, text: str, subject: str) -> str:
    history.write("a", text)
    return history.commit(subject)


CHECK = "grep -q good a"


@pytest.mark.parametrize("before", [3, 13])
def test_the_culprit_is_proved_on_the_tip_within_the_runs_of_bisection_and_both_ends(
    lines: History, before: int
) -> None:
    change(lines, before)
    culprit = write_a(lines, "bad\n", "break it")
    change(lines, 31 - before)

    searched = lines.search("--good", "HEAD~31", "--command", lines.command(CHECK))

    assert (culprit, "pass") == (searched.culprit, searched.record["tip_without_culprit"])
    assert searched.record["probes"][-1]["without"] == culprit
    assert lines.runs[-1] == lines.git("rev-parse", "HEAD")
    assert len(lines.runs) == searched.record["runs"] <= 5 + 2
    assert "  tip     without it the tip is green" in searched.out.splitlines()


def test_a_tip_that_is_the_culprit_needs_no_run_of_its_own(lines: History) -> None:
    change(lines, 8)
    culprit = write_a(lines, "bad\n", "break it")

    searched = lines.search("--good", "HEAD~8", "--command", lines.command(CHECK))

    assert (culprit, "pass") == (searched.culprit, searched.record["tip_without_culprit"])
    assert not any(probe["without"] for probe in searched.record["probes"])


def test_a_merge_that_is_the_tip_needs_no_run_of_its_own_either(lines: History) -> None:
    """Each of its parents is green: only together they break it."""
    change(lines, 4)
    lines.git("checkout", "--quiet", "-b", "side")
    lines.write("b", "good\n")
    lines.commit("add b")
    lines.git("checkout", "--quiet", "main")
    write_a(lines, "bad\n", "break what b needs")
    lines.git("merge", "--quiet", "--no-edit", "side")

    searched = lines.search(
        "--good", "HEAD~4", "--command", lines.command(f"[ ! -e b ] || {CHECK}")
    )

    assert lines.git("rev-parse", "HEAD") == searched.culprit
    assert "pass" == searched.record["tip_without_culprit"]
    assert not any(probe["without"] for probe in searched.record["probes"])


@pytest.mark.parametrize("first", range(3, 20, 4))
def test_broke_mended_and_broke_again_names_the_latest(lines: History, first: int) -> None:
    """Wherever the halves fall, the search must not end at the earlier break."""
    change(lines, first)
    write_a(lines, "bad\n", "break it")
    change(lines, 3)
    write_a(lines, "good again\n", "mend it")
    change(lines, 4)
    latest = write_a(lines, "bad again\n", "break it again")
    change(lines, 22 - first)

    searched = lines.search("--good", "HEAD~31", "--command", lines.command(CHECK))

    assert ("found", latest) == (searched.record["verdict"], searched.culprit)


@pytest.mark.parametrize("before", range(3, 20, 4))
def test_what_was_undone_and_done_once_more_is_blamed_on_the_latest(
    lines: History, before: int
) -> None:
    """Taken out of the tip, the first time mends it as well: both did the same."""
    lines.write("b", "one\n")
    change(lines, before)
    lines.write("b", "two\n")
    first = write_a(lines, "bad\n", "do it")
    change(lines, 3)
    lines.git("revert", "--no-edit", first)
    change(lines, 4)
    lines.git("cherry-pick", first)
    latest = lines.git("rev-parse", "HEAD")
    change(lines, 22 - before)

    searched = lines.search("--good", "HEAD~31", "--command", lines.command(CHECK))

    assert ("found", latest) == (searched.record["verdict"], searched.culprit)


def test_what_was_undone_while_something_else_was_broken_is_not_cleared(lines: History) -> None:
    """The commit that undid it is red for a reason that is gone by now."""
    lines.write("b", "good\n")
    change(lines, 3)
    first = write_a(lines, "bad\n", "break a")
    change(lines, 2)
    lines.write("b", "bad\n")
    lines.commit("break b")
    lines.git("revert", "--no-edit", first)
    lines.git("cherry-pick", first)
    lines.write("b", "good\n")
    lines.commit("mend b")
    change(lines, 24)

    searched = lines.search(
        "--good", "HEAD~32", "--command", lines.command("grep -q good a && grep -q good b")
    )

    assert ("found", first) == (searched.record["verdict"], searched.culprit)


@pytest.mark.parametrize(("asked", "most"), [((), 13), (("--confidence", "0.95"), 30)])
def test_two_breaks_of_which_neither_mends_the_tip_are_told(
    lines: History, asked: tuple[str, ...], most: int
) -> None:
    lines.write("b", "good\n")
    change(lines, 6)
    first = write_a(lines, "bad\n", "break a")
    change(lines, 4)
    lines.write("b", "bad\n")
    second = lines.commit("break b")
    change(lines, 3)

    searched = lines.search(
        *("--good", "HEAD~13", *asked),
        *("--command", lines.command("grep -q good a && grep -q good b")),
    )

    assert (first, "fail") == (searched.culprit, searched.record["tip_without_culprit"])
    assert first == searched.record["candidates"][0]["sha"]
    assert searched.record["runs"] == searched.record["rounds"]  # one at a time
    assert searched.record["runs"] <= most
    assert "another commit breaks it as well" in searched.out

    (other,) = re.findall(r"^  other   (.*)$", searched.out, re.MULTILINE)
    found = completed(["sh", "-c", other])
    assert f"found: {second[:10]}" in found.stdout
    assert "without it the tip is green" in found.stdout


def test_a_merge_that_is_one_of_two_breaks_is_taken_out_by_its_first_parent(
    lines: History,
) -> None:
    lines.write("b", "good\n")
    change(lines, 2)
    lines.git("switch", "--quiet", "--create", "side")
    lines.write("left", "x\n")
    lines.commit("needs what main lacks")
    lines.git("switch", "--quiet", "main")
    lines.write("right", "x\n")
    lines.commit("and main what it lacks")
    lines.git("merge", "--quiet", "--no-ff", "--message", "both", "side")
    change(lines, 2)
    lines.write("b", "bad\n")
    lines.commit("break b")
    check = "! { test -e left && test -e right; } && grep -q good b"

    found = find_offending_commit(Options(lines.root, check, good="main~5"))

    assert (True, "both") == (found.is_merge, found.culprit and found.culprit.subject)
    assert "git revert --no-commit --mainline 1" in found.search_besides()


def test_of_a_command_that_lies_two_breaks_are_left_open(lines: History) -> None:
    lines.write("b", "good\n")
    change(lines, 6)
    first = write_a(lines, "bad\n", "break a")
    change(lines, 4)
    lines.write("b", "bad\n")
    lines.commit("break b")
    change(lines, 3)

    lie = f'[ "$RUNBOOK_COMMIT $RUNBOOK_ATTEMPT" != "{first} 2" ] || exit 0; '
    searched = lines.search(
        "--good", "HEAD~13", "--confidence", "0.9",
        "--command", lines.command(lie + "grep -q good a && grep -q good b"),
    )  # fmt: skip

    assert ("inconclusive", "") == (searched.record["verdict"], searched.culprit)
    assert first == searched.record["candidates"][0]["sha"]
    assert "the tip is red without it too" in searched.record["why"]


def test_a_command_that_lies_must_pass_more_than_once_on_the_tip_without_the_culprit(
    lines: History,
) -> None:
    change(lines, 10)
    culprit = write_a(lines, "bad\n", "break it")
    change(lines, 9)

    searched = lines.search(
        "--good", "HEAD~19", "--confidence", "0.95", "--command", lines.command(CHECK)
    )

    assert (culprit, "pass") == (searched.culprit, searched.record["tip_without_culprit"])
    assert 2 <= sum(bool(probe["without"]) for probe in searched.record["probes"]) <= 6


def test_what_later_commits_are_built_upon_cannot_be_taken_out(lines: History) -> None:
    change(lines, 5)
    culprit = write_a(lines, "bad\n", "break it")
    change(lines, 2)
    write_a(lines, "bad and more\n", "build upon it")
    change(lines, 3)

    searched = lines.search("--good", "HEAD~11", "--command", lines.command(CHECK))

    assert (culprit, "conflict") == (searched.culprit, searched.record["tip_without_culprit"])
    assert len(lines.runs) == searched.record["runs"] == len(searched.record["probes"])
    assert (
        "not proved by its revert: later commits are built upon it: it cannot be reverted by itself"
        in searched.out.splitlines()[-1]
    )


def test_a_flake_that_fooled_the_halves_is_noticed_on_the_tip(lines: History) -> None:
    """The first run, of a good commit, fails for once: the tip without the one that is blamed stays red."""
    change(lines, 20)
    culprit = write_a(lines, "bad\n", "break it")
    change(lines, 11)
    once = lines.root.parent / "once"
    lie = f"[ ! -e '{once}' ] && {{ touch '{once}'; exit 1; }}; "

    searched = lines.search("--good", "HEAD~31", "--command", lines.command(lie + CHECK))

    assert lines.runs[0] in lines.git("rev-list", f"{culprit}^").split()
    assert ("found", culprit) == (searched.record["verdict"], searched.culprit)


def test_the_proof_is_remembered_too(lines: History) -> None:
    change(lines, 6)
    culprit = write_a(lines, "bad\n", "break it")
    change(lines, 6)
    arguments = ("--good", "HEAD~12", "--command", lines.command(CHECK))
    lines.search(*arguments)
    runs = len(lines.runs)

    again = lines.search(*arguments)

    assert (culprit, "pass", runs) == (
        again.culprit,
        again.record["tip_without_culprit"],
        len(lines.runs),
    )


@pytest.mark.parametrize("break_at", [29, 31])
def test_what_fades_while_it_is_proved_is_not_reverted(lines: History, break_at: int) -> None:
    """The command is red on bad commits three times, and then no more: nothing contradicts until the proof."""
    change(lines, break_at)
    culprit = write_a(lines, "bad\n", "break it")
    change(lines, 31 - break_at)
    reds = lines.log.with_name("reds")
    fades = f"grep -q good a || {{ echo >> '{reds}'; [ $(wc -l < '{reds}') -gt 3 ]; }}"
    options = Options(lines.root, lines.command(fades), good="HEAD~31")
    assert culprit == found(find_offending_commit(options))
    reds.unlink()

    again = find_offending_commit(replace(options, is_wary=True, fresh=True))

    assert "" == found(again)


def found(result: Result) -> str:
    """The commit that was named, or nothing."""
    return result.culprit.sha if result.word is Word.FOUND and result.culprit else ""


def test_a_good_commit_that_failed_by_chance_is_run_again_where_it_cannot_be_taken_out(
    lines: History,
) -> None:
    change(lines, 8)
    innocent = write_a(lines, "good too\n", "touch it")
    lines.write("b", "bad\n")
    culprit = lines.commit("break it")
    change(lines, 2)
    write_a(lines, "good as well\n", "build upon it")
    change(lines, 3)
    failed_once = lines.root.parent / "failed-once"
    flake = f"[ $(git rev-parse HEAD) != {innocent} ] || [ -e '{failed_once}' ] || ! touch '{failed_once}'"

    searched = lines.search(
        "--good", "HEAD~15", "--command", lines.command(f"{{ {flake}; }} && [ ! -e b ]")
    )

    assert failed_once.exists()
    assert culprit == searched.culprit
