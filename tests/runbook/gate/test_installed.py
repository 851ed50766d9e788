"""Whether installed packages hold what they say."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

import pytest

from runbook.gate.installed import damaged_files

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The packages of an environment; one is installed, with a name that CSV has to quote."""
    site = tmp_path / "fast" / "lib" / "python3.11" / "site-packages"
    (site / "app-1.dist-info").mkdir(parents=True)
    (site / "a, b.py").write_bytes(b"as it was built")
    digest = urlsafe_b64encode(hashlib.sha256(b"as it was built").digest()).decode().rstrip("=")
    lines = f'"a, b.py",sha256={digest},15\napp-1.dist-info/RECORD,,\n'
    (site / "app-1.dist-info" / "RECORD").write_text(lines, encoding="utf-8")
    return site


@pytest.mark.usefixtures("site")
def test_what_is_as_it_was_built_is_not_damaged(tmp_path: Path) -> None:
    assert [] == damaged_files(tmp_path)


def test_an_edited_file_is_damaged(tmp_path: Path, site: Path) -> None:
    (site / "a, b.py").write_bytes(b"as it was edit.")
    assert ["a, b.py"] == damaged_files(tmp_path)


def test_a_file_that_is_gone_is_damaged(tmp_path: Path, site: Path) -> None:
    (site / "a, b.py").unlink()
    assert ["a, b.py"] == damaged_files(tmp_path)


@pytest.mark.parametrize("name", ["odd.pth", "sitecustomize.py", "usercustomize"])
def test_a_file_that_runs_at_the_start_and_is_of_no_package_is_damage(
    tmp_path: Path, site: Path, name: str
) -> None:
    (site / name).write_text("import os\n", encoding="utf-8")

    assert [name] == damaged_files(tmp_path)


def test_a_file_that_runs_at_the_start_and_is_listed_is_none(tmp_path: Path, site: Path) -> None:
    record = site / "app-1.dist-info" / "RECORD"
    (site / "app.pth").write_bytes(b"as it was built")
    (site / "_virtualenv.pth").write_text("import _virtualenv", encoding="utf-8")
    record.write_text(
        record.read_text(encoding="utf-8").replace('"a, b.py"', "app.pth"), encoding="utf-8"
    )

    assert [] == damaged_files(tmp_path)
