"""The summary of a job."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.github.summary import LIMIT, summary, text
from tests.runbook.report_page.pages import HOSTILE, failure, smoke


def test_a_red_run_has_a_line_a_failure() -> None:
    told = failure("x") | {"cause": "it broke", "want": "1", "got": "2", "at": "t.py:7"}
    lines = summary(smoke("red", failures=[told])).splitlines()

    assert "### \N{LARGE RED CIRCLE} red: smoke x" == lines[0]
    (row,) = (line for line in lines if "test\\_one" in line)
    assert "| **high** | it broke | 1 | 2 | <code>t.py\\:7</code> |" in row
    assert "bin/invoke explain test\\_one" in row


def test_a_green_run_has_its_facts_and_no_table() -> None:
    made = summary(smoke("green"))

    assert "1 of 1 rows passed · 1.2 s" in made
    assert "|" not in made


def test_reasons_are_listed() -> None:
    assert "- missing\\: test" in summary(smoke("partial", reasons=["missing: test"]))


@pytest.mark.parametrize("used", [0, LIMIT // 2])
def test_a_summary_that_would_be_refused_is_cut_and_says_so(used: int) -> None:
    told = [failure("\N{SNOWMAN}" * 400) for _ in range(2_000)]
    made = summary(smoke("red", failures=told), used=used)

    size = len(made.encode())
    assert size + used < LIMIT
    assert size > LIMIT // 3
    left_out = re.search(r"(\d+) more failures are in the evidence", made)
    assert left_out
    assert 2_000 == int(left_out[1]) + made.count("| **high** |")


def test_a_step_that_is_full_gets_no_more() -> None:
    assert "" == summary(smoke("red"), used=LIMIT)


@given(shown=st.text() | st.sampled_from(HOSTILE))
def test_no_text_becomes_markup_or_ends_its_cell(shown: str) -> None:
    made = text(shown)

    assert not re.search(r"(?<!\\)[|`*\[\]#]|[<>\n\r]", made)
    assert len(made) <= 300 * 6
