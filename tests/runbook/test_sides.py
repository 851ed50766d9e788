"""The sides of assertions in the source of tests: turned ones are found, and no others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.sides import find_turned, turned

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "assertion",
    [
        "seen() == 200",
        "seen() == -1",
        "seen() == 'yes', 'said why'",
        "seen() == f'of {name}'",
        "seen() == ExitCode.GREEN",
        "seen() == LIMIT",
        "seen() == 2 * LIMIT",
        "seen() == {'status': [200, (LIMIT, None)]}",
        "seen() == pytest.approx(0.5)",
        "seen() == Placement(one)",
        "seen() == model.Placement(one)",
        "seen() == URL(one)",
        "seen() == list(range(3))",
        "seen() == (201 if is_taken else 400)",
        "seen() == 200 == seen()",
        "seen() == again() == 200",
        "is_there and seen() == 200",
    ],
)
def test_what_is_written_on_the_right_is_found(assertion: str) -> None:
    assert [(2, "seen()")] == list(turned(f"\nassert {assertion}\n"))


@pytest.mark.parametrize(
    "source",
    [
        "assert 200 == seen()",
        "assert 200 == seen() == again()",
        "assert pytest.approx(0.5) == seen()",
        "assert Placement(one) == seen() == again()",
        "assert seen() == list(again())",
        "assert seen() == (one if is_taken else other)",
        "assert seen() == (201 if is_taken else other)",
        "assert expected == seen()",
        "assert [name] == seen()",
        "assert seen() == [name]",  # which side was expected is the writer's to know
        "assert seen() == name",
        "assert LIMIT == 200",
        "assert seen() <= 200",
        "assert seen() != 200",
        "assert rounds == 0 or seen()",  # a condition
        "assert 1 == sum(each == 200 for each in seen())",
        "assert (expected == (number == 0))",
        "if seen() == 200: pass",
    ],
)
def test_what_is_written_on_the_left_or_compared_otherwise_is_not(source: str) -> None:
    assert [] == list(turned(source))


def test_every_module_of_a_folder_is_looked_at(tmp_path: Path) -> None:
    deep = tmp_path / "tests" / "deep"
    deep.mkdir(parents=True)
    for file in (deep / "test_one.py", deep / "helper.py", tmp_path / "app.py"):
        file.write_text("def test_one():\n    assert seen() == 200\n")

    what = "expects on the right of ==, and the FAIL line would show `seen()` as want"
    assert [("tests/deep/helper.py:2", what), ("tests/deep/test_one.py:2", what)] == list(
        find_turned(tmp_path, "tests")
    )
