"""What is kept in the engine's folder is not seen by git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.state_folder import make_in
from tests.runbook.support import Repository

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_kept_there_leaves_the_tree_clean(tmp_path: Path) -> None:
    repository = Repository(tmp_path).init()

    folder = make_in(tmp_path / ".runbook", "runs")
    (folder / "kept").touch()

    assert folder == tmp_path / ".runbook" / "runs"
    assert "" == repository.git("status", "--porcelain")


def test_it_may_be_there_already(tmp_path: Path) -> None:
    assert make_in(tmp_path, "runs") == make_in(tmp_path, "runs")
