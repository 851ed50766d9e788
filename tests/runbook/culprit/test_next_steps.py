"""What a search says to type next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runbook.culprit.core.search import Word
from runbook.culprit.next_steps import next_steps
from runbook.culprit.probes.probing import ProbeResult
from runbook.culprit.probes.probing import Word as Said
from runbook.culprit.proof import Proof, Tip
from tests.runbook.culprit.test_report import CULPRIT, RESULT

if TYPE_CHECKING:
    from runbook.culprit.report import Result

PROVED = replace(RESULT, proof=Proof(Tip.GREEN))
OPEN = replace(RESULT, word=Word.INCONCLUSIVE, culprit=None)


@pytest.mark.parametrize(
    ("own", "mainline"),
    [(PROVED, ""), (replace(PROVED, is_merge=True), " --mainline 1")],
    ids=["plain", "merge"],
)
def test_a_culprit_is_reverted_and_smoked_in_its_project_and_only_reverted_elsewhere(
    own: Result, mainline: str
) -> None:
    assert (
        f"bin/invoke revert-and-resmoke --commit cccccccccc{mainline} --dry-run",
        "git show cccccccccc",
    ) == next_steps(own)
    assert (
        f"git -C '/far/a way' revert{mainline} cccccccccc",
        "git -C '/far/a way' show cccccccccc",
    ) == next_steps(replace(own, elsewhere="/far/a way"))


def test_where_somebody_else_breaks_the_tip_too_that_one_is_looked_for_first() -> None:
    both = replace(PROVED, proof=Proof(Tip.RED), besides=("--setup", "take it out"))
    first, *others = next_steps(both)
    assert first == both.search_besides()
    assert others == list(next_steps(PROVED))


def test_what_cannot_be_taken_out_is_not_told_to_be_reverted() -> None:
    culprit = replace(CULPRIT, files=("a b.py",))
    stuck = replace(PROVED, culprit=culprit, proof=Proof(Tip.CONFLICT))
    show, built_upon, doubt = next_steps(stuck)
    assert "git show cccccccccc" == show
    assert "git log --oneline cccccccccc..eeeeeeeeee -- 'a b.py'" == built_upon
    assert f"{stuck.replay()} --confidence 0.95" == doubt
    assert (show, built_upon) == next_steps(replace(stuck, asked=("--confidence", "0.99")))


def test_where_the_disk_was_full_it_is_freed_before_anything_else() -> None:
    erred = ProbeResult("a" * 40, Said.ERROR, 0.1, "No space left on device")
    first, second, *_ = next_steps(replace(OPEN, probes=(erred, erred)))
    assert "free the place, or set TMPDIR to a folder with space" == first
    assert OPEN.replay() == second


def test_a_good_end_that_is_red_is_looked_for_anew() -> None:
    born = replace(RESULT, word=Word.BORN_RED)
    search, show = next_steps(born)
    assert born.replay_from_nowhere() == search
    assert "--good" not in search
    assert "git show cccccccccc" == show
    assert (show,) == next_steps(replace(born, good=""))
    assert () == next_steps(replace(born, good="", culprit=None))


@pytest.mark.parametrize(
    ("asked", "doubts"), [((), 1), (("--confidence", "0.9"), 0), (("--flake-rate", "0.2"), 0)]
)
def test_who_found_nobody_may_doubt_the_command_once(asked: tuple[str, ...], doubts: int) -> None:
    flake = replace(RESULT, word=Word.NOT_REPRODUCED, culprit=None, asked=asked)
    assert doubts * [f"{flake.replay()} --confidence 0.95"] == list(next_steps(flake))


def test_what_is_left_open_goes_on_unless_something_hinders_it() -> None:
    show, further = next_steps(OPEN)
    assert "git show --stat cccccccccc bbbbbbbbbb" == show
    assert f"{OPEN.replay()} --resume" == further
    for word in (Said.UNTESTABLE, Said.ERROR):
        hindered = replace(OPEN, probes=(ProbeResult("c" * 40, word, 1.0),))
        assert (show,) == next_steps(hindered)
    assert (further,) == next_steps(replace(OPEN, candidates=()))


@pytest.mark.parametrize("word", [Word.INCONCLUSIVE, Word.BORN_RED, Word.NOT_REPRODUCED])
def test_where_nobody_is_named_what_was_remembered_may_be_seen_anew(word: Word) -> None:
    """What the command needs may have been mended since."""
    probe = ProbeResult("a" * 40, Said.FAIL, 0.1, "it lacks a module")
    seen = replace(OPEN, word=word, probes=(probe,))
    known = replace(seen, probes=(probe, replace(probe, remembered=True)))
    assert (*next_steps(seen), f"{known.replay()} --fresh") == next_steps(known)
