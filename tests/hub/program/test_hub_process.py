"""The process of the hub under smoke: what is said of one that does not get ready."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.hub.hub_process import ROOT, HubProcess, HubUnusable

if TYPE_CHECKING:
    from pathlib import Path


def test_a_hub_that_dies_at_boot_is_told_by_the_place_first(apps: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "starlette.py").write_text("raise RuntimeError('half installed')\n")
    path = os.pathsep.join([str(broken), str(ROOT / "bin")])

    with HubProcess(apps, PYTHONPATH=path) as hub, pytest.raises(HubUnusable) as told:
        _ = hub.url

    told_place = re.match(r"(bin/hub/\S+\.py):\d+ RuntimeError: half installed; ", str(told.value))
    assert told_place
    assert (ROOT / told_place[1]).is_file()


def test_a_hub_that_gives_up_is_told_by_what_it_said(tmp_path: Path) -> None:
    with HubProcess(tmp_path / "nowhere") as hub, pytest.raises(HubUnusable, match="nowhere"):
        _ = hub.url
