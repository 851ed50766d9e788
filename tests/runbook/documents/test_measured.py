"""What benchmarks have measured, and how it comes into documents."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from runbook.documents.measured import FOLDER, Table, as_markdown, blocks, findings, seconds
from runbook.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table of one line that a benchmark of a project has kept."""
    program = tmp_path / "benchmarks" / "speed.py"
    program.parent.mkdir()
    program.touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "benchmarks" / ".." / ".." / "python"))
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


def test_a_part_takes_the_place_of_its_lines_and_leaves_the_others(
    recorded: Path, tmp_path: Path
) -> None:
    table = Table(["What", "Seconds"], [["c", "0.7"], ["a | b", "0.6"]])

    table.record(tmp_path, "speed", call="python benchmarks/speed.py", is_part=True)

    said, _, _, _, *lines = as_markdown(recorded).splitlines()
    assert "`python benchmarks/speed.py`, " in said
    assert "the last" not in said  # all of them were measured now
    assert ["| a \\| b | 0.6 |", "| c | 0.7 |"] == sorted(lines)

    Table(["What", "Seconds"], [["c", "0.8"]]).record(tmp_path, "speed", call="all", is_part=True)

    said, _, _, _, *lines = as_markdown(recorded).splitlines()
    assert "`all`, line by line in several runs, the last 20" in said
    assert ["| a \\| b | 0.6 |", "| c | 0.8 |"] == sorted(lines)


def test_lines_of_other_columns_do_not_stay(recorded: Path, tmp_path: Path) -> None:
    Table(["What", "Minutes"], [["c", "0.1"]]).record(tmp_path, "speed", is_part=True)

    assert "| c | 0.1 |" == as_markdown(recorded).splitlines()[-1]
    assert "a \\| b" not in as_markdown(recorded)


def test_a_record_that_is_not_shown_and_a_benchmark_without_one_are_found(
    recorded: Path, tmp_path: Path
) -> None:
    main = 'if __name__ == "__main__":\n    ...\n'
    (tmp_path / "benchmarks" / "speed.py").write_text(main, encoding="utf-8")
    (tmp_path / "benchmarks" / "cases.py").write_text("CASES = []\n", encoding="utf-8")
    shown = "<!-- generated: benchmark-speed -->\n<!-- end of benchmark-speed -->\n"

    assert [] == list(findings(tmp_path, ["# A", shown]))
    assert [f"{FOLDER}/speed.json is shown by no document"] == list(findings(tmp_path, ["# A"]))

    recorded.unlink()
    expected = "benchmarks/speed.py has kept no table; mend: run it with --record"
    assert [expected] == list(findings(tmp_path, [shown]))


@pytest.mark.parametrize("damage", ["{", "[]", '{"head": []}', "a cell too many"])
def test_what_is_no_record_is_refused(damage: str, recorded: Path) -> None:
    if damage == "a cell too many":
        facts = json.loads(recorded.read_text(encoding="utf-8"))
        damage = json.dumps(facts | {"rows": [["a", "b", "c"]]})
    recorded.write_text(damage, encoding="utf-8")

    with pytest.raises(UsageError, match=r"benchmarks/results/speed\.json is no record"):
        as_markdown(recorded)


def test_a_command_is_timed_where_and_as_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "here").touch()
    program = "import os; assert os.path.exists('here'); assert os.environ['TELLS'] == 'yes'"

    assert 0 < seconds([sys.executable, "-c", program], root=tmp_path, environment={"TELLS": "yes"})


def test_a_command_that_fails_has_no_time(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"(?s)exit.3.* failed:\nso far"):
        seconds(
            [sys.executable, "-c", "print('so far', flush=True); exit(3)"],
            root=tmp_path,
            environment={},
        )
