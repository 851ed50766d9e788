"""The page that links a browser to an account, or to the dashboard."""

from __future__ import annotations

from dashgen.pages.layout import Page, render


def render_pair_page() -> Page:
    """Render the pairing page: one form for a maker's token, one for an operator's."""
    return render("pair.html")
