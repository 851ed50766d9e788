"""Prove a culprit on the tip: taken out of it, the failure must be gone; and tell the latest break from an earlier one.

A test that broke, was mended and broke again has two culprits, and a search by halves may end at either. The one that
is asked for is the last on the way to the bad end: taking out the earlier one does not mend the tip.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from runbook.culprit.probes.probing import Word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runbook.culprit.history import Commit
    from runbook.culprit.hunt import Hunt
    from runbook.culprit.probes.prober import Prober
    from runbook.culprit.probes.probing import ProbeResult

_RED_TOO = "the tip is red without it too: another commit breaks it as well"
_MOST_GUESSES = 3  # later commits on the culprit's files that are looked behind


class Tip(StrEnum):
    """What the tip does without the culprit."""

    GREEN = "pass"
    RED = "fail"
    CONFLICT = "conflict"  # it cannot be taken out: later commits are built upon it
    UNKNOWN = "untestable"
    UNSETTLED = "unsettled"  # green and red by turns: the command lies


@dataclass(frozen=True, slots=True)
class Proof:
    """The last of three proofs; the other two, itself red and its parents green, the search has made.

    Attributes:
        tip: What the tip does without the culprit.
        why: For a person; empty where it is green.
    """

    tip: Tip
    why: str = ""


_IS_THE_TIP = Proof(Tip.GREEN, "it is the tip: without it there is its parent")
_FADED = Proof(Tip.UNSETTLED, "what was red before is green now")


def prove(hunt: Hunt, site: int, tip: str) -> Proof:
    """Say what the tip does without the culprit.

    Where the command may lie these runs were a part of the search. Else they come now: what the first one says is
    believed, unless a second one contradicts it. Whoever is wary has what was red be red again, too.

    Args:
        hunt: The search that named the culprit.
        site: The culprit's number.
        tip: The commit to take it out of.
    """
    culprit = hunt.range.commits[site]
    if culprit.sha == tip and culprit.parents:
        return _IS_THE_TIP if _is_red_again(hunt, site) else _FADED
    if hindrance := hunt.hindrance(site):
        return _read(hunt, hindrance)
    return _judge_tip(hunt, site)


def _judge_tip(hunt: Hunt, site: int) -> Proof:
    """Run the tip without the culprit until it is judged."""
    if hunt.state.demands.one_of_several() == site:
        return Proof(Tip.RED, _RED_TOO)
    has_passed = False
    while not hunt.state.demands.judge_tip(site):
        if has_passed and not _is_red_again(hunt, site):
            return _FADED
        proof = _read(hunt, hunt.run_tip(site))
        if proof.tip is Tip.RED and has_passed:
            hunt.learn_of_tip(site)
            return Proof(Tip.UNSETTLED, "the tip without it is green and red by turns")
        if proof.tip is not Tip.GREEN:
            return proof
        hunt.learn_of_tip(site)
        has_passed = True
    return Proof(Tip.GREEN)


def _is_red_again(hunt: Hunt, site: int) -> bool:
    """Run what must be red once more, as long as something must; whether it was."""
    while (
        hunt.state.demands.is_presumed_steady
        and (again := hunt.state.demands.red_again(site)) is not None
    ):
        hunt.run_again(again)
    return hunt.state.demands.is_presumed_steady


def _read(hunt: Hunt, result: ProbeResult) -> Proof:
    if result.word is Word.PASS:
        return Proof(Tip.GREEN)
    if result.word is Word.CONFLICT:
        return Proof(Tip.CONFLICT, result.why)
    if result.word is Word.FAIL and not hunt.is_other_failure(result):
        return Proof(Tip.RED, _RED_TOO)
    return Proof(Tip.UNKNOWN, result.why or "another failure hides this one")


def green_again(
    hunt: Hunt, prober: Prober, culprit: Commit, proof: Proof, undone_by: Sequence[str] = ()
) -> str:
    """Return a commit after the culprit that is green, so that the culprit is not the latest break; else nothing.

    Where the culprit cannot be taken out, or was undone once, one run is spent on it; where the tip stays red without
    it, more.

    Args:
        hunt: The search that named the culprit.
        prober: Runs and remembers.
        culprit: The commit.
        proof: What the tip does without it.
        undone_by: Later commits that undid it, newest first: what did it once more may have been taken out with it.
    """
    if not hunt.state.seen.is_consistent or proof.tip not in (Tip.RED, Tip.CONFLICT, Tip.GREEN):
        return ""
    behind = () if proof.tip is Tip.GREEN else _behind_later_changes(hunt, culprit)
    guesses = (*undone_by, *behind)
    most = _MOST_GUESSES if proof.tip is Tip.RED else 1
    further = _doubling_back(hunt, culprit) if proof.tip is Tip.RED else ()
    known = {each.sha: each.word for each in prober.results if not each.without}
    for sha in dict.fromkeys((*guesses[:most], *further)):
        word = known.get(sha) or prober.ask(sha).word
        if word is Word.PASS:
            return str(sha)
    return ""


def _behind_later_changes(hunt: Hunt, culprit: Commit) -> list[str]:
    """Return the commits before later changes of the culprit's files, newest first: there it may have been mended."""
    files = {change.path for change in culprit.changes}
    return [
        commit.parents[0]
        for commit in reversed(list(hunt.after(culprit)))
        if len(commit.parents) == 1
        and commit.parents[0] != culprit.sha
        and files & {name for change in commit.changes for name in (change.path, change.was)}
    ]


def _doubling_back(hunt: Hunt, culprit: Commit) -> Iterator[str]:
    """Yield the first, second, fourth... commit before the bad end, of those that have the culprit."""
    later = [commit.sha for commit in hunt.after(culprit)]
    steps = max(len(later) - 1, 0).bit_length()  # none where it is the bad end itself
    yield from (later[-1 - (1 << step)] for step in range(steps))
