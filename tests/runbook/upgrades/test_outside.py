"""What no lock pins: a build requirement, the interpreter; and a baseline that is simply red."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from runbook.exit_codes import ExitCode
from runbook.upgrades.core.bound import free
from runbook.upgrades.outside import Yard, _to_blame
from tests.runbook.upgrades.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pytest

    from runbook.upgrades.core.asking import Answer, State
    from tests.runbook.upgrades.conftest import Project

BASELINE_RUNS = 4  # before it counts as red
BACKEND = """
import zipfile

def build_wheel(folder, settings=None, metadata=None):
    name = "old-1.0-py3-none-any.whl"
    info = "old-1.0.dist-info"
    members = {
        "old.py": "VERSION = '1.0'",
        info + "/METADATA": "Metadata-Version: 2.1\\nName: old\\nVersion: 1.0\\n",
        info + "/WHEEL": "Wheel-Version: 1.0\\nGenerator: maker\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    with zipfile.ZipFile(folder + "/" + name, "w") as archive:
        for each, text in members.items():
            archive.writestr(each, text)
        archive.writestr(info + "/RECORD", "".join(each + ",,\\n" for each in members) + info + "/RECORD,,\\n")
    return name
"""


def test_a_build_requirement_is_named_with_its_fix(project: Project) -> None:
    project.index.wheel("maker", "1.0", BACKEND, day="2023-01-01")
    project.index.wheel("maker", "1.1", BACKEND, day="2024-05-01")
    project.index.wheel("maker", "2.0", "raise ImportError('no longer')", day="2024-06-01")
    project.index.wheel("maker", "2.1", "raise ImportError('no longer')", day="2024-07-01")
    project.index.source("old", "1.0", backend="maker", day="2024-01-01")
    project.require("old")
    project.pin("old==1.0")
    project.check("import old")
    found = project.search()
    assert ExitCode.GREEN == found.status, found.out + found.err
    assert "outside-lock" == found.record["verdict"]
    assert ["maker<2.0"] == found.record["build_pins"]
    expected = {"name": "maker", "from": "1.0", "to": "2.1", "first_bad": "2.0"}
    assert [[expected]] == found.record["culprits"]
    assert [] == found.record["pins"]
    assert any("build-constraint-dependencies" in note for note in found.record["notes"])
    assert ExitCode.RED == project.search("--as-pinned").status
    assert ExitCode.GREEN == project.search("--build-pins", "maker<2.0").status


def test_a_baseline_that_is_red_is_not_the_lock(project: Project) -> None:
    project.index.wheel("ant", "1.0")
    project.index.wheel("ant", "2.0")
    project.require("ant")
    project.pin("ant==1.0")
    project.check("raise ValueError('always')")
    found = project.search()
    assert (ExitCode.RED, "baseline-red") == (found.status, found.record["verdict"])
    assert [] == found.record["culprits"]
    assert "not the lock" in found.out
    assert "  says        ValueError: always" in found.out.splitlines()
    assert ["ValueError: always"] == found.record["says"]
    assert any("ValueError" in name for name in found.record["failure"])


def test_an_interpreter_is_named_with_its_fix_and_with_what_fails_on_it(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that calls itself older is this one; what it runs is the first run that passes."""
    older = tmp_path / "pyenv" / "versions" / "3.9.99" / "bin" / "python"
    older.parent.mkdir(parents=True)
    older.symlink_to(sys.executable)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    runs = tmp_path / "runs"
    project.index.wheel("ant", "1.0")
    project.require("ant")
    project.pin("ant==1.0")
    project.check(
        f"log = open({str(runs)!r}, 'a'); log.write('x'); assert log.tell() > {BASELINE_RUNS}, 'too new'"
    )
    found = project.search()
    assert (ExitCode.GREEN, "outside-lock") == (found.status, found.record["verdict"]), found.out
    assert [["python"]] == found.culprits
    assert any("requires-python" in note for note in found.record["notes"])
    assert ["AssertionError: too new"] == found.record["says"]
    assert any("AssertionError" in name for name in found.record["failure"])


def test_a_baseline_that_the_project_does_not_allow_any_more_is_nobody_elses_fault(
    project: Project,
) -> None:
    """What is pinned would be green, on this interpreter and on any other; the project asks for what is red."""
    for version in ("1.0", "2.0"):
        project.index.wheel("ant", version)
    project.require("ant>=2")
    project.pin("ant==1.0")
    project.check("import ant; assert ant.VERSION == '1.0', 'ant'")
    found = project.search()
    assert (ExitCode.RED, "baseline-red") == (found.status, found.record["verdict"]), found.out
    assert (
        "the project does not allow what the baseline pins: ant 1.0 (it gets 2.0)"
        in found.record["why"]
    )
    assert [] == found.record["culprits"]
    assert ["AssertionError: ant"] == found.record["says"]


def test_of_build_requirements_that_are_red_together_each_first_bad_release_is_found() -> None:
    world = World(2, [{"p0": 5, "p1": 3}])

    class YardOfTheWorld(Yard):
        def answer(self, states: Sequence[State]) -> list[Answer]:
            return world.answer(states)

    case = cast("Any", SimpleNamespace(resolver=world))
    yard = YardOfTheWorld(
        case, cast("Any", None), {"p0": "1.0", "p1": "1.0"}, {"p0": "9.0", "p1": "9.0"}
    )
    (red,) = world.answer([free({})])
    found, pins = _to_blame(yard, red)
    assert [("p0", "5.0"), ("p1", "3.0")] == [(each.name, each.first_bad) for each in found]
    assert {"p0": "<5.0"} == pins
