"""Scenes: drawn, and picked alike by the server and by the browser."""

from __future__ import annotations

import re

import pytest

from dashgen.pages.layout import ASSETS
from dashgen.pages.scenes import SCENES, scene_of


def test_every_scene_is_drawn() -> None:
    drawing = (ASSETS / "scenes.svg").read_text(encoding="utf-8")

    assert SCENES == tuple(re.findall(r'<symbol id="([^"]+)"', drawing))


def test_the_browser_picks_from_the_same_scenes() -> None:
    script = (ASSETS / "looks.js").read_text(encoding="utf-8")
    found = re.search(r"const SCENES = \[([^\]]+)\]", script)

    assert found is not None
    assert SCENES == tuple(re.findall(r'"([^"]+)"', found[1]))
    assert "Number.parseInt(canvasId.slice(-1), 16) || 0" in script


@pytest.mark.parametrize(
    ("canvas_id", "number"), [("cnv_00000000000f", 15), ("cnv_000000000004", 4), ("", 0), ("é", 0)]
)
def test_the_last_digit_picks(canvas_id: str, number: int) -> None:
    assert SCENES[number % len(SCENES)] == scene_of(canvas_id)
