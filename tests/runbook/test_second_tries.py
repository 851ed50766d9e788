"""Second tries in the source of tests: those that a failed assertion does not end are found, and no others."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from runbook.second_tries import find_second_tries, second_tries

if TYPE_CHECKING:
    from pathlib import Path

LOOPS = """
    def test_one():
        for _ in range(3):
            try:
                assert ask() == 200
                break
            except AssertionError:
                continue
"""
THROUGH_A_HELPER = """
    def check():
        assert ask() == 200

    def check_all():
        check()

    def test_one():
        for _ in range(3):
            try:
                return check_all()
            except Exception:
                pass
"""
RAISES_SOMETIMES = """
    def test_one():
        for left in (1, 0):
            try:
                assert ask() == 200
                return
            except (OSError, AssertionError):
                if left:
                    continue
                raise
"""
SUPPRESSES = """
    import contextlib

    def test_one():
        with contextlib.suppress(AssertionError):
            assert ask() == 200
"""
CATCHES_ALL = """
    def test_one():
        try:
            pytest.fail("no")
        except:
            pass
"""
DECORATED = """
    from flaky import flaky

    @pytest.mark.runbook(severity="normal")
    @flaky(max_runs=3)
    def test_one():
        assert ask() == 200
"""
IN_A_CLASS = """
    class TestIt:
        def check(self):
            assert ask() == 200

        def test_one(self):
            try:
                self.check()
            except BaseException:
                return
"""
OF_A_GROUP = """
    def test_one():
        try:
            assert ask() == 200
        except* AssertionError:
            pass
"""
WAITS = """
    async def test_one():
        async with suppress(AssertionError):
            assert await ask() == 200
"""
FOUND = {
    LOOPS: (7, "catches the failure of an assertion, and goes on"),
    THROUGH_A_HELPER: (12, "catches the failure of an assertion, and goes on"),
    RAISES_SOMETIMES: (7, "catches the failure of an assertion, and goes on"),
    SUPPRESSES: (5, "suppresses the failure of an assertion"),
    CATCHES_ALL: (5, "catches the failure of an assertion, and goes on"),
    DECORATED: (5, "test_one runs inside flaky(max_runs=3)"),
    OF_A_GROUP: (5, "catches the failure of an assertion, and goes on"),
    WAITS: (3, "suppresses the failure of an assertion"),
    IN_A_CLASS: (9, "catches the failure of an assertion, and goes on"),
}


@pytest.mark.parametrize("source", FOUND)
def test_what_may_forgive_an_assertion_is_found(source: str) -> None:
    assert [FOUND[source]] == list(second_tries(textwrap.dedent(source)))


@pytest.mark.parametrize(
    "source",
    [
        "def test_one():\n    try:\n        assert ask() == 200\n    finally:\n        close()\n",
        "def test_one():\n    try:\n        ask()\n    except Exception:\n        pass\n    assert True\n",
        "def test_one():\n    try:\n        assert ask()\n    except OSError:\n        close()\n",
        "def test_one():\n    try:\n        assert ask()\n    except Exception:\n        close()\n        raise\n",
        "def test_one():\n    try:\n        assert ask()\n    except Exception as e:\n        pytest.fail(str(e))\n",
        "def test_one():\n    with suppress(OSError):\n        assert ask()\n",
        "def test_one():\n    with suppress(AssertionError):\n        close()\n",
        "@pytest.mark.parametrize('n', [1])\ndef test_one(n):\n    assert n\n",
        "@mark.slow\ndef test_one():\n    assert ask()\n",
        "@retry\ndef ask():\n    assert 1\n",
    ],
)
def test_what_waits_tidies_up_or_says_more_is_not_found(source: str) -> None:
    assert [] == list(second_tries(source))


def test_what_stands_beside_the_tests_is_looked_at_and_other_tests_are_not(tmp_path: Path) -> None:
    for name in ("test_row", "conftest", "helper", "test_other"):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(CATCHES_ALL))

    found = [place for place, _ in find_second_tries(tmp_path, ["test_row.py"])]

    assert ["test_row.py:5", "conftest.py:5", "helper.py:5"] == found
