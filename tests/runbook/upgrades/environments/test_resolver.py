"""What uv makes of the files that are handed to a search."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.runbook.upgrades.conftest import Project


def test_a_lock_of_uv_is_a_baseline_like_any_other(project: Project) -> None:
    """It pins what does not apply here too, which must not be taken for something that was installed."""
    for version in ("1.0", "2.0"):
        project.index.wheel("bee", version)
    project.index.wheel("elsewhere", "1.0")
    project.require("bee<2", "elsewhere; sys_platform == 'plan9'")
    subprocess.run(
        [f"{sys.prefix}/bin/uv", "lock", "--quiet", "--project", project.root, "--python", sys.executable],
        env=project.environment(), check=True,
    )  # fmt: skip
    shutil.move(project.root / "uv.lock", project.root.parent / "uv.lock")
    project.require("bee", "elsewhere; sys_platform == 'plan9'")
    project.check("import bee; assert bee.VERSION == '1.0', 'bee'")
    found = project.search("--baseline", str(project.root.parent / "uv.lock"))
    assert [["bee"]] == found.culprits, found.err
    assert [] == found.record["notes"]
