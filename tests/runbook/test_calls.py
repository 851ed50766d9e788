"""The commands that are shown can be typed where they are shown."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import shlex
import site
import subprocess
import sys
from pathlib import Path

import pytest

from runbook import calls
from runbook.project import Tier

HOME = Path(calls.__file__).parents[1]
FAST = Tier("fast", ("tests",), "quick")


def test_this_project_says_how_its_tasks_and_sessions_are_started() -> None:
    assert "bin/invoke explain test_one" == calls.call("explain test_one")
    assert "bin/nox -s lint" == calls.call_session("lint")
    assert "bin/nox -s quick -- -k test_one" == FAST.call("-k", "test_one")
    assert "bin/nox -s faults -- test_one" == calls.call_session("faults", "test_one", module="m")
    assert "bin/nox -s drift --" == calls.before_options("drift", module="m")
    assert "bin/nox -l" == calls.call_session_list()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that has installed the engine, and is gone to; no Python is on PATH, and the project says nothing."""
    monkeypatch.setattr(calls, "_installed", lambda: {HOME})
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    return tmp_path


def python_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the engine be run by the Python of a folder."""
    folder.mkdir(parents=True)
    (folder / "python").symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    return folder / "python"


def test_elsewhere_the_python_of_the_project_is_called(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_at(elsewhere / ".venv" / "bin", monkeypatch)

    assert ".venv/bin/python -m runbook rows" == calls.call("rows")


def test_where_there_is_no_nox_the_engine_itself_is_called(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = python_at(elsewhere / ".venv" / "bin", monkeypatch)

    tier = FAST.call("-k", "test_one or test_two")
    assert ".venv/bin/python -m runbook run --tier fast -- -k 'test_one or test_two'" == tier
    faults = f"{python} -m runbook.prove"
    assert f"{faults} test_one" == calls.call_session("faults", "test_one", module="runbook.prove")
    assert faults == calls.before_options("faults", module="runbook.prove")


@pytest.mark.parametrize(
    ("on_path", "nox"), [((), ".venv/bin/python -m nox"), (("nox",), "nox")], ids=["module", "nox"]
)
def test_sessions_of_a_project_that_says_nothing_are_those_of_nox(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, on_path: tuple[str, ...], nox: str
) -> None:
    python_at(elsewhere / ".venv" / "bin", monkeypatch)
    (elsewhere / "noxfile.py").touch()
    for name in on_path:
        (elsewhere / name).symlink_to(sys.executable)

    assert f"{nox} -s quick -- -x" == FAST.call("-x")
    assert f"{nox} -s faults" == calls.call_session("faults", module="runbook.prove")


def test_what_a_project_says_is_shown_from_all_of_its_folders(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = '[tool.runbook]\ninvoke = "make task"\nnox = "uvx nox"\n'
    (elsewhere / "pyproject.toml").write_text(settings, encoding="utf-8")
    (elsewhere / "sub").mkdir()
    monkeypatch.chdir(elsewhere / "sub")

    assert "make task rows" == calls.call("rows")
    assert "uvx nox -s quick" == FAST.call()


@pytest.mark.parametrize("settings", ["[tool", "tool = 1", "[tool]\nrunbook = 1", ""])
def test_settings_that_are_wrong_are_not_told_here(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, settings: str
) -> None:
    python_at(elsewhere / ".venv" / "bin", monkeypatch)
    (elsewhere / "pyproject.toml").write_text(settings, encoding="utf-8")

    assert ".venv/bin/python -m runbook rows" == calls.call("rows")


def test_a_python_that_does_not_find_the_engine_is_told_where_it_is(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python_at(elsewhere / ".venv" / "bin", monkeypatch)
    monkeypatch.setattr(calls, "_installed", set)

    there = f"PYTHONPATH={shlex.quote(str(HOME))}"
    assert f"{there} .venv/bin/python -m runbook rows" == calls.call("rows")


def test_an_editable_install_is_found_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "engine.pth").write_text(f"import this\n{HOME}\n", encoding="utf-8")
    monkeypatch.setattr(site, "getsitepackages", lambda: [str(tmp_path)])
    monkeypatch.setattr(site, "getusersitepackages", lambda: str(tmp_path / "none"))

    assert {HOME, tmp_path} <= calls._installed.__wrapped__()


PYTHON = ".venv/bin/python"


@pytest.mark.parametrize(
    ("has_pip", "uv", "expected"),
    [
        (True, ".venv/bin/uv", f"{PYTHON} -m pip install dask"),
        (False, ".venv/bin/uv", f".venv/bin/uv pip install --python {PYTHON} dask"),
        (False, "uv", f"uv pip install --python {PYTHON} dask"),
        (False, "", f"{PYTHON} -m ensurepip && {PYTHON} -m pip install dask"),
    ],
)
def test_a_package_is_added_by_what_is_there(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch, *, has_pip: bool, uv: str, expected: str
) -> None:
    python_at(elsewhere / ".venv" / "bin", monkeypatch)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: has_pip or None)
    if uv:
        (elsewhere / uv).touch(mode=0o755)

    assert expected == calls.call_install("dask")


def test_a_python_that_is_activated_needs_no_path(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = python_at(elsewhere / ".venv" / "bin", monkeypatch)
    monkeypatch.setenv("PATH", str(python.parent))

    assert "python -m runbook rows" == calls.call("rows")


def test_what_is_shown_of_a_word_of_several_lines_is_one_line() -> None:
    """Else whoever names a file could write a line of a report."""
    words = [
        "a\nfound: all is well",
        "it's \\ a\ttab 9% \x017",
        "plain",
        "two words",
        "\x1b[31m",
        "\udcff",
    ]

    shown = calls.typed(words)

    assert shown.isprintable()
    for shell in ("sh", "bash"):
        said = [shell, "-c", f"printf '%s\\0' {shown}"]
        printed = subprocess.run(said, check=True, stdout=subprocess.PIPE).stdout
        assert [os.fsencode(word) for word in words] == printed.split(b"\0")[:-1]
    assert "plain 'two words'" in shown


def test_a_word_that_ends_with_a_line_is_whole() -> None:
    shown = calls.typed(["a\n"])

    assert shown.isprintable()
    printed = subprocess.run(
        ["bash", "-c", f"printf %s {shown}"], check=True, stdout=subprocess.PIPE
    )
    assert b"a\n" == printed.stdout


def test_a_python_far_away_is_called_by_its_place(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = python_at(elsewhere / "far away" / "bin", monkeypatch)
    (elsewhere / "project").mkdir()
    monkeypatch.chdir(elsewhere / "project")

    assert [str(python), "-m", "runbook", "rows"] == shlex.split(calls.call("rows"))


def test_no_module_of_the_engine_names_a_launcher_of_this_project() -> None:
    """They are not there in any other; `runbook.calls` knows what is."""
    named = [
        f"{file.name}:{node.lineno}"
        for file in HOME.joinpath("runbook").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.search(r"bin/(invoke|nox) ", node.value)
    ]

    assert [] == named
