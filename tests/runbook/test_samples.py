"""Lines of a run that documents show as samples."""

from __future__ import annotations

import pytest

from runbook.samples import findings

FIRST = "SMOKE v1 tier=fast commit=1a2b3c4 tree=9f8e7d6 dirty=no run=7f21b0"
FAIL = 'FAIL test_a severity=high at=tests/test_a.py:1 want="a b" got="c=d" cause="..." suspects=a.py next="..."'
LAST = (
    "RESULT red total=3 passed=1 failed=1 skipped=1 missing=0 partial=yes seconds=0.9 gate=closed"
    " evidence=.runbook/runs/7f21b0"
)


@pytest.mark.parametrize(
    "line",
    [
        FIRST,
        FAIL,
        f"    {LAST}",
        FAIL.replace('want="a b" ', ""),  # not every failure is a comparison
        LAST.replace("=0.9", "=..."),
        "RESULT proved faults=4 killed=4",  # of another command
        "The last line is always RESULT, and a FAIL line has a cause.",
        "A green run prints two lines, and no run\nmore than thirty. Any run prints at most 30 lines.",
    ],
)
def test_what_a_run_prints_is_left_alone(line: str) -> None:
    assert [] == list(findings(f"```text\n{line}\n```\n"))


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (FIRST.replace("tree=", "wood="), "shows a line SMOKE v1 with other fields than tier commit"),
        (FIRST.replace(" run=7f21b0", ""), "shows a line SMOKE v1 with other fields than tier commit"),
        (FAIL.replace("want=", "wanted="), "shows a line FAIL with other fields than severity at"),
        (LAST.replace("skipped=1 missing=0", "missing=0 skipped=1"), "shows a line RESULT with other"),
        (LAST.replace("red", "rot"), "shows a verdict rot, which there is not"),
        (LAST.replace("total=3", "total=4"), "shows a line RESULT whose counts do not add up"),
    ],
)  # fmt: skip
def test_what_no_run_prints_is_found(line: str, finding: str) -> None:
    (found,) = findings(f"{line}\n")

    assert found.startswith(finding)


@pytest.mark.parametrize(
    ("claim", "finding"),
    [
        ("A run\nprints at most forty lines.", "says forty lines of a run that prints 30"),
        ("and no run more than twenty:", "says twenty lines of a run that prints 30"),
        ("A green run prints three lines", "says three lines of a run that prints 2"),
        ("It prints 4 lines when it is green", "says 4 lines of a run that prints 2"),
        ("A run prints at most some lines.", "says some lines of a run that prints 30"),
    ],
)
def test_a_claim_of_how_much_a_run_prints_is_held_against_what_it_may(
    claim: str, finding: str
) -> None:
    assert [finding] == list(findings(claim))
