"""What a failure looks like."""

from __future__ import annotations

import pytest

from runbook.culprit.core.fingerprint import fingerprint, is_same, telling_line

PYTEST = "E       AssertionError: 1 != 2\n=== short test summary info ===\n"
PYTEST += "FAILED tests/test_a.py::test_one - AssertionError: 1 != 2\n"
COLLECTION = "ERROR tests/test_a.py - ModuleNotFoundError: No module named 'x'\n"
TRACEBACK = (
    "Traceback (most recent call last):\n  File x\njson.decoder.JSONDecodeError: Expecting value\n"
)
UNITTEST = "FAIL: test_one (suite.Case)\n----\nAssertionError: no\n"
OPTION = "ERROR: usage: pytest [options]\npytest: error: unrecognized arguments: --cov\n"
OPTION += "  inifile: setup.cfg\n  rootdir: x\n"
COMPARED = "E   AssertionError: id\nE   assert 'a' == 'b'\nE     \nE     - b\nE     Use -v to get more diff\n"
EARLIER = "E   KeyError: 'a'\n\nDuring handling of the above exception:\n"
SMOKE = 'FAIL test_publish severity=high at=a.py:1 got="x"\n'


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (PYTEST, {"test:tests/test_a.py::test_one", "error:AssertionError"}),
        (COLLECTION, {"test:tests/test_a.py", "error:ModuleNotFoundError"}),
        (TRACEBACK, {"error:JSONDecodeError"}),
        (UNITTEST, {"test:test_one (suite.Case)", "error:AssertionError"}),
        (SMOKE, {"test:test_publish"}),
        ("no: nothing to see\n", set()),
    ],
)
def test_what_a_failure_shows(output: str, shown: set[str]) -> None:
    assert shown == fingerprint(output)


def test_another_exception_of_the_same_test_is_another_failure() -> None:
    other = PYTEST.replace("AssertionError", "ImportError")
    assert not is_same(fingerprint(PYTEST), fingerprint(other))


def test_another_test_is_another_failure() -> None:
    assert not is_same(fingerprint(PYTEST), fingerprint(PYTEST.replace("test_one", "test_two")))


def test_one_test_in_common_is_enough() -> None:
    both = PYTEST + PYTEST.replace("test_one", "test_two")
    assert is_same(fingerprint(PYTEST), fingerprint(both))


@pytest.mark.parametrize("output", ["", PYTEST, SMOKE])
def test_a_failure_that_shows_nothing_may_be_any(output: str) -> None:
    assert is_same(fingerprint(""), fingerprint(output))


@pytest.mark.parametrize(
    ("output", "line"),
    [
        (PYTEST + "1 failed in 0.1s\n", "E       AssertionError: 1 != 2"),
        (TRACEBACK + "done\n", "json.decoder.JSONDecodeError: Expecting value"),
        (
            OPTION,
            "pytest: error: unrecognized arguments: --cov",
        ),
        ("fatal: not a git repository\nmake: *** [all] 1\n", "fatal: not a git repository"),
        ("E   first\nE   second\nERROR: found no collectors for x\n", "E   second"),
        (
            EARLIER + COMPARED + "FAILED tests/a.py::test_a - AssertionError: id\n",
            "E   AssertionError: id",
        ),
        (EARLIER + "x = 1\nE   assert 1 == 2\nE    +  where 1 = f()\n", "E   assert 1 == 2"),
        ("compiling\nno tool\n\n", "no tool"),
        ("Errors: 3\nSome Error: said in passing\nlast\n", "last"),
        ("x" * 300, "x" * 200),
        (" \n", ""),
        ("", ""),
    ],
)
def test_the_line_is_told_that_says_what_went_wrong(output: str, line: str) -> None:
    assert line == telling_line(output)
