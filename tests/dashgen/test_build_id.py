"""The build is what is served: any change of it is another build, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dashgen.build_id import served_build


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in {
        "bin/control-panel-server.py": "server",
        "bin/dashgen/app.py": "app",
        "bin/dashgen/pages/templates/index.html": "<p>",
        "docs/legal/TERMS.md": "# Terms",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_it_is_the_same_for_the_same_files(root: Path) -> None:
    build = served_build(root)
    assert len(build) == 64
    assert served_build(root) == build


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
    assert len(builds) == 4


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
    assert served_build(root) == before


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
