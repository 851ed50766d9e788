"""Workflow commands."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from runbook.github.annotations import MOST, annotate, command
from tests.runbook.report_page.pages import HOSTILE, failure, smoke

COMMAND = re.compile(r"::(error|warning|notice)( (?P<properties>[^:]*))?::(?P<message>.*)")


def failures(count: int) -> list[dict[str, Any]]:
    """Return failures of as many tests."""
    return [failure("x") | {"test": f"t.py::test_{n}", "at": f"t.py:{n}"} for n in range(count)]


def test_a_failure_is_marked_where_it_is_with_its_cause_and_the_next_command() -> None:
    told = failure("x") | {
        "at": "tests/test_app.py:7",
        "cause": "it broke",
        "want": "1",
        "got": "2",
    }

    place = "::error file=tests/test_app.py,line=7,title=high severity%3A test_one::"
    said = "it broke%0Awanted 1%0Agot 2%0Anext: bin/invoke explain test_one"
    assert [place + said] == annotate(smoke(failures=[told]))


def test_a_row_is_marked_once_whatever_phases_and_parameters_failed() -> None:
    tests = ["t.py::test_a[1]", "t.py::test_a[2]", "t.py::test_a[2]", "t.py::test_b"]
    told = [failure("x") | {"test": test, "at": "t.py:1"} for test in tests]

    titles = re.findall(
        r"title=high severity%3A ([^:]*)", "\n".join(annotate(smoke(failures=told)))
    )
    assert ["test_a[1]", "test_b"] == titles


def test_no_more_are_marked_than_are_shown_and_the_rest_is_counted() -> None:
    lines = annotate(smoke(failures=failures(MOST + 4)))

    assert MOST == sum(line.startswith("::error ") for line in lines)
    assert "::notice title=smoke x::4 more failing rows are in the summary of this job" == lines[-1]
    assert MOST == len(annotate(smoke(failures=failures(MOST))))


def test_a_run_that_broke_beside_its_tests_is_marked_too() -> None:
    lines = annotate(smoke("red", failures=[], reasons=["the session did not finish"]))

    assert ["::error title=smoke x is red::the session did not finish"] == lines
    assert ["::error title=smoke x is red::no test says why"] == annotate(smoke("red", failures=[]))


def test_a_partial_run_is_a_warning_and_a_green_one_is_silent() -> None:
    assert ["::warning title=smoke x is partial::skipped: test_one"] == annotate(
        smoke("partial", reasons=["skipped: test_one"])
    )
    assert [] == annotate(smoke("green"))


def test_what_would_hide_or_colour_what_is_read_is_spelled_out() -> None:
    told = failure("x") | {
        "at": "t\x1b[31m.py:7",
        "cause": "a\u202eb",
        "want": "1\n2",
        "got": "\x1b[0m",
    }

    (line,) = annotate(smoke(failures=[told]))

    assert line.startswith("::error file=t\\u001b[31m.py,line=7,")
    assert "a\\u202eb%0Awanted 1%0A2%0Agot \\u001b[0m%0Anext" in line


@given(text=st.text() | st.sampled_from(HOSTILE))
def test_whatever_is_said_it_is_one_command_that_says_it(text: str) -> None:
    line = command("error", text, title=text)

    found = COMMAND.fullmatch(line)
    assert found, line
    assert text == unquote(found["message"], errors="surrogatepass") or "%" in text
    assert "\n" not in line
    assert "\r" not in line
    assert "," not in (found["properties"] or "")


def test_a_percent_sign_is_what_it_was() -> None:
    assert "::error title=a%2Cb%3Ac%25::50%25%0A::error::x" == command(
        "error", "50%\n::error::x", title="a,b:c%"
    )
