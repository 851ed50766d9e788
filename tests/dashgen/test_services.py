"""What a server opens, by what it was told."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dashgen.services import make_services
from dashgen.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("nonce", "is_noticed"), [("", True), ("a run", False)])
def test_a_server_notices_that_its_files_change_and_one_under_smoke_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nonce: str, *, is_noticed: bool
) -> None:
    served = tmp_path / "bin" / "control-panel-server.py"
    served.parent.mkdir()
    served.touch()
    monkeypatch.setattr("dashgen.services.REPOSITORY", tmp_path)
    services = make_services(
        Settings(orch_data=tmp_path, plugin_data=tmp_path, data_root=tmp_path, run_nonce=nonce)
    )
    before = services.build.read(time.monotonic())

    served.write_text("changed", encoding="utf-8")

    assert is_noticed is (before != services.build.read(time.monotonic() + 60))
