"""The run as JUnit XML: well-formed whatever it holds, and of one mind with the verdict."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.runs.junit import junit_xml
from runbook.runs.verdict import Failure, Outcome, Verdict, Word

A, B, C, D = (f"tests/test_a.py::test_{letter}" for letter in "abcd")


def suite_of(verdict: Verdict, seconds: dict[str, float] | None = None) -> ET.Element:
    text = junit_xml("fast", verdict, seconds or {})
    suite = ET.fromstring(text.encode("utf-8")).find("testsuite")  # noqa: S314 - our own
    assert suite is not None
    return suite


def test_every_outcome_has_its_element() -> None:
    outcomes = dict(zip((A, B, C, D), Outcome, strict=True))
    failure = Failure(f"{B}[1]", "tests/test_a.py:7", "1", "2 < 3", "call")

    suite = suite_of(Verdict(Word.RED, outcomes, (failure,)), {A: 0.25, B: 0.5})

    assert {
        "name": "fast",
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "skipped": "2",
        "time": "0.750",
    } == suite.attrib
    cases = {case.get("name"): case for case in suite}
    assert [] == list(cases["test_a"])
    assert "0.250" == cases["test_a"].get("time")
    (failed,) = cases["test_b"]
    assert ("failure", "2 < 3") == (failed.tag, failed.get("message"))
    assert "at tests/test_a.py:7\nwant 1\ngot 2 < 3" in str(failed.text)
    assert ["skipped", "missing"] == [cases[f"test_{n}"][0].get("message") for n in "cd"]


def test_a_run_that_broke_beside_its_tests_has_an_error() -> None:
    suite = suite_of(Verdict(Word.RED, {A: Outcome.MISSING}, (), ("the session did not finish",)))

    assert "1" == suite.get("errors")
    assert "the session did not finish" == suite[-1][0].get("message")


@pytest.mark.parametrize("text", ["\x00\x1b[31m", "\ud800", "\"<&>'", "]]>", "\ufffe", "a\nb"])
def test_no_text_breaks_it(text: str) -> None:
    failure = Failure(A, "f:1", text, text, "call")

    suite_of(Verdict(Word.RED, {A: Outcome.FAILED}, (failure,), (text,)))


@given(text=st.text(st.characters()))
def test_no_text_at_all_breaks_it(text: str) -> None:
    failure = Failure(A, text, text, text, "call")

    suite = suite_of(Verdict(Word.RED, {A: Outcome.FAILED}, (failure,)))

    if text.isprintable():
        assert text == suite[0][0].get("message")
