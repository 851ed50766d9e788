"""The build is what is served: any change of it is another build, and nothing else is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashgen.build_id import BuildWatch, served_build

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "bin/control-panel-server.py": "server",
        "bin/dashgen/app.py": "app",
        "bin/dashgen/pages/templates/index.html": "<p>",
        "bin/wire/head.py": "head",
        "docs/legal/TERMS.md": "# Terms",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_it_is_the_same_for_the_same_files(root: Path) -> None:
    build = served_build(root)
    assert 64 == len(build)
    assert build == served_build(root)


@pytest.mark.parametrize(
    "name", ["bin/control-panel-server.py", "bin/dashgen/app.py", "docs/legal/TERMS.md"]
)
def test_changed_bytes_are_another_build(root: Path, name: str) -> None:
    before = served_build(root)
    (root / name).write_text("other")
    assert served_build(root) != before


def test_a_new_a_missing_and_a_renamed_file_are_other_builds(root: Path) -> None:
    builds = {served_build(root)}
    (root / "bin/dashgen/more.py").write_text("")
    builds.add(served_build(root))
    (root / "bin/dashgen/more.py").rename(root / "bin/dashgen/less.py")
    builds.add(served_build(root))
    (root / "docs/legal/TERMS.md").unlink()
    builds.add(served_build(root))
    assert 4 == len(builds)


def test_bytes_do_not_wander_between_files(root: Path) -> None:
    (root / "bin/dashgen/a.py").write_text("xy")
    (root / "bin/dashgen/b.py").write_text("")
    before = served_build(root)
    (root / "bin/dashgen/a.py").write_text("x")
    (root / "bin/dashgen/b.py").write_text("y")
    assert served_build(root) != before


def test_caches_and_other_folders_do_not_count(root: Path) -> None:
    before = served_build(root)
    for name in ("bin/dashgen/__pycache__/app.pyc", "bin/dashgen/.cache/x", "bin/runbook/x.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    assert before == served_build(root)


def test_without_a_server_there_is_no_build(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        served_build(tmp_path)


def test_this_checkout_has_a_build() -> None:
    assert served_build(Path(__file__).parents[2])


def test_as_a_program_it_prints_the_build_of_where_it_is_run(root: Path) -> None:
    program = Path(__file__).parents[2] / "bin/dashgen/build_id.py"
    done = subprocess.run(
        [sys.executable, "-I", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert f"{served_build(root)}\n" == done.stdout


def test_a_watch_sees_every_change_within_a_second(root: Path) -> None:
    watch = BuildWatch(root)
    booted = watch.read(0.0)
    assert booted == served_build(root)
    file = root / "bin/dashgen/app.py"
    changes: list[Callable[[], object]] = [
        lambda: file.write_text("edited"),
        file.unlink,
        lambda: (root / "bin/dashgen/new.html").write_text("new"),
        lambda: (root / "docs/legal/TERMS.md").write_text("edited"),
    ]
    builds = [booted]
    for seconds, change in enumerate(changes, 1):
        change()
        assert builds[-1] == watch.read(seconds - 0.5), "it does not look at every request"
        builds.append(watch.read(float(seconds)))
    assert len(set(builds)) == len(builds)


def test_a_watch_comes_back_to_what_was_booted(root: Path) -> None:
    watch = BuildWatch(root)
    booted, file = watch.read(0.0), root / "bin/dashgen/app.py"
    before = file.read_bytes()
    file.write_bytes(b"edited")
    assert watch.read(1.0) != booted
    file.write_bytes(before)
    assert booted == watch.read(2.0)


def test_caches_do_not_wake_a_watch(root: Path) -> None:
    watch = BuildWatch(root)
    booted = watch.read(0.0)
    (root / "bin/dashgen/__pycache__").mkdir(exist_ok=True)
    (root / "bin/dashgen/__pycache__/x.pyc").write_bytes(b"x")
    assert booted == watch.read(1.0)


def test_a_watch_that_sees_nothing_any_more_knows_no_build(root: Path) -> None:
    watch = BuildWatch(root)
    watch.read(0.0)
    shutil.rmtree(root / "bin")
    shutil.rmtree(root / "docs")
    assert "" == watch.read(1.0)


def test_a_server_under_smoke_is_asked_for_what_it_booted(root: Path) -> None:
    watch = BuildWatch(root, is_on=False)
    booted = watch.read(0.0)
    (root / "bin/dashgen/app.py").write_text("edited")
    assert booted == watch.read(10.0)
