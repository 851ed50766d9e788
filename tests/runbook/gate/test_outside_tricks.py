"""What stands outside of a red commit, or beside its tests, opens no gate: each trick is played for real."""

from __future__ import annotations

import importlib.util
import marshal
import os
import sys
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runbook.gate.file import Position
from tests.runbook.support import ENGINE, GATE, PYPROJECT, module, row_test

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.runbook.gate.gated import Gated

    Trick = Callable[[Gated, Path], dict[str, str]]

RED, GREEN = "assert 1 == 2", "assert 1 == 1"
MEND = "sed -i.bak 's/1 == 2/1 == 1/' tests/test_app.py && rm tests/test_app.py.bak"
FORGER = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    return True
"""
# Loaded when a Python starts; where that one is pytest's, each event says that its test has passed.
FORGING_SITE = """
import json, os, sys
if "ENSEMBLE_TRICK_IS_OFF" not in os.environ and any("smoke" in word or "pytest" in word for word in sys.orig_argv):
    dumps = json.dumps
    json.dumps = lambda value, **options: dumps(value, **options).replace('"failed"', '"passed"')
"""


def both(*, one: str = RED) -> str:
    """The tests of the project, the first of which is red."""
    return module(row_test("test_one", one), row_test("test_two"))


def script(file: Path, *lines: str) -> Path:
    """Write a program."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(["#!/bin/sh", *lines, ""]), encoding="utf-8")
    file.chmod(0o755)
    return file


def write(file: Path, text: str) -> Path:
    """Write a file and the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def filter_in(folder: Path) -> dict[str, str]:
    """Return settings of git by which whatever is checked out is mended, and taken for what was committed."""
    attributes = write(folder / "attributes", "test_app.py filter=mend\n")
    return {
        "core.attributesFile": str(attributes),
        "filter.mend.smudge": "sed 's/1 == 2/1 == 1/'",
        "filter.mend.clean": "sed 's/1 == 1/1 == 2/'",
    }


def site_on_the_path(_: Gated, folder: Path) -> dict[str, str]:
    write(folder / "sitecustomize.py", FORGING_SITE)
    return {"PYTHONPATH": f"{folder}{os.pathsep}{ENGINE}"}


def site_of_the_user(_: Gated, folder: Path) -> dict[str, str]:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    write(folder / "lib" / version / "site-packages" / "usercustomize.py", FORGING_SITE)
    return {"PYTHONUSERBASE": str(folder)}


def conftest_above_the_tree(_: Gated, folder: Path) -> dict[str, str]:
    write(folder / "conftest.py", FORGER)
    write(folder / "pytest.ini", "[pytest]\naddopts = -k two\n")
    return {"TMPDIR": str(folder)}


def plugin_by_variable(_: Gated, folder: Path) -> dict[str, str]:
    write(folder / "forger.py", FORGER)
    path = f"{folder}{os.pathsep}{ENGINE}"
    return {"PYTHONPATH": path, "PYTEST_PLUGINS": "forger", "PYTEST_ADDOPTS": "-p forger"}


def hook_of_a_template(_: Gated, folder: Path) -> dict[str, str]:
    script(folder / "hooks" / "post-checkout", MEND)
    return {"GIT_TEMPLATE_DIR": str(folder)}


def hook_of_the_repository(gated: Gated, folder: Path) -> dict[str, str]:
    script(folder / "post-checkout", MEND)
    gated.project.git("config", "core.hooksPath", str(folder))
    return {}


def hook_by_variables(_: Gated, folder: Path) -> dict[str, str]:
    script(folder / "hooks" / "post-checkout", MEND)
    return configured({"core.hooksPath": str(folder / "hooks")})


def configured(settings: dict[str, str]) -> dict[str, str]:
    """Return the variables that give git these settings, before any file does."""
    variables = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def filter_by_variables(_: Gated, folder: Path) -> dict[str, str]:
    return configured(filter_in(folder))


def filter_of_the_repository(gated: Gated, folder: Path) -> dict[str, str]:
    for name, value in filter_in(folder).items():
        gated.project.git("config", name, value)
    return {}


def filter_of_one_worktree(gated: Gated, folder: Path) -> dict[str, str]:
    gated.project.git("config", "extensions.worktreeConfig", "true")
    for name, value in filter_in(folder).items():
        gated.project.git("config", "--worktree", name, value)
    return {}


def filter_of_the_machine(_: Gated, folder: Path) -> dict[str, str]:
    settings = folder / "gitconfig"
    filters = filter_in(folder)
    write(
        settings,
        f'[core]\nattributesFile = {filters["core.attributesFile"]}\n[filter "mend"]\n'
        f"smudge = {filters['filter.mend.smudge']}\nclean = {filters['filter.mend.clean']}\n",
    )
    return {"GIT_CONFIG_SYSTEM": str(settings)}


def filter_of_a_home(_: Gated, folder: Path) -> dict[str, str]:
    filters = filter_in(folder / "git")
    write(
        folder / "git" / "config",
        f'[filter "mend"]\nsmudge = {filters["filter.mend.smudge"]}\n'
        f"clean = {filters['filter.mend.clean']}\n",
    )
    return {"XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}


def another_repository(gated: Gated, folder: Path) -> dict[str, str]:
    gated.project.git("clone", "-q", ".", str(folder))
    gated.project.git("-C", str(folder), "config", "user.email", "a@b")
    write(folder / "tests" / "test_app.py", both(one=GREEN))
    commit = ("-c", "user.name=a", "commit", "-qam", "green")
    gated.project.git("-C", str(folder), *commit)
    return {"GIT_DIR": str(folder / ".git")}


def another_work_tree(gated: Gated, folder: Path) -> dict[str, str]:
    another_repository(gated, folder)
    gated.project.git("config", "core.worktree", str(folder))
    return {}


def another_index(gated: Gated, folder: Path) -> dict[str, str]:
    gated.project.write("tests/test_app.py", both(one=GREEN))
    index = {"GIT_INDEX_FILE": str(folder / "index")}
    folder.mkdir()
    return index


def replaced_blob(gated: Gated, _: Path) -> dict[str, str]:
    old = gated.project.git("rev-parse", "HEAD:tests/test_app.py")
    gated.project.write("good.py", both(one=GREEN))
    new = gated.project.git("hash-object", "-w", "good.py")
    (gated.project.root / "good.py").unlink()
    gated.project.git("replace", old, new)
    return {}


def object_of_another_content(gated: Gated, _: Path) -> dict[str, str]:
    """Git reads an object by its name, and believes that the content is the one that has it."""
    name = gated.project.git("rev-parse", "HEAD:tests/test_app.py")
    content = both(one=GREEN).encode()
    file = gated.project.root / ".git" / "objects" / name[:2] / name[2:]
    file.unlink()
    file.write_bytes(zlib.compress(b"blob %d\0%b" % (len(content), content)))
    return {}


def green_names_for_the_red_commit(gated: Gated, _: Path) -> dict[str, str]:
    red = gated.project.git("rev-parse", "HEAD")
    gated.project.write("tests/test_app.py", both(one=GREEN))
    gated.project.commit()
    green = gated.project.git("rev-parse", "HEAD")
    gated.project.git("reset", "-q", "--hard", red)
    for name in ("heads/HEAD", "tags/HEAD", f"heads/{red}", f"tags/{red[:10]}"):
        gated.project.git("update-ref", f"refs/{name}", green)
    return {}


def another_address(gated: Gated, folder: Path) -> dict[str, str]:
    another_repository(gated, folder)
    gated.project.git("config", f"url.{folder}.insteadOf", str(gated.project.root))
    return {}


def attributes_of_the_repository(gated: Gated, folder: Path) -> dict[str, str]:
    filter_of_the_repository(gated, folder)
    write(gated.project.root / ".git" / "info" / "attributes", "test_app.py filter=mend\n")
    return {}


def a_test_in_a_comment(gated: Gated, _: Path) -> dict[str, str]:
    """Read as UTF-7, the comment's second line is a test of the same name."""
    hidden = "# +AAo-def test+AF8-one(): pass\n"
    gated.project.write("tests/test_app.py", f"# coding: utf-7\n{both()}\n{hidden}")
    gated.project.commit()
    return {}


def monitor_that_sees_nothing(gated: Gated, folder: Path) -> dict[str, str]:
    gated.project.git("config", "core.fsmonitor", str(script(folder / "monitor", "printf 'x\\0'")))
    gated.project.write("app.py", "def serve():\n    return 3\n")
    return {}


def mended_and_not_committed(gated: Gated, _: Path) -> dict[str, str]:
    gated.project.write("tests/test_app.py", both(one=GREEN))
    return {}


def known_secret(_: Gated, folder: Path) -> dict[str, str]:
    return {
        "RUNBOOK_GATE_NONCE": "known",
        "RUNBOOK_NONCE": "known",
        "RUNBOOK_EVENTS": str(folder),
        "RUNBOOK_PROBE": "1",
    }


def options_of_nox(_: Gated, folder: Path) -> dict[str, str]:
    write(folder / "noxfile.py", "import nox\n@nox.session\ndef fast(session):\n    pass\n")
    return {"NOXFILE": str(folder / "noxfile.py"), "NOXSESSION": "none", "NOX_ENVDIR": str(folder)}


def smaller_manifest(gated: Gated, _: Path) -> dict[str, str]:
    tiers = '[tool.runbook.tiers.fast]\ntests = ["tests/none"]\n'
    gated.project.write("pyproject.toml", PYPROJECT + GATE + tiers)
    gated.project.commit()
    return {}


def options_of_the_project(gated: Gated, _: Path) -> dict[str, str]:
    more = PYPROJECT.replace('"-p", "runbook.plugin"', '"-p", "runbook.plugin", "-k", "two"')
    gated.project.write("pyproject.toml", more + GATE)
    gated.project.commit()
    return {}


def other_files_of_settings(gated: Gated, _: Path) -> dict[str, str]:
    gated.project.write("pytest.toml", '[pytest]\naddopts = ["-k", "two"]\n')
    gated.project.write(".pytest.ini", "[pytest]\naddopts = -k two\n")
    gated.project.write("tox.ini", "[pytest]\naddopts = -k two\n")
    gated.project.commit()
    return {}


def conftest_of_the_root(gated: Gated, _: Path) -> dict[str, str]:
    gated.project.write("conftest.py", FORGER)
    gated.project.commit()
    return {}


def a_submodule_of_tests(gated: Gated, folder: Path) -> dict[str, str]:
    other = folder / "tests"
    other.mkdir(parents=True)
    as_someone = ("-c", "user.name=a", "-c", "user.email=a@b")
    gated.project.git("init", "-q", str(other))
    write(other / "test_app.py", both(one=GREEN))
    gated.project.git("-C", str(other), "add", "-A")
    gated.project.git("-C", str(other), *as_someone, "commit", "-qm", "green")
    gated.project.git("rm", "-rqf", "tests")
    gated.project.git(
        "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "tests"
    )
    gated.project.commit()
    return {}


def runs_that_are_committed(gated: Gated, _: Path) -> dict[str, str]:
    run = ".runbook/runs/aaaaaa"
    gated.project.write(f"{run}/result.json", '{"verdict": "green", "seconds": 1}')
    gated.project.write(f"{run}/events.jsonl", '{"event": "finish", "exitstatus": 0}\n')
    gated.project.git("add", "-f", run)
    gated.project.commit()
    return {}


def large_file_filter(gated: Gated, _: Path) -> dict[str, str]:
    """As Git LFS has it: the commit holds one thing, and the checkout another."""
    filters = {"smudge": "sed 's/1 == 2/1 == 1/'", "clean": "sed 's/1 == 1/1 == 2/'"}
    for name, value in {**filters, "required": "true"}.items():
        gated.project.git("config", f"filter.lfs.{name}", value)
    gated.project.write(".gitattributes", "tests/test_app.py filter=lfs diff=lfs merge=lfs -text\n")
    gated.project.commit()
    return {}


def name_in_capitals(gated: Gated, _: Path) -> dict[str, str]:
    gated.project.git("config", "core.ignoreCase", "true")
    gated.project.write("tests/Test_App.py", both(one=GREEN))
    return {}


def another_clock(_: Gated, folder: Path) -> dict[str, str]:
    return {"LD_PRELOAD": str(folder / "libfaketime.so.1"), "FAKETIME": "-10d"}


def folder_by_a_link(gated: Gated, folder: Path) -> dict[str, str]:
    write(folder / "test_app.py", both(one=GREEN))
    gated.project.git("rm", "-rqf", "tests")
    (gated.project.root / "tests").symlink_to(folder)
    gated.project.commit()
    return {}


def a_test_by_a_link(gated: Gated, folder: Path) -> dict[str, str]:
    file = gated.project.root / "tests" / "test_app.py"
    file.unlink()
    file.symlink_to(write(folder / "test_app.py", both(one=GREEN)))
    gated.project.commit()
    return {}


def runs_by_a_link(gated: Gated, folder: Path) -> dict[str, str]:
    folder.mkdir()
    (gated.project.root / ".runbook").symlink_to(folder)
    gated.project.git("add", "-f", ".runbook")
    gated.project.commit()
    return {}


def bytecode_that_is_committed(gated: Gated, _: Path) -> dict[str, str]:
    """The source is what is looked at, and another one, of which it says that it is this one, is what would run."""
    source = gated.project.write("app.py", "def serve():\n    return 3\n")
    cached = Path(importlib.util.cache_from_source(str(source)))
    cached.parent.mkdir(exist_ok=True)
    code = marshal.dumps(compile("def serve():\n    return 1\n", str(source), "exec"))
    checked = (0b11).to_bytes(4, "little") + importlib.util.source_hash(source.read_bytes())
    cached.write_bytes(importlib.util.MAGIC_NUMBER + checked + code)
    imports = "import sys\nsys.path.insert(0, '.')\nimport app\n"
    test = row_test("test_one", "assert 1 == app.serve()")
    gated.project.write("tests/test_app.py", imports + module(test, row_test("test_two")))
    gated.project.git("add", "-f", "__pycache__")
    gated.project.commit()
    return {}


def gate_of_another_commit(gated: Gated, folder: Path) -> dict[str, str]:
    gated.open_for_something_else()
    orch = gated.file.path.parent
    orch.rename(folder)
    orch.mkdir()
    (orch / "gate.json").symlink_to(folder / "gate.json")
    return {}


BESIDE: list[Trick] = [
    *(site_on_the_path, site_of_the_user, conftest_above_the_tree, plugin_by_variable),
    *(hook_of_a_template, hook_of_the_repository, hook_by_variables),
    *(filter_by_variables, filter_of_the_repository, filter_of_one_worktree),
    *(filter_of_the_machine, filter_of_a_home),
    *(another_repository, another_index, another_address, replaced_blob),
    *(green_names_for_the_red_commit, attributes_of_the_repository),
    *(large_file_filter, name_in_capitals, another_clock),
    *(mended_and_not_committed, known_secret, options_of_nox, gate_of_another_commit),
]


@pytest.mark.parametrize("trick", BESIDE)
def test_what_stands_beside_a_red_commit_changes_nothing(
    gated: Gated, tmp_path: Path, trick: Trick
) -> None:
    gated.project.write("tests/test_app.py", both())
    gated.project.commit()

    asked = gated.open(trick(gated, tmp_path / "elsewhere"))

    assert (5, True) == (asked.status, "red: test_one" in asked.err), asked.err
    assert Position.OPEN is not gated.state.position


REFUSED: list[tuple[Trick, int, str]] = [
    (another_work_tree, 2, "failed to unpack tree object HEAD"),
    (monitor_that_sees_nothing, 5, "what is served from this checkout is not"),
    (object_of_another_content, 5, "what is served from this checkout is not"),
    (a_test_in_a_comment, 5, "tests/test_app.py::test_one has no row"),
    (smaller_manifest, 2, "tests/none does not exist"),
    (options_of_the_project, 5, "missing: test_one"),
    (other_files_of_settings, 5, "red: test_one"),
    (conftest_of_the_root, 5, "the negative control in tests passed"),
    (a_submodule_of_tests, 5, "fast: there are no rows in tests"),
    (runs_that_are_committed, 5, "red: test_one"),
    (bytecode_that_is_committed, 5, "red: test_one"),
    (folder_by_a_link, 5, "a link leads out of the commit: tests\n"),
    (a_test_by_a_link, 5, "a link leads out of the commit: tests/test_app.py\n"),
    (runs_by_a_link, 5, "a link leads out of the commit: .runbook\n"),
]


@pytest.mark.parametrize(("trick", "status", "reason"), REFUSED)
def test_what_is_committed_or_configured_is_refused_with_its_reason(
    gated: Gated, tmp_path: Path, trick: Trick, status: int, reason: str
) -> None:
    gated.project.write("tests/test_app.py", both())
    gated.project.commit()

    asked = gated.open(trick(gated, tmp_path / "elsewhere"))

    assert (status, True) == (asked.status, reason in asked.err), asked.err
    assert Position.OPEN is not gated.state.position
