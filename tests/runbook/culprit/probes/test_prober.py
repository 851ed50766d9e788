"""What a search keeps of its probes; how they are started and recalled is tested with whole searches."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from runbook.culprit.history import Repository
from runbook.culprit.options import Options
from runbook.culprit.probes.memory import Memory
from runbook.culprit.probes.prober import Prober
from runbook.culprit.probes.probing import Job, ProbeResult, Word
from runbook.errors import EnvironmentNotReady

if TYPE_CHECKING:
    from tests.runbook.support import Repository as TinyRepository

FULL = "git checkout in /tmp/tree: fatal: write error. Out of diskspace"


@pytest.mark.parametrize(
    ("why", "next_step"),
    [(FULL, "set TMPDIR to a folder with space"), ("exit status 127: no such program", "by hand")],
)
def test_where_no_commit_can_be_run_it_is_said_what_to_do(
    repository: TinyRepository, why: str, next_step: str
) -> None:
    prober = prober_of(repository)
    for sha in ("a", "b"):
        prober.keep(ProbeResult(sha, Word.ERROR, 0.0, why))

    with pytest.raises(EnvironmentNotReady, match="none of 3 commits could be run") as refused:
        prober.keep(ProbeResult("c", Word.ERROR, 0.0, why))

    assert why in refused.value.what
    assert next_step in refused.value.next_step


def test_one_commit_that_could_be_run_is_enough(repository: TinyRepository) -> None:
    prober = prober_of(repository)
    for word in (Word.ERROR, Word.PASS, Word.ERROR, Word.ERROR):
        prober.keep(ProbeResult(word, word, 0.0, FULL))
    assert 4 == prober.runs


@pytest.mark.parametrize(("has_begun", "runs"), [(True, 1), (False, 0)])
def test_what_is_cancelled_is_a_run_if_its_command_had_begun(
    repository: TinyRepository, *, has_begun: bool, runs: int
) -> None:
    prober = prober_of(repository)
    vars(prober)["_executor"] = SimpleNamespace(cancel=lambda _: has_begun)

    prober.cancel(Future(), "a")

    assert (runs, runs * [Word.CANCELLED]) == (prober.runs, [each.word for each in prober.results])


@pytest.mark.parametrize("word", [Word.PASS, Word.CONFLICT])
def test_what_was_over_before_it_could_be_cancelled_counts_for_what_it_was(
    repository: TinyRepository, word: Word
) -> None:
    prober, over = prober_of(repository), Future[ProbeResult]()
    over.set_result(ProbeResult("a", word, 0.0))

    prober.cancel(over, "a")

    assert int(word is Word.PASS) == prober.runs  # for a conflict nothing was run


@pytest.mark.parametrize(
    ("asked", "believed"),
    [
        ({}, {"of today"}),
        ({"resume": True}, {"of today", "of long ago"}),
        ({"fresh": True}, set()),
    ],
)
def test_what_is_remembered_is_believed_for_a_day_or_as_long_as_it_is_wished(
    repository: TinyRepository, asked: dict[str, bool], believed: set[str]
) -> None:
    common = Repository(repository.root).common
    memory, now = Memory(common / "runbook" / "culprit", Job("true")), time.time()
    memory.add("of today", ProbeResult("a", Word.PASS, 0.0), at=now - 23 * 3600)
    memory.add("of long ago", ProbeResult("b", Word.PASS, 0.0), at=now - 25 * 3600)

    assert believed == set(prober_of(repository, **asked).past)


def prober_of(repository: TinyRepository, **asked: Any) -> Prober:
    """A prober that starts nothing; the names of commits are given with their trees."""
    searched = Repository(repository.root)
    vars(searched)["tree"] = lambda sha: sha
    nobody = cast("Any", None)
    options = replace(Options(repository.root, "true"), **asked)
    return Prober(options, searched, nobody, Job("true"))
