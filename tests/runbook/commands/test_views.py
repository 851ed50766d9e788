"""What there is to read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runbook import commands
from tests.runbook.support import ends_with

if TYPE_CHECKING:
    import pytest

    from tests.runbook.support import TinyProject


def test_rows_are_listed_for_people_and_for_scripts(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == ends_with(commands.rows, procedures.root, as_json=False)
    assert [
        "normal  test_one  it broke",
        "normal  test_two  it broke",
    ] == capsys.readouterr().out.splitlines()[:2]

    assert 0 == ends_with(commands.rows, procedures.root, as_json=True)
    assert {
        "test": "test_one",
        "id": "tests/test_app.py::test_one",
        "severity": "normal",
        "cause": "it broke",
    } == json.loads(capsys.readouterr().out)[0]


def test_a_row_is_explained_for_people_and_for_scripts(
    procedures: TinyProject, capsys: pytest.CaptureFixture[str]
) -> None:
    assert 0 == ends_with(commands.explain, procedures.root, "test_red", as_json=False)
    assert capsys.readouterr().out.startswith("test_red\n  other/test_other.py:7  tier other")

    assert 0 == ends_with(commands.explain, procedures.root, "test_red", as_json=True)
    assert "test_red" == json.loads(capsys.readouterr().out)["test"]

    assert 2 == ends_with(commands.explain, procedures.root, "test_rde", as_json=False)
    assert "the nearest: test_red" in capsys.readouterr().err
