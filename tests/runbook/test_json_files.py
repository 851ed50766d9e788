"""JSON files: read whatever became of them, and handed out to where it was asked for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.json_files import hand_out, read_lines, read_object, say_or_write, write_json

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": [1]})
    assert {"a": [1]} == read_object(tmp_path / "a.json")


@pytest.mark.parametrize("content", ["", "{", "[1]", "\xff"])
def test_what_is_no_object_is_read_as_an_empty_one(tmp_path: Path, content: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(content, encoding="latin-1")
    assert {} == read_object(file)
    assert {} == read_object(tmp_path / "gone.json")


def test_of_lines_those_that_are_objects_are_read(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'{"a": 1}\n[2]\n\xff\n{"a": 3}\n{"a"')
    assert [{"a": 1}, {"a": 3}] == read_lines(file)
    assert [] == read_lines(tmp_path / "gone.jsonl")


def test_a_result_goes_where_it_was_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.json"
    said = []
    for place in ("", "-", str(file)):
        say_or_write("text", {"a": 1}, place)
        said.append(capsys.readouterr().out)
    as_json = json.dumps({"a": 1}, indent=2) + "\n"
    assert (["text\n", as_json, "text\n"], as_json) == (said, file.read_text(encoding="utf-8"))


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentNotReady, match="gone"):
        hand_out({}, str(tmp_path / "gone" / "a.json"))
