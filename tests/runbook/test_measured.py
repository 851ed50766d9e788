"""What benchmarks have measured, and how it comes into documents."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.errors import UsageError
from runbook.measured import FOLDER, Table, as_markdown, blocks

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of one line that a benchmark of a project has kept."""
    program = tmp_path / "benchmarks" / "speed.py"
    program.parent.mkdir()
    program.touch()
    monkeypatch.setattr(sys, "argv", [str(program), "--rounds", "2", "--record"])
    table = Table(["What", "Seconds"]).begin()
    table.add("a | b", "0.5")
    return table.record(tmp_path, "speed")


def test_a_table_is_printed_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    table = Table(["What", "Seconds"]).begin()
    assert "| What | Seconds |\n| --- | --- |\n" == capsys.readouterr().out

    table.add("a | b", "0.5")
    assert "| a \\| b | 0.5 |\n" == capsys.readouterr().out


def test_a_record_is_shown_with_the_call_that_prints_it_and_its_machine(recorded: Path) -> None:
    said, empty, *table = as_markdown(recorded).splitlines()

    assert said.startswith("`python benchmarks/speed.py --rounds 2`, 20")
    assert " cores, " in said
    assert said.endswith(" over five minutes:")
    assert "" == empty
    assert ["| What | Seconds |", "| --- | --- |", "| a \\| b | 0.5 |"] == table


def test_each_record_is_a_block_of_its_name(recorded: Path, tmp_path: Path) -> None:
    made = blocks(tmp_path)

    assert tmp_path / FOLDER / "speed.json" == recorded
    assert ["benchmark-speed"] == list(made)
    assert as_markdown(recorded) == made["benchmark-speed"]()


@pytest.mark.parametrize("damage", ["{", "[]", '{"head": []}', "a cell too many"])
def test_what_is_no_record_is_refused(damage: str, recorded: Path) -> None:
    if damage == "a cell too many":
        facts = json.loads(recorded.read_text(encoding="utf-8"))
        damage = json.dumps(facts | {"rows": [["a", "b", "c"]]})
    recorded.write_text(damage, encoding="utf-8")

    with pytest.raises(UsageError, match=r"benchmarks/results/speed\.json is no record"):
        as_markdown(recorded)
