"""Which of several red rows is hunted. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbook.procedures.steps import Refused
from runbook.rows import Severity, function_id, short_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Failure = dict[str, Any]  # as `runbook.runs.run_report` writes them, the likeliest cause first


def with_rows(failures: Sequence[Failure]) -> list[Failure]:
    """Return the failures of tests that have a row, each test once."""
    found: dict[str, Failure] = {}
    for failure in failures:
        if "severity" in failure:
            found.setdefault(function_id(failure["test"]), failure)
    return list(found.values())


def choose(failures: Sequence[Failure], *, test: str = "", file: str = "") -> Failure:
    """Return the failure to hunt: the one that is named, else one of its own that points at the file, else the first.

    Args:
        failures: Those with a row, the likeliest cause first.
        test: The node id of a row that a person has named, or empty.
        file: A path that a person suspects, or empty.

    Raises:
        Refused: The row that was named is not red.
    """
    if test:
        for failure in failures:
            if function_id(failure["test"]) == test:
                return failure
        red = ", ".join(map(name_of, failures)) or "none"
        raise Refused(
            f"{short_name(test)} is not red at HEAD: there is nothing to roll back for it; red are: {red}",
            next_step="the same command without --test",
        )
    return min(
        failures, key=lambda failure: (_is_consequence(failure), not _suspects(failure, file))
    )


def name_of(failure: Failure) -> str:
    """The name of the test function."""
    return short_name(function_id(failure["test"]))


def is_high(failures: Sequence[Failure]) -> bool:
    """Whether one of the rows must keep the public out."""
    return any(failure["severity"] == Severity.HIGH for failure in failures)


def brief(failure: Failure) -> dict[str, Any]:
    """Return what an incident keeps of a failure."""
    keys = ("test", "severity", "cause", "at", "want", "got", "suspects")
    return {key: failure[key] for key in keys}


def still_red(before: Sequence[Failure], after: Sequence[Failure]) -> tuple[list[str], list[str]]:
    """Return the tests that are red after a revert: those that were red before it, and those that were not."""
    was = {function_id(failure["test"]) for failure in before}
    now = dict.fromkeys(function_id(failure["test"]) for failure in after)
    return [test for test in now if test in was], [test for test in now if test not in was]


def _is_consequence(failure: Failure) -> bool:
    return bool(failure.get("precondition"))


def _suspects(failure: Failure, file: str) -> bool:
    return any(suspect.partition("::")[0] == file for suspect in failure["suspects"])


def merged(runs: Sequence[Mapping[str, Any]]) -> list[Failure]:
    """Return the failures with a row of several runs, in their order."""
    return with_rows([failure for run in runs for failure in run["failures"]])
