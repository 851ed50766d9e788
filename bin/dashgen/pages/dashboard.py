"""The operator's page: projects, their smoke, and whether the public grid is open."""

from __future__ import annotations

from typing import Final

from dashgen.pages.first_run import Choice
from dashgen.pages.layout import Page, render
from dashgen.projects import MAX_NOTES

_SMOKE_RESULTS: Final = (
    Choice("pass", "Pass"),
    Choice("issues", "Issues"),
    Choice("fail", "Fail"),
)


def render_dashboard_page() -> Page:
    """Render the dashboard; scripts fill it with what the reader's token may see."""
    return render("dashboard.html", smoke_results=_SMOKE_RESULTS, notes_limit=MAX_NOTES)
