"""From theme names to the classes of the style sheets."""

from __future__ import annotations

from dashgen.canvas_schema import DEFAULT_THEME, THEMES


def theme_class(name: str) -> str:
    """Return the CSS class of a theme; an unknown name gets the default's."""
    return f"theme-{name if name in THEMES else DEFAULT_THEME}"
