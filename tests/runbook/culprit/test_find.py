"""The search on real repositories, each time through a real process."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.calls import typed
from runbook.culprit.find import find_offending_commit
from runbook.culprit.options import Options
from tests.runbook.support import completed, is_alive, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.runbook.culprit.conftest import History

GOOD = ("--good", "main~20")
ROW = "tests/test_web.py::test_web"
FLAKY = "n=$(cat '{count}' 2>/dev/null || echo 0); echo $((n + 1)) > '{count}'; "


def subject(history: History, sha: str) -> str:
    return history.git("show", "-s", "--format=%s", sha)


def test_the_culprit_is_found_with_no_more_runs_than_bisection_and_both_ends(
    history: History,
) -> None:
    searched = history.search(*GOOD, "--command", history.command())
    assert (0, "found", "commit 12") == (
        searched.status,
        searched.record["verdict"],
        subject(history, searched.culprit),
    )
    assert len(history.runs) == searched.record["runs"] <= 7
    assert ["number", "state"] == searched.record["culprit"]["files"]
    assert searched.out.splitlines()[-1].startswith(
        f"found: {searched.culprit[:10]} 'commit 12' broke it"
    )


@pytest.mark.parametrize("good", ["main~11", "main~14", "main~17", "main~20"])
def test_git_bisect_makes_at_most_two_runs_less(history: History, good: str) -> None:
    searched = history.search("--good", good, "--command", history.command())
    ours = len(history.runs)
    history.log.unlink()
    history.git("bisect", "start", "main", good)
    log_and_check = f"git rev-parse HEAD >> '{history.log}'; grep -q good state"
    history.git("bisect", "run", "sh", "-c", log_and_check)
    assert searched.culprit == history.git("rev-parse", "bisect/bad")
    assert 0 < ours <= len(history.runs) + 2


def test_what_is_printed_searches_the_same_again_from_any_folder(
    history: History, tmp_path: Path
) -> None:
    searched = history.search(*GOOD, "--command", history.command())
    again = searched.out.partition("  again   ")[2].partition("\n")[0]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(elsewhere)}
    replayed = completed(["sh", "-c", again], cwd=elsewhere, env=environment)
    assert 0 == replayed.returncode, replayed.stderr
    verdict = f"found: {searched.culprit[:10]} 'commit 12' broke it"
    assert replayed.stdout.splitlines()[-1].startswith(verdict)


@pytest.mark.parametrize("asked_from", ["its own project", "another"])
def test_what_is_typed_next_is_typed_where_the_search_was(
    history: History, tmp_path: Path, asked_from: str
) -> None:
    is_own = asked_from == "its own project"
    here = history.root if is_own else tmp_path
    (here / "pyproject.toml").write_text("[tool.runbook]\n", encoding="utf-8")
    searched = completed(
        history.argv(*GOOD, "--command", history.command()),
        cwd=here,
        env=history.environment(tmp_path),
    )
    step = "git show" if is_own else typed(["git", "-C", str(history.root), "show"])
    assert f"  next    {step} " in searched.stdout, searched.stderr


def test_a_commit_whose_run_erred_by_bad_luck_is_run_again(history: History) -> None:
    bad_luck = (
        f"seen='{history.log}'.$RUNBOOK_COMMIT; n=$(cat number); "
        '[ "$n" -lt 10 ] || [ "$n" -gt 15 ] || [ -e "$seen" ] || { touch "$seen"; exit 137; }; '
    )
    searched = history.search(*GOOD, "--command", history.command(bad_luck + "grep -q good state"))
    assert (0, "commit 12") == (searched.status, subject(history, searched.culprit))
    assert len(history.runs) == searched.record["runs"]


def test_a_commit_that_erred_and_cannot_be_tested_keeps_no_other_from_its_second_run(
    history: History,
) -> None:
    bad_luck = (
        f"seen='{history.log}'.$RUNBOOK_COMMIT; n=$(cat number); "
        '[ "$n" -lt 9 ] || [ "$n" -gt 17 ] || { [ -e "$seen" ] && [ "$n" != 10 ]; } || '
        '{ [ -e "$seen" ] && exit 125; touch "$seen"; exit 137; }; '
    )
    searched = history.search(*GOOD, "--command", history.command(bad_luck + "grep -q good state"))
    assert (0, "commit 12") == (searched.status, subject(history, searched.culprit))


def test_of_the_commits_that_err_always_one_is_run_again(history: History) -> None:
    always = '[ "$(cat number)" -lt 10 ] || [ "$(cat number)" -gt 15 ] || exit 137; '
    searched = history.search(*GOOD, "--command", history.command(always + "grep -q good state"))
    assert (6, "inconclusive") == (searched.status, searched.record["verdict"])
    assert 1 == len(history.runs) - len(set(history.runs))
    assert len(history.runs) == searched.record["runs"]


def test_the_json_is_the_contract(history: History) -> None:
    record = history.search(*GOOD, "--command", history.command()).record
    assert {
        "schema",
        "verdict",
        "culprit",
        "probability",
        "candidates",
        "probes",
        "runs",
        "rounds",
        "seconds",
    } <= record.keys()
    assert "culprit/1" == record["schema"]
    assert {"sha", "subject", "author", "date", "files"} == record["culprit"].keys()
    assert {
        "sha": record["culprit"]["sha"],
        "probability": record["probability"],
    } == record["candidates"][0]
    assert all({"sha", "outcome", "seconds", "why"} <= probe.keys() for probe in record["probes"])
    assert history.runs == [probe["sha"] for probe in record["probes"]]


def test_a_second_search_costs_nothing(history: History) -> None:
    first = history.search(*GOOD, "--command", history.command())
    runs = len(history.runs)
    second = history.search(*GOOD, "--command", history.command())
    assert (first.culprit, 0, runs) == (second.culprit, second.record["runs"], len(history.runs))
    fresh = history.search(*GOOD, "--command", history.command(), "--fresh")
    assert (first.culprit, first.record["runs"]) == (fresh.culprit, fresh.record["runs"])
    third = history.search(*GOOD, "--command", history.command())
    assert len(fresh.record["probes"]) == len(third.record["probes"])  # and not those of the first


def test_a_good_end_is_found_by_going_back(history: History) -> None:
    searched = history.search("--command", history.command())
    assert "commit 12" == subject(history, searched.culprit)
    assert len(history.runs) == searched.record["runs"]


def test_a_tag_is_tried_as_a_good_end(history: History) -> None:
    history.git("tag", "v1", "main~11")
    searched = history.search("--command", history.command())
    assert history.git("rev-parse", "v1") == history.runs[0] == searched.record["good"]
    assert "commit 12" == subject(history, searched.culprit)


def test_several_probes_at_once_take_fewer_rounds(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow machine may end the wait for a round early; here every round is waited for."""
    monkeypatch.setattr("runbook.culprit.hunt._PATIENCE", 10_000.0)
    options = Options(history.root, history.command(), good=GOOD[1], jobs=3)

    result = find_offending_commit(options).to_json()

    assert "commit 12" == result["culprit"]["subject"]
    assert result["rounds"] <= 4


def branch(history: History) -> None:
    """Merge a branch that forked before the good end's successor and is broken in its second commit."""
    history.git("switch", "--quiet", "--create", "side", "main~15")
    for number in (1, 2, 3):
        history.write("side", "bad\n" if number > 1 else "good\n")
        history.commit(f"side {number}")
    history.git("switch", "--quiet", "main")
    history.git("merge", "--quiet", "--no-ff", "--message", "merge side", "side")
    history.grow(3, state="bad")


SIDE = "test ! -f side || grep -q good side"


def test_the_culprit_on_a_merged_branch_is_named(history: History) -> None:
    branch(history)
    searched = history.search("--good", "main~12", "--command", history.command(SIDE))
    assert "side 2" == subject(history, searched.culprit)


def test_with_first_parent_the_merge_is_named(history: History) -> None:
    branch(history)
    searched = history.search(
        "--good", "main~12", "--command", history.command(SIDE), "--first-parent"
    )
    assert "merge side" == subject(history, searched.culprit)
    assert ["side"] == searched.record["culprit"]["files"]


def test_what_cannot_be_tested_is_never_bad(history: History) -> None:
    check = 'n=$(cat number); [ "$n" -ge 4 ] && [ "$n" -le 9 ] && exit 125; grep -q good state'
    searched = history.search(*GOOD, "--command", history.command(check))
    assert ("found", "commit 12") == (
        searched.record["verdict"],
        subject(history, searched.culprit),
    )


def test_a_failed_setup_is_never_bad(history: History) -> None:
    setup = 'n=$(cat number); ! { [ "$n" -ge 10 ] && [ "$n" -le 13 ]; }'
    searched = history.search(*GOOD, "--command", history.command(), "--setup", setup)
    assert (6, "inconclusive", None) == (
        searched.status,
        searched.record["verdict"],
        searched.record["culprit"],
    )
    suspects = {subject(history, each["sha"]) for each in searched.record["candidates"][:5]}
    assert {f"commit {number}" for number in range(10, 15)} == suspects
    assert all(
        "fail" != each["outcome"]
        for each in searched.record["probes"]
        if each["why"].startswith("setup")
    )


@pytest.mark.parametrize("ends", [GOOD, ()])
def test_a_setup_that_fails_at_the_ends_too_is_mended_and_not_searched(
    history: History, ends: Sequence[str], tmp_path: Path
) -> None:
    tool = tmp_path / "tool"
    asked = (
        *ends,
        "--command",
        history.command(),
        "--setup",
        f"[ -e '{tool}' ] || {{ echo no tool; exit 1; }}",
    )

    searched = history.search(*asked)

    assert (4, True) == (searched.status, "the set-up fails on each of" in searched.err)
    assert "no tool" in searched.err
    tool.touch()
    assert (
        "found" == history.search(*asked).record["verdict"]
    )  # of the failures nothing is remembered


def test_a_setup_that_fails_at_the_bad_end_alone_is_searched(history: History) -> None:
    setup = 'n=$(cat number); [ "$n" -lt 19 ]'
    searched = history.search(*GOOD, "--command", history.command(), "--setup", setup)
    assert ("found", "commit 12") == (
        searched.record["verdict"],
        subject(history, searched.culprit),
    )


def test_a_test_that_was_never_green_is_born_red(history: History) -> None:
    searched = history.search(*GOOD, "--command", history.command("false"))
    assert (0, "born-red") == (searched.status, searched.record["verdict"])


def test_without_a_good_end_a_test_that_was_never_green_names_who_added_it(
    history: History,
) -> None:
    history.write("tests/test it", "false\n")
    added = history.commit("add the test")
    history.grow(2, state="bad")
    searched = history.search("--command", "sh 'tests/test it'", "--overlay", "tests")
    assert ("born-red", added) == (searched.record["verdict"], searched.culprit)


def test_a_failure_that_does_not_come_back_is_a_flake(history: History) -> None:
    searched = history.search(*GOOD, "--command", history.command("true"))
    assert (0, "not-reproduced") == (searched.status, searched.record["verdict"])


@pytest.mark.parametrize("good", [("--good", "HEAD~3"), ()])
def test_a_break_that_is_not_committed_is_not_searched_for_and_that_is_said(
    history: History, good: tuple[str, ...]
) -> None:
    history.git("reset", "--quiet", "--hard", "HEAD~9")
    history.write("state", "bad\n")
    searched = history.search("--command", history.command(), *good)
    assert "not-reproduced" == searched.record["verdict"]
    assert searched.out.rstrip().endswith("; what is not committed was not run")


@pytest.mark.parametrize(("check", "verdict"), [("true", "not-reproduced"), ("false", "born-red")])
def test_a_repository_of_one_commit_is_run_there(
    history: History, check: str, verdict: str
) -> None:
    history.git("reset", "--quiet", "--hard", history.git("rev-list", "--max-parents=0", "HEAD"))
    searched = history.search("--command", history.command(check))
    assert (0, verdict) == (searched.status, searched.record["verdict"])
    assert 1 == len(history.runs)


def test_a_seeded_flake_is_seen_through(history: History) -> None:
    """Every fifth run of the command fails, whatever the commit."""
    count = history.root.parent / "count"
    check = FLAKY.format(count=count) + "[ $((n % 5)) -ne 2 ] && grep -q good state"
    searched = history.search(*GOOD, "--command", history.command(check), "--confidence", "0.95")
    assert ("found", "commit 12") == (
        searched.record["verdict"],
        subject(history, searched.culprit),
    )


def test_a_flake_without_a_culprit_is_not_blamed_on_anybody(history: History) -> None:
    count = history.root.parent / "count"
    check = FLAKY.format(count=count) + "[ $((n % 5)) -ne 0 ]"
    searched = history.search(*GOOD, "--command", history.command(check), "--confidence", "0.95")
    assert ("not-reproduced", None) == (searched.record["verdict"], searched.record["culprit"])


def test_another_failure_is_not_this_bug(history: History) -> None:
    """From the third commit on another test fails too, and hides what the hunted one says."""
    other = "echo 'FAILED t.py::test_other - OSError: x'; exit 1"
    check = f"n=$(cat number); [ $n -ge 6 ] && [ $n -le 9 ] && {{ {other}; }}; "
    check += "grep -q good state || { echo 'FAILED t.py::test_it - ValueError: y'; exit 1; }"
    searched = history.search(*GOOD, "--command", history.command(check))
    assert "commit 12" == subject(history, searched.culprit)


def test_who_fails_in_another_way_than_a_bad_end_that_was_not_run_is_not_blamed(
    history: History,
) -> None:
    """Until the tip is run without them they are all that fails; the bug itself came while they did."""
    history.write("state", "good\n")
    history.write("hindrance", "")
    good = history.commit("good again")
    for number in range(30):
        if number in {9, 22}:
            history.write("hindrance", "it is there\n" if number == 9 else "")
        if number == 16:
            history.write("state", "bad\n")
        history.write(f"notes/{number}", "x\n")
        history.commit(f"more {number}")
    check = "[ ! -s hindrance ] || { echo 'OSError: x'; exit 1; }; "
    check += "grep -q good state || { echo 'ValueError: y'; exit 1; }"
    searched = history.search("--good", good, "--command", history.command(check))
    assert ("inconclusive", "") == (searched.record["verdict"], searched.culprit)


def test_todays_test_is_laid_over_old_trees(history: History) -> None:
    history.write("tests/test it", "grep -q good state\n")
    searched = history.search(*GOOD, "--command", "sh 'tests/test it'", "--overlay", "tests")
    assert "commit 12" == subject(history, searched.culprit)


def test_commits_that_change_only_what_the_command_cannot_see_are_left_out(
    history: History,
) -> None:
    for number in range(30):
        history.write("docs/page", f"{number}\n")
        history.commit("docs")
    searched = history.search(
        "--good", "main~45", "--command", history.command(), "--unseen", "docs"
    )
    assert ("commit 12", 15) == (subject(history, searched.culprit), searched.record["size"])


def test_in_a_folder_of_the_repository_the_command_and_all_paths_are_of_that_folder(
    history: History,
) -> None:
    below = history.root / "a project"
    history.write("a project/checks/it", "grep -q good app\n")
    history.write("checks/it", "exit 1\n")  # a neighbour's
    for number, state in enumerate(["good"] * 6 + ["bad"] * 5):
        history.write("a project/app", f"{state}\n")
        history.write("a project/notes", f"{number}\n")
        history.commit(f"{state} {number}")
    (below / "checks" / "it").write_text("grep -q good app  # of today\n", encoding="utf-8")

    searched = history.search(
        "--repo", str(below), "--good", "HEAD~10", "--command", history.command("sh checks/it"),
        "--overlay", "checks", "--suspect", "app",
    )  # fmt: skip

    assert "bad 6" == subject(history, searched.culprit)
    assert history.runs[0] in history.git("rev-list", "--max-count=2", searched.culprit).split()


def test_a_commit_without_the_folder_cannot_be_tested(history: History) -> None:
    history.write("a project/app", "bad\n")
    history.commit("begin the project")

    searched = history.search(
        "--repo", str(history.root / "a project"), "--good", "HEAD~3", "--command", "grep -q good app"
    )  # fmt: skip

    assert "inconclusive" == searched.record["verdict"]
    outcomes = {each["outcome"]: each["why"] for each in searched.record["probes"]}
    assert "it has no folder a project" == outcomes["untestable"]


def test_a_suspect_is_looked_at_first_under_any_of_its_names(history: History) -> None:
    history.git("mv", "state", "state now")
    history.commit("rename")
    history.write("other", "x")
    history.commit("other")
    check = "cat state 'state now' 2>/dev/null | grep -q good"
    searched = history.search(
        "--good",
        "main~22",
        "--command",
        history.command(check),
        "--suspect",
        "state now",
        "--dry-run",
    )
    assert 0 == searched.status
    assert 22 == searched.record["size"]
    likeliest = {chance for _, chance in searched.record["likeliest"]}
    assert max(likeliest) > 0.75 / 22


def test_a_dry_run_runs_nothing_and_writes_nothing(history: History) -> None:
    searched = history.search(*GOOD, "--command", history.command(), "--dry-run")
    assert (0, [], 20) == (searched.status, history.runs, searched.record["size"])
    assert not (history.root / ".git" / "runbook").exists()
    assert 0 == history.search("--command", history.command(), "--dry-run").status


def test_names_may_hold_anything(history: History) -> None:
    history.write("a b\n\x01c/d\te", "1\n")
    odd = history.commit("odd \x01 names")
    history.write("state", "worse\n")
    worse = history.commit("worse")
    for good, culprit, check in (
        (f"{odd}~1", odd, "test ! -d 'a b'*"),
        (odd, worse, "! grep -q worse state"),
    ):
        assert (
            culprit == history.search("--good", good, "--command", history.command(check)).culprit
        )


def test_the_command_may_do_what_it_likes_to_its_tree(history: History) -> None:
    check = "grep -q good state; s=$?; git stash -q; git tag t$$; git checkout -q -b b$$; "
    check += "rm -rf .git number; touch junk; exit $s"
    searched = history.search(*GOOD, "--command", history.command(check))
    assert "commit 12" == subject(history, searched.culprit)


def test_a_probe_sees_no_bytecode_of_another_commit(history: History) -> None:
    """Two modules of one size, within one second: Python itself would take the old bytecode for fresh."""
    history.write("answer.py", "VALUE = 1\n")
    good = history.commit("answer")
    history.write("answer.py", "VALUE = 2\n")
    culprit = history.commit("wrong answer")
    python = shlex.quote(sys.executable)
    check = f"touch -d @1700000000 answer.py; {python} -c 'import answer; assert answer.VALUE == 1'"
    searched = history.search("--good", good, "--command", history.command(check))
    assert culprit == searched.culprit


def test_a_probe_shares_neither_home_nor_temporary_files(history: History) -> None:
    check = 'env | grep -E "^(HOME|TMPDIR)=" >> "{log}.env"; '
    check += 'touch "$HOME/x" "$TMPDIR/x"; grep -q good state'
    history.search(*GOOD, "--command", history.command(check.format(log=history.log)))
    places = (history.log.parent / "oracle.log.env").read_text(encoding="utf-8").split("\n")
    assert all(str(history.root.parent / "scratch") in place for place in places if place)
    assert os.environ["HOME"] not in {place.partition("=")[2] for place in places}


# What is wrong with the call, and what the error says.
WRONG = {
    "unknown revision": (("--good", "nonsense"), "'nonsense' names no commit"),
    "the same ends": (("--good", "main"), "are the same commit"),
    "good is no ancestor": (("--good", "main", "--bad", "main~3"), "is no ancestor of"),
    "no command": ((*GOOD, "--command", " "), "there is no command"),
    "no jobs": ((*GOOD, "--jobs", "0"), "--jobs is 0"),
    "a flake rate that says nothing": ((*GOOD, "--flake-rate", "0.5"), "--flake-rate is 0.5"),
    "certainty": ((*GOOD, "--confidence", "1"), "--confidence is 1"),
    "no time": ((*GOOD, "--timeout", "0"), "--timeout is 0"),
    "no number of seconds": ((*GOOD, "--timeout", "nan"), "--timeout is nan"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_call_says_what_is_wrong(history: History, wrong: str) -> None:
    arguments, text = WRONG[wrong]
    searched = history.search("--command", "true", *arguments)
    assert (2, "") == (searched.status, searched.out)
    assert text in searched.err
    assert "Traceback" not in searched.err


@pytest.mark.parametrize("kind", ["bare", "shallow", "none", "missing", "unborn"])
def test_a_repository_that_cannot_be_searched_is_refused(
    history: History, tmp_path: Path, kind: str
) -> None:
    place = tmp_path / "other"
    if kind in ("bare", "shallow"):
        options = ["--bare"] if kind == "bare" else ["--depth", "3"]
        subprocess.run(
            ["git", "clone", "--quiet", *options, history.root.as_uri(), str(place)], check=True
        )
    elif kind != "missing":
        place.mkdir()
    if kind == "unborn":
        subprocess.run(["git", "init", "--quiet", str(place)], check=True)
    searched = history.search("--repo", str(place), "--command", "true")
    assert (2, "") == (searched.status, searched.out)
    assert "Traceback" not in searched.err


def test_submodules_and_large_files_need_a_setup(history: History) -> None:
    history.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    history.commit("lfs")
    searched = history.search(*GOOD, "--command", "true")
    assert (2, True) == (searched.status, "LFS" in searched.err)
    history.git("rm", "--quiet", ".gitattributes")
    history.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    history.git("commit", "--quiet", "--message", "module")
    searched = history.search(*GOOD, "--command", "true")
    assert (2, True) == (searched.status, "submodules" in searched.err)
    assert 0 == history.search(*GOOD, "--command", history.command(), "--setup", "true").status


def test_a_command_that_does_not_exist_is_held_against_no_commit(history: History) -> None:
    searched = history.search(*GOOD, "--command", history.command("no-such-program"))
    assert (4, 3) == (searched.status, len(history.runs))
    assert "127" in searched.err


def test_a_command_that_hangs_is_ended_with_all_that_it_started(history: History) -> None:
    pids = history.root.parent / "pids"
    check = f"sleep 1000 & echo $! >> '{pids}'; echo $$ >> '{pids}'; wait"
    searched = history.search(*GOOD, "--command", history.command(check), "--timeout", "0.2")
    assert (4, True) == (searched.status, "not over after 0.2 s" in searched.err)
    started = [int(pid) for pid in pids.read_text(encoding="utf-8").split()]
    wait_until(lambda: not any(map(is_alive, started)), "the end of all that was started")


def start(history: History, scratch: Path, *arguments: str) -> subprocess.Popen[bytes]:
    scratch.mkdir()
    return subprocess.Popen(
        history.argv(*arguments),
        env=history.environment(scratch),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_search_leaves_nothing_behind_and_can_be_resumed(
    history: History, number: int
) -> None:
    """Two probes are answered, the third hangs, the search is killed; the next one needs neither again."""
    pids, hang = history.root.parent / "pids", history.root.parent / "hang"
    hang.touch()
    check = f"[ $(wc -l < '{history.log}') -gt 2 ] && [ -e '{hang}' ] && "
    check += f"{{ echo $$ > '{pids}'; exec sleep 1000; }}; grep -q good state"
    before = history.snapshot()
    scratch = history.root.parent / "killed"
    process = start(history, scratch, *GOOD, "--command", history.command(check))
    wait_until(
        lambda: pids.exists() and pids.read_text(encoding="utf-8").strip(), "the third probe"
    )
    process.send_signal(number)
    assert process.wait() in (-number, 130)
    wait_until(
        lambda: not is_alive(int(pids.read_text(encoding="utf-8"))), "the end of the command"
    )
    wait_until(lambda: not list(scratch.iterdir()), "the end of its trees")
    assert before == history.snapshot()
    hang.unlink()
    first = history.runs[:2]
    searched = history.search(*GOOD, "--command", history.command(check), "--resume")
    assert "commit 12" == subject(history, searched.culprit)
    assert not set(first) & set(history.runs[3:])


def test_trees_of_a_dead_owner_are_removed_at_the_next_start(history: History) -> None:
    scratch = history.root.parent / "scratch"
    stray, foreign = scratch / "runbook-culprit-stray", scratch / "runbook-culprit-foreign"
    for folder in (stray, foreign):
        (folder / "0" / "tree").mkdir(parents=True)
    (stray / "owner.lock").touch()
    subprocess.run(
        history.argv(*GOOD, "--command", "true"),
        env=history.environment(scratch),
        check=True,
        capture_output=True,
    )
    assert [foreign] == list(scratch.iterdir())
    shutil.rmtree(foreign)


def test_two_searches_at_once_do_not_meet(history: History) -> None:
    scratch = history.root.parent / "other scratch"
    other = start(
        history, scratch, *GOOD, "--command", history.command("grep -q good state # other")
    )
    searched = history.search(*GOOD, "--command", history.command())
    assert (0, "commit 12") == (other.wait(), subject(history, searched.culprit))
    assert [] == list(scratch.iterdir())


def test_a_full_disk_is_an_error_and_leaves_nothing_behind(history: History) -> None:
    """The disk is full for files above 4 KiB, git's packs and trees among them."""
    history.write("large", "x" * 100_000)
    history.commit("large")
    scratch = history.root.parent / "full"
    scratch.mkdir()
    argv = history.argv(*GOOD, "--bad", "main", "--command", "true")
    before = history.snapshot()
    done = completed(
        ["bash", "-c", 'ulimit -f 8; trap "" XFSZ; exec "$@"', "-", *argv],
        env=history.environment(scratch),
    )
    assert done.returncode in (0, 4, 6)
    assert "Traceback" not in done.stderr
    assert before == history.snapshot()
    assert [] == list(scratch.iterdir())


def test_a_clean_tree_is_no_condition(history: History) -> None:
    history.write("state", "uncommitted\n")
    history.write("untracked", "x\n")
    history.git("stash", "push", "--quiet", "--include-untracked")
    history.write("state", "again\n")
    searched = history.search(*GOOD, "--command", history.command())
    assert "commit 12" == subject(history, searched.culprit)


def keep_smoke(history: History, revision: str, outcome: str) -> None:
    """Keep the result of a smoke in which the row ended so, as it was at a revision."""
    commit, tree = history.git("rev-parse", revision, f"{revision}^{{tree}}").split()
    result = {"commit": commit[:7], "tree": tree[:7], "tests": {ROW: outcome}}
    runs = history.root / ".runbook" / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    folder = runs / str(len([*runs.iterdir()]))
    folder.mkdir()
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


def test_a_row_that_smokes_saw_lie_is_doubted_from_the_start(history: History) -> None:
    for revision in ("main~20", "main~19"):
        for outcome in ("passed", "failed"):
            keep_smoke(history, revision, outcome)
    asked = ("--good", "main~15", "--command", history.command())

    believed = history.search(*asked)
    doubted = history.search(*asked, "--row", ROW, "--fresh")

    said = "2 of 4 earlier runs were green, and 2 of 2 states of the source were both green and red"
    assert said in doubted.err
    assert said not in believed.err
    assert "commit 12" == subject(history, doubted.culprit) == subject(history, believed.culprit)
    assert believed.record["runs"] < doubted.record["runs"]
    assert f"--row {ROW}" in doubted.out


def test_what_a_row_did_where_the_culprit_may_be_tells_nothing_of_lies(history: History) -> None:
    keep_smoke(history, "main~20", "passed")
    for revision in ("main~2", "main~1"):
        for outcome in ("passed", "failed"):
            keep_smoke(history, revision, outcome)
    asked = ("--good", "main~15", "--command", history.command())

    searched = history.search(*asked, "--row", ROW)

    assert "1 of 1 earlier runs were green, and none contradicted another" in searched.err
    assert history.search(*asked, "--fresh").record["runs"] == searched.record["runs"]


@pytest.mark.parametrize(
    ("asked", "most"), [("--jobs=1", 30), ("--jobs=4", 30), ("--confidence=0.95", 40)]
)
def test_of_breaks_on_two_branches_one_is_named_and_the_other_can_be_looked_for(
    history: History, asked: str, most: int
) -> None:
    history.git("reset", "--quiet", "--hard", "main~9")
    history.git("switch", "--quiet", "--create", "side", "main~1")
    for name in ("side", "main"):
        history.git("switch", "--quiet", name)
        history.write(f"broken by {name}", "x")
        history.commit(f"break on {name}")
        for more in range(4):
            history.write(f"{name} {more}", "x")
            history.commit(f"{name} {more}")
    history.git("merge", "--quiet", "--no-ff", "--message", "merge", "side")
    command = history.command("! ls | grep -q 'broken by'")

    searched = history.search("--good", "main~12", asked, "--command", command)

    assert "found" == searched.record["verdict"]
    assert subject(history, searched.culprit) in {"break on main", "break on side"}
    assert "fail" == searched.record["tip_without_culprit"]
    assert "  other   " in searched.out
    assert len(history.runs) < most
