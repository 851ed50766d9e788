"""Colours that can be read: contrast of the design tokens as WCAG 2 measures it."""

from __future__ import annotations

import re

import pytest

from dashgen.canvas_schema import THEMES
from dashgen.pages.layout import ASSETS

CSS = (ASSETS / "tokens.css").read_text(encoding="utf-8")
PAIRS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", CSS
    )
}
CREAM = "#fffaf0"
BRIGHTEST_LIGHT, BRIGHTEST_GLEAM = 0.85, 0.24


def luminance(color: str) -> float:
    channels = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mix(one: str, other: str, part: float) -> str:
    """The colour of which `part` is the first and the rest the other."""
    pairs = [(int(one[n : n + 2], 16), int(other[n : n + 2], 16)) for n in (1, 3, 5)]
    return "#" + "".join(f"{round(part * a + (1 - part) * b):02x}" for a, b in pairs)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["page", "raised", "sunken"])
@pytest.mark.parametrize("ink", ["ink-1", "ink-2", "ink-3", "accent-ink", "danger", "good"])
def test_text_reads_on_every_ground(ink: str, ground: str, scheme: int) -> None:
    assert contrast(PAIRS[ink][scheme], PAIRS[ground][scheme]) >= 4.5


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_edges_of_controls_and_the_focus_ring_can_be_seen(scheme: int) -> None:
    for name in ("rule-control", "accent-1"):
        assert contrast(PAIRS[name][scheme], PAIRS["page"][scheme]) >= 3


@pytest.mark.parametrize("theme", THEMES)
def test_every_theme_has_colours_that_carry_text(theme: str) -> None:
    found = re.search(
        rf"\.theme-{theme} \{{ --t1: (#\w{{6}}); --t2: (#\w{{6}}); --t3: (#\w{{6}}); \}}", CSS
    )

    assert found is not None
    assert contrast(found[3], CREAM) >= 7
    # The lightest place of a stage: its light corner, the scene's light on it, and a gleam on that.
    scene = float(_only(r"\.stage > \.scene \{[^}]*opacity: ([\d.]+)"))
    corner = mix(found[2], found[3], int(_only(r"var\(--t2\) (\d+)%, var\(--t3\)")) / 100)
    lit = mix(found[2], corner, BRIGHTEST_LIGHT * scene)
    assert contrast(mix("#ffffff", lit, BRIGHTEST_GLEAM * scene), CREAM) >= 4.5


def test_scenes_are_no_lighter_than_that() -> None:
    scenes = (ASSETS / "scenes.svg").read_text(encoding="utf-8")
    lights = re.findall(r'(?:fill|stroke)="var\(--t1\)"[^>]*opacity="([\d.]+)"', scenes)
    gleams = re.findall(r'fill="#fff" opacity="([\d.]+)"', scenes)

    assert scenes.count("var(--t1)") == len(lights)
    assert BRIGHTEST_LIGHT == max(map(float, lights))
    assert BRIGHTEST_GLEAM == max(map(float, gleams))


def _only(pattern: str) -> str:
    (found,) = re.findall(pattern, (ASSETS / "stage.css").read_text(encoding="utf-8"))
    assert isinstance(found, str)
    return found
