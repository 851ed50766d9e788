"""The scratch trees in which faults are injected."""

from __future__ import annotations

import importlib.util
import os
import py_compile
from pathlib import Path
from typing import TYPE_CHECKING

from runbook.project import find_project
from runbook.prove.fault import Fault
from runbook.prove.workshop import Ran, Workshop, _edited

if TYPE_CHECKING:
    import pytest

    from tests.runbook.support import TinyProject


def value_of(file: Path) -> int:
    """Import a module in this process, as Python does with what it has compiled; return what it holds."""
    spec = importlib.util.spec_from_file_location("app", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return int(module.VALUE)


def test_an_edit_of_the_same_size_and_time_is_compiled_anew(tmp_path: Path) -> None:
    """Python takes bytecode for fresh by the size and the second of its source: both are the same here."""
    file = tmp_path / "app.py"
    file.write_text("VALUE = 1\n")
    os.utime(file, (10**9, 10**9))
    py_compile.compile(str(file), doraise=True)
    fault = Fault("test_one", "two", "It is two.", "app.py", "1", "2", "fast")

    with _edited(tmp_path, fault):
        os.utime(file, (10**9, 10**9))
        during = value_of(file)
    os.utime(file, (10**9, 10**9))

    assert (2, 1) == (during, value_of(file))


def test_the_bytecode_of_other_modules_stays(tmp_path: Path) -> None:
    kept = [tmp_path / name for name in ("app_two.py", "other.py")]
    for file in [tmp_path / "app.py", *kept]:
        file.write_text("VALUE = 1\n")
        py_compile.compile(str(file), doraise=True)
    fault = Fault("test_one", "two", "It is two.", "app.py", "1", "2", "fast")

    with _edited(tmp_path, fault):
        compiled = [Path(importlib.util.cache_from_source(str(file))).exists() for file in kept]

    assert [True, True] == compiled


def test_a_busy_machine_is_given_longer_before_a_run_is_said_to_hang(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_project(project.root)
    unfaulted = Ran("green", (), (), 30.0)
    monkeypatch.setattr(Workshop, "_run", lambda *_: unfaulted)

    with Workshop(found, jobs=1) as workshop:
        before = workshop.patience
        workshop.open(found.tier("fast"))

    assert (180.0, 600.0) == (before, workshop.patience)


def test_every_tree_has_all_the_files_and_none_the_runs_of_the_first(
    project: TinyProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A package of the project's own may be called as the folder of runs is."""
    code = Path("app", "runs", "code.py")
    (project.root / code).parent.mkdir(parents=True)
    (project.root / code).touch()
    run = Path(".runbook", "runs", "0c22b9")

    def smoke(_: Workshop, tree: Path, *__: object) -> Ran:
        (tree / run).mkdir(parents=True)
        return Ran("green", (), (), 0.1)

    monkeypatch.setattr(Workshop, "_run", smoke)
    found = find_project(project.root)
    with Workshop(found, jobs=3) as workshop:
        workshop.open(found.tier("fast"))
        trees = sorted(workshop._first.parent.glob("tree-*"))
        assert [(True, True), (True, False), (True, False)] == [
            ((tree / code).exists(), (tree / run).exists()) for tree in trees
        ]
