"""A run as an in-toto statement, unsigned: what was tested, how, and what came of it. Pure.

The shapes are those of https://github.com/in-toto/attestation: Statement v1, and the predicate test-result v0.1. That
predicate has no place for tests that were skipped or did not run: here they are ``warnedTests``, and the result is
WARNED. Whoever relies on a statement must look for the tests that they need in ``passedTests``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook.runs.verdict import Outcome, Word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook.runs.source_state import SourceState

_TYPE = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"
_RESULTS = {Word.GREEN: "PASSED", Word.PARTIAL: "WARNED", Word.RED: "FAILED"}


def test_result(
    source: SourceState, word: Word, outcomes: Mapping[str, Outcome], digests: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return the statement; None where it is not known what was tested.

    Args:
        source: What was on disk. Only a tree that is its commit's is called by the commit.
        word: The verdict.
        outcomes: Of each test, by its node id.
        digests: SHA-256 of what the result rests on, by name.
    """
    if not source.tree_id:
        return None
    digest = {"gitTree": source.tree_id}
    if source.is_dirty is False:
        digest["gitCommit"] = source.commit_id
    by_outcome = {
        outcome: sorted(test for test, each in outcomes.items() if each is outcome)
        for outcome in Outcome
    }
    return {
        "_type": _TYPE,
        "subject": [{"name": "source", "digest": digest}],
        "predicateType": _PREDICATE,
        "predicate": {
            "result": _RESULTS[word],
            "configuration": [
                {"name": name, "digest": {"sha256": value}} for name, value in digests.items()
            ],
            "passedTests": by_outcome[Outcome.PASSED],
            "warnedTests": by_outcome[Outcome.SKIPPED] + by_outcome[Outcome.MISSING],
            "failedTests": by_outcome[Outcome.FAILED],
        },
    }
