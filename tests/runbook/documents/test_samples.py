"""Lines of a run that documents show as samples."""

from __future__ import annotations

import pytest

from runbook.documents.samples import findings

FIRST = "SMOKE v1 tier=fast commit=1a2b3c4 tree=9f8e7d6 dirty=no run=7f21b0"
FAIL = 'FAIL test_a severity=high at=tests/test_a.py:1 want="a b" got="c=d" cause="..." suspects=a.py next="..."'
LAST = (
    "RESULT red total=3 passed=1 failed=1 skipped=1 missing=0 partial=yes seconds=0.9 gate=closed"
    " evidence=.runbook/runs/7f21b0"
)


def said(text: str) -> list[str]:
    """What is found in a document of a project with two tiers and one test."""
    return list(findings(text, tiers=["fast", "browser"], tests=["test_a"]))


@pytest.mark.parametrize(
    "line",
    [
        FIRST,
        FAIL,
        f"    {LAST}",
        FAIL.replace('want="a b" ', ""),  # not every failure is a comparison
        LAST.replace("=0.9", "=..."),
        "RESULT proved faults=4 killed=4 first=4 unfaulted=1/1 seconds=8.4",
        "RESULT green verdict=clean moved=0",  # of another command
        "The last line is always RESULT, and a FAIL line has a cause.",
        FAIL.replace("FAIL test_a ", "FAIL test_a[one two] "),
        "`CUT failures=N in=FILE` says what is left out, `CUT failures=...` how much",
        "It says `tier=fast+browser`, or tier=....",
    ],
)
def test_what_a_run_prints_is_left_alone(line: str) -> None:
    assert [] == said(f"```text\n{line}\n```\n")


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (FIRST.replace("tree=", "wood="), "shows a line SMOKE v1 with other fields than tier commit"),
        (FIRST.replace(" run=7f21b0", ""), "shows a line SMOKE v1 with other fields than tier commit"),
        (FAIL.replace("want=", "wanted="), "shows a line FAIL with other fields than severity at"),
        (LAST.replace("skipped=1 missing=0", "missing=0 skipped=1"), "shows a line RESULT with other"),
        (LAST.replace("red", "rot"), "shows a verdict rot, which there is not"),
        (LAST.replace("total=3", "total=4"), "shows a line RESULT whose counts do not add up"),
        ("`CUT lines=N in=FILE`", "shows a line CUT with other fields than failures in"),
        (LAST.replace("red", "green"), "shows a green RESULT of which not every row has passed"),
        (FIRST.replace("=fast", "=fats"), "shows tier=fats, and there is no tier fats"),
        ("Both as `tier=fast+brows`.", "shows tier=fast+brows, and there is no tier brows"),
        (FIRST.replace("=1a2b3c4", "=1a2b3c"), "shows commit=1a2b3c, which no run prints"),
        (FIRST.replace("=9f8e7d6", "=tree"), "shows tree=tree, which no run prints"),
        (FIRST.replace("=7f21b0", "=7f21"), "shows run=7f21, which no run prints"),
        (FIRST.replace("dirty=no", "dirty=not"), "shows dirty=not, which no run prints"),
        (LAST.replace("partial=yes", "partial=1"), "shows partial=1, which no run prints"),
        (LAST.replace("=0.9", "=0.91"), "shows seconds=0.91, which no run prints"),
        (LAST.replace("gate=closed", "gate=shut"), "shows gate=shut, which no run prints"),
        (FAIL.replace("=high", "=low"), "shows severity=low, which no run prints"),
        ("RESULT proved faults=4 killed=4", "shows a line RESULT with other fields than faults killed"),
        (FAIL.replace("test_a ", "test_b "), "shows a line FAIL of test_b, which is no test"),
    ],
)  # fmt: skip
def test_what_no_run_prints_is_found(line: str, finding: str) -> None:
    (found,) = said(f"{line}\n")

    assert found.startswith(finding)
