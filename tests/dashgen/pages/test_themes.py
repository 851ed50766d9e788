"""Theme names become classes of our own, whatever stands in the record."""

from __future__ import annotations

import pytest

from dashgen.canvas_schema import THEMES
from dashgen.pages.themes import theme_class


@pytest.mark.parametrize("name", THEMES)
def test_a_known_theme_is_its_class(name: str) -> None:
    assert f"theme-{name}" == theme_class(name)


def test_anything_else_is_the_default(payload: str) -> None:
    assert "theme-warm" == theme_class(payload)
