"""The project: what ``[tool.runbook]`` says, and what it may not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.errors import UsageError
from runbook.project import GateSettings, Project, Tier, find_project, read_project

if TYPE_CHECKING:
    from pathlib import Path


def write(root: Path, text: str) -> Path:
    file = root / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_key_has_a_default(tmp_path: Path) -> None:
    project = read_project(write(tmp_path, "[project]\n"))

    assert {"fast": Tier("fast", ("tests",), "fast")} == project.tiers
    assert GateSettings() == project.gate
    assert tmp_path.name == project.slug
    assert tmp_path / ".runbook" == project.state


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    text = """
        [tool.runbook]
        slug = "cards"
        invoke = "make task"
        nox = "uvx nox"
        [tool.runbook.gate]
        file = "$DATA/gate.json"
        tiers = ["slow"]
        build = ["make", "build"]
        environment = ["DATA"]
        faults = "prove"
        url = "http://127.0.0.1:8080"
        [tool.runbook.tiers.fast]
        tests = ["tests/a.py", "tests/b"]
        session = "quick"
        watch = ["src/**"]
        environment = {MODE = "smoke"}
        [tool.runbook.tiers.slow]
        tests = ["tests/b"]
        [tool.runbook.locks]
        fast = {}
    """

    project = read_project(write(tmp_path, text))

    fast = Tier("fast", ("tests/a.py", "tests/b"), "quick", ("src/**",), (("MODE", "smoke"),))
    assert {"fast": fast, "slow": Tier("slow", ("tests/b",), "slow")} == project.tiers
    expected = GateSettings(
        "$DATA/gate.json", ("slow",), ("make", "build"), ("DATA",), "prove", "http://127.0.0.1:8080"
    )
    assert expected == project.gate
    assert "cards" == project.slug
    assert ("tests/a.py", "tests/b") == project.test_paths


def test_paths_are_read_as_git_and_pytest_write_them(tmp_path: Path) -> None:
    project = read_project(
        write(tmp_path, '[tool.runbook.tiers.fast]\ntests = ["./tests/", "more//a.py"]\n')
    )

    assert ("tests", "more/a.py") == project.tier("fast").tests


def test_it_is_found_from_a_folder_below(tmp_path: Path) -> None:
    write(tmp_path, "")
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)

    assert tmp_path == find_project(below).root


def test_the_nearest_one_wins(tmp_path: Path) -> None:
    write(tmp_path, "")
    (tmp_path / "inner").mkdir()
    write(tmp_path / "inner", "")

    assert tmp_path / "inner" == find_project(tmp_path / "inner").root


def test_no_project_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pathlib.Path.is_file", lambda _: False)

    with pytest.raises(UsageError, match=r"no pyproject\.toml in"):
        find_project(tmp_path)


def test_an_unknown_tier_is_answered_with_those_there_are(tmp_path: Path) -> None:
    project = read_project(write(tmp_path, ""))
    with pytest.raises(UsageError, match="no tier is called 'fats'; there are: fast") as refused:
        project.tier("fats")
    assert "bin/invoke run --tier fast" == refused.value.next_step

    four = Project(tmp_path, {name: Tier(name, (name,), name) for name in ("a", "b", "c", "d")})
    with pytest.raises(UsageError, match="there are: d, c, b, a"):
        four.tier("x")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[tool.runbook", "pyproject.toml: "),
        ("[tool.runbook]\ngates = 'x'", "unknown key 'gates'; the nearest: gate"),
        ("[tool.runbook]\ngate = 'gate.json'", "[tool.runbook.gate] must be a table"),
        ("[tool.runbook]\ntest_seconds = '1'", "test_seconds must be a number of seconds"),
        ("[tool.runbook]\ntest_seconds = true", "test_seconds must be a number of seconds"),
        ("[tool.runbook]\ntest_seconds = -1", "test_seconds must be a number of seconds"),
        ("[tool.runbook]\ntest_seconds = inf", "test_seconds must be a number of seconds"),
        ("[tool.runbook.gate]\nfiles = 'x'", "unknown key 'files'; the nearest: file"),
        ("[tool.runbook]\nnox = 3", "nox must be a string"),
        ("[tool.runbook.gate]\nfile = 3", "gate] file must be a string"),
        ("[tool.runbook]\ntiers = ['fast']", "tiers must be a table"),
        ("[tool.runbook.tiers]\nfast = 'tests'", "tiers.fast] must be a table"),
        ("[tool]\nrunbook = 3", "[tool.runbook] must be a table"),
        ("[tool.runbook.tiers.fast]\ntest = ['a']", "unknown key 'test'; the nearest: tests"),
        ("[tool.runbook.tiers.fast]\ntests = 'a'", "tests must be a list of strings"),
        ("[tool.runbook.tiers.fast]\ntests = [1]", "tests must be a string"),
        ("[tool.runbook.tiers.fast]\nenvironment = {A = 1}", "environment must be a string"),
        ("[tool.runbook.tiers.fast]\nenvironment = 'A=1'", "environment must be a table"),
    ],
)
def test_what_is_wrong_is_refused_by_name(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_project(write(tmp_path, text))

    assert complaint in str(refused.value)


def test_a_file_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"x = '\xff'\n")

    with pytest.raises(UsageError, match=r"^pyproject\.toml: "):
        read_project(tmp_path / "pyproject.toml")
