"""Which interpreters there are."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.upgrades.environments.pythons import find_python, older_pythons
from runbook.upgrades.environments.uv import Uv


@pytest.fixture
def blind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Uv:
    """A uv that finds nothing, beside a pyenv with three versions."""
    for version in ("3.12.1", "3.12.9", "3.9.18", "miniforge3-24"):
        python = tmp_path / "pyenv" / "versions" / version / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.touch()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    program = tmp_path / "uv"
    program.write_text("#!/bin/sh\necho error: none >&2\nexit 2\n", encoding="utf-8")
    program.chmod(0o755)
    return Uv(str(program), tmp_path / "cache", lambda _: None)


def test_what_uv_finds_is_taken(tmp_path: Path) -> None:
    uv = Uv(f"{sys.prefix}/bin/uv", tmp_path / "cache", lambda _: None)
    assert Path(sys.executable) == find_python(uv, tmp_path, sys.executable)


def test_where_uv_finds_none_the_newest_of_pyenv_is_taken(blind: Uv, tmp_path: Path) -> None:
    assert "3.12.9" in str(find_python(blind, tmp_path, "3.12"))
    assert "3.12.1" in str(find_python(blind, tmp_path, "3.12.1"))


@pytest.mark.parametrize("wanted", ["3.1", "3.99", "pypy", ""])
def test_one_that_is_nowhere_is_said(blind: Uv, tmp_path: Path, wanted: str) -> None:
    with pytest.raises(EnvironmentNotReady, match="is not there"):
        find_python(blind, tmp_path, wanted)


def test_the_older_ones_are_those_of_an_earlier_minor_version(blind: Uv, tmp_path: Path) -> None:
    assert ["3.9.18"] == [version for _, version in older_pythons(blind, tmp_path, "3.12.9")]
    assert ["3.12.1", "3.9.18"] == [
        version for _, version in older_pythons(blind, tmp_path, "3.13.0")
    ]
