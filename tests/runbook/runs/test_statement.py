"""The in-toto statement of a run: it says no more than what is known."""

from __future__ import annotations

import pytest

from runbook.runs.source_state import SourceState
from runbook.runs.statement import test_result as statement_of
from runbook.runs.verdict import Outcome, Word

COMMIT, TREE = "c" * 40, "d" * 40
OUTCOMES = dict(zip(("a", "b", "c", "d"), Outcome, strict=True))
DIGESTS = {"manifest": "e" * 64}


def source(*, is_dirty: bool | None) -> SourceState:
    return SourceState("c" * 7, "d" * 7, is_dirty, commit_id=COMMIT, tree_id=TREE)


def test_it_has_the_shape_that_the_predicate_asks_for() -> None:
    assert {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "source", "digest": {"gitTree": TREE, "gitCommit": COMMIT}}],
        "predicateType": "https://in-toto.io/attestation/test-result/v0.1",
        "predicate": {
            "result": "FAILED",
            "configuration": [{"name": "manifest", "digest": {"sha256": "e" * 64}}],
            "passedTests": ["a"],
            "warnedTests": ["c", "d"],
            "failedTests": ["b"],
        },
    } == statement_of(source(is_dirty=False), Word.RED, OUTCOMES, DIGESTS)


@pytest.mark.parametrize(
    ("word", "result"),
    [(Word.GREEN, "PASSED"), (Word.PARTIAL, "WARNED"), (Word.RED, "FAILED")],
)
def test_partial_is_a_warning(word: Word, result: str) -> None:
    said = statement_of(source(is_dirty=False), word, {}, {})

    assert said is not None
    assert result == said["predicate"]["result"]


@pytest.mark.parametrize("is_dirty", [True, None])
def test_an_edited_tree_is_not_called_by_its_commit(*, is_dirty: bool | None) -> None:
    said = statement_of(source(is_dirty=is_dirty), Word.GREEN, {}, {})

    assert said is not None
    assert [{"name": "source", "digest": {"gitTree": TREE}}] == said["subject"]


def test_of_what_is_unknown_nothing_is_said() -> None:
    assert statement_of(SourceState(), Word.GREEN, {}, {}) is None
