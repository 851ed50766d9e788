"""The wheel of a project, where there can be none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.errors import EnvironmentNotReady
from runbook.sessions.wheel import build_wheel

if TYPE_CHECKING:
    from pathlib import Path


def test_a_wheel_that_cannot_be_built_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[build-system\n", encoding="utf-8")

    with pytest.raises(EnvironmentNotReady, match="uv could not build the wheel"):
        build_wheel(tmp_path)
