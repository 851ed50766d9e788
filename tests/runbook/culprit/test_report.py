"""What people and scripts read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runbook.culprit.core.search import Word
from runbook.culprit.history import Description
from runbook.culprit.probes.probing import ProbeResult, classify
from runbook.culprit.probes.probing import Word as Said
from runbook.culprit.proof import Proof, Tip
from runbook.culprit.report import Plan, Result, headline, notes, render, render_plan
from runbook.exit_codes import ExitCode

CULPRIT = Description(
    "c" * 40,
    "break 'it'\x1b[31m",
    "Ada <ada@example.org>",
    "2026-01-01T00:00:00+00:00",
    ("app.py",),
)
RESULT = Result(
    word=Word.FOUND,
    probability=0.987,
    culprit=CULPRIT,
    candidates=(("c" * 40, 0.987), ("b" * 40, 0.01), ("a" * 40, 1e-6)),
    probes=(ProbeResult("c" * 40, Said.FAIL, 1.25, "exit status 1"),),
    good="d" * 40,
    bad="e" * 40,
    size=512,
    runs=11,
    rounds=11,
    seconds=12.5,
    good_fails=1e-5,
    bad_passes=1e-5,
    why="",
    command="sh 'a b'",
)


def test_the_last_line_is_the_verdict_and_forges_nothing() -> None:
    text = render(RESULT)
    assert text.splitlines()[-1].startswith("found: cccccccccc")
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("word", "start", "code"),
    [
        (Word.FOUND, "found:", ExitCode.GREEN),
        (Word.BORN_RED, "born-red:", ExitCode.GREEN),
        (Word.NOT_REPRODUCED, "not-reproduced:", ExitCode.GREEN),
        (Word.INCONCLUSIVE, "inconclusive: for a reason", ExitCode.INCONCLUSIVE),
    ],
)
def test_each_verdict_has_its_line_and_exit_code(word: Word, start: str, code: ExitCode) -> None:
    result = replace(
        RESULT, word=word, culprit=CULPRIT if word is Word.FOUND else None, why="for a reason"
    )
    assert headline(result).startswith(start)
    assert code is result.exit_code
    assert headline(result) == render(result).splitlines()[-1]


@pytest.mark.parametrize(
    ("proof", "said"),
    [
        (Proof(Tip.GREEN), ""),
        (Proof(Tip.RED, "the tip is red"), "; not proved by its revert: the tip is red"),
        (Proof(Tip.UNKNOWN, "no space"), "; not proved by its revert: no space"),
    ],
)
def test_what_its_revert_has_not_proved_is_said_with_the_verdict(proof: Proof, said: str) -> None:
    """Who reads one line alone must not take a suspicion for a proof."""
    assert headline(replace(RESULT, proof=proof)).endswith(f"broke it (98.7% sure){said}")


def test_runs_that_were_ended_early_are_counted_and_told() -> None:
    """Such a command may have been ended before it did what its own log would show."""
    assert "  runs    11 in 11 rounds and 12.5 s" in render(RESULT).splitlines()
    ended = (*RESULT.probes, *(2 * [ProbeResult("b" * 40, Said.CANCELLED, 0.0)]))
    text = render(replace(RESULT, probes=ended))
    assert "  runs    11, 2 of them ended early, in 11 rounds and 12.5 s" in text.splitlines()


def test_a_flake_is_told_with_the_runs_that_were_seen() -> None:
    probes = [
        ProbeResult(each * 40, word, 1.0, "") for each, word in zip("abc", Said, strict=False)
    ]
    probes += [ProbeResult("d" * 40, Said.PASS, 1.0, "")]
    flake = replace(RESULT, word=Word.NOT_REPRODUCED, culprit=None, probes=tuple(probes))
    passes = [each.word for each in probes].count(Said.PASS)
    assert f"it failed in 1 of {1 + passes} runs (98.7% sure)" in headline(flake)
    green = replace(flake, probes=tuple(probes[-1:]), why="it is the weather")
    assert headline(green).endswith("it failed in none of 1 runs (98.7% sure); it is the weather")


def test_a_bad_end_that_passes_where_others_failed_is_named() -> None:
    probes = (ProbeResult("b" * 40, Said.FAIL, 1.0, ""), ProbeResult("e" * 40, Said.PASS, 1.0, ""))
    mended = replace(RESULT, word=Word.NOT_REPRODUCED, culprit=None, probes=probes)
    assert headline(mended).endswith("(98.7% sure); eeeeeeeeee, the bad end, passes")
    flaky = replace(mended, probes=(*probes, replace(probes[1], word=Said.FAIL)))
    assert headline(flaky).endswith("it failed in 2 of 3 runs (98.7% sure)")


def test_where_runs_were_out_of_time_it_is_said_how_that_would_count_as_a_failure() -> None:
    _, why = classify(None, 2)
    late = ProbeResult("b" * 40, Said.ERROR, 2.0, f"{why}: and what it printed")
    failed = ProbeResult("c" * 40, Said.FAIL, 2.0, f"exit status 1: {why}")
    open_ = replace(RESULT, word=Word.INCONCLUSIVE, culprit=None, why="for a reason")
    assert "inconclusive: for a reason" == headline(replace(open_, probes=(failed,)))
    assert (
        "inconclusive: for a reason; 2 runs were not over in time, which is held against no commit: "
        "where that is the failure, begin the command with 'timeout SECONDS'"
    ) == headline(replace(open_, probes=(failed, late, late)))


def test_what_is_born_red_was_red_at_the_good_end_or_back_to_the_root() -> None:
    born = replace(RESULT, word=Word.BORN_RED, culprit=None)
    assert "born-red: dddddddddd, the good end, is red too (98.7% sure)" == headline(born)
    assert "born-red: it was never green (98.7% sure)" == headline(replace(born, good=""))


def test_the_replay_is_a_command_that_a_shell_takes() -> None:
    assert f"--good {'d' * 40} --bad {'e' * 40} --command 'sh '\"'\"'a b'\"'\"''" in RESULT.replay()
    assert "\n" not in replace(RESULT, command="first\nsecond").replay()
    asked = replace(RESULT, asked=("--overlay", "a b")).replay()
    assert f"--bad {'e' * 40} --overlay 'a b' --command " in asked


def test_the_json_leaves_out_who_is_as_good_as_innocent() -> None:
    assert ["c" * 40, "b" * 40] == [each["sha"] for each in RESULT.to_json()["candidates"]]


def test_the_limit_is_that_of_the_channel() -> None:
    assert pytest.approx(9, abs=0.01) == RESULT.least_runs
    assert (
        pytest.approx(9 / 0.278, rel=0.01)
        == replace(RESULT, good_fails=0.2, bad_passes=0.2).least_runs
    )


def test_a_suspicious_culprit_is_flagged() -> None:
    assert ["it changes nothing but text: look twice"] == notes(
        replace(CULPRIT, files=("README.md", "docs/a b"))
    )
    assert [] == notes(CULPRIT)


@pytest.mark.parametrize(
    ("lock", "before"), [("requirements/fast.txt", "before.txt"), ("uv.lock", "before.lock")]
)
def test_a_culprit_that_moved_a_lock_is_handed_over(lock: str, before: str) -> None:
    (note,) = notes(replace(CULPRIT, files=("app.py", lock)))
    assert f"git show '{CULPRIT.sha[:10]}^:{lock}' > {before}" in note
    assert f"find-offending-upgrade --project . --baseline {before} --command" in note


def test_locks_that_the_search_of_upgrades_cannot_read_are_only_pointed_at() -> None:
    (note,) = notes(replace(CULPRIT, files=("go.sum",)))
    assert "it changes locked dependencies: see which ones moved in go.sum" == note


def test_a_plan_is_shown() -> None:
    planned = Plan("d" * 40, "e" * 40, 512, 11, ("c" * 40,), (("c" * 40, 0.01),))
    assert "512 commits" in render_plan(planned)
    assert "would look for a good end" in render_plan(replace(planned, good=""))
