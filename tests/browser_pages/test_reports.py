"""The pages of `invoke report` in a real Chromium: both themes, a phone, axe, and nothing asked of anybody."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from runbook.report_page.drift_page import drift_page
from runbook.report_page.run_page import run_page
from runbook.report_page.search_page import search_page
from tests.integration.conftest import evidence_folder
from tests.runbook.report_page.pages import HOSTILE, drift_record, run_record, search_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.integration.browser import Visits

WIDTHS = (360, 1280)
TEXT = " ".join(HOSTILE)
PAGES: dict[str, Callable[[], str]] = {
    "run-green": lambda: run_page(run_record("green", TEXT)),
    "run-red": lambda: run_page(run_record("red", TEXT)),
    "search": lambda: search_page(search_record("found", TEXT)),
    "drift": lambda: drift_page(drift_record("found", TEXT)),
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_report_is_for_everybody_and_runs_nothing(
    name: str, theme: Literal["light", "dark"], visits: Visits, tmp_path: Path
) -> None:
    file = tmp_path / f"{name}.html"
    file.write_text(PAGES[name](), encoding="utf-8")
    visit = visits.begin("reader", color_scheme=theme)
    asked: list[str] = []
    visit.page.on("request", lambda request: asked.append(request.url))
    visit.page.goto(file.as_uri())
    folder = evidence_folder() / "reports"
    folder.mkdir(parents=True, exist_ok=True)

    too_wide = []
    for width in WIDTHS:
        visit.page.set_viewport_size({"width": width, "height": 900})
        visit.page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=True)
        if not visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            too_wide.append(width)
    found = Axe().run(visit.page).response["violations"]
    (folder / f"{name}-{theme}-axe.json").write_text(json.dumps(found, indent=2), encoding="utf-8")

    assert [] == [f"{each['id']}: {node['target'][0]}" for each in found for node in each["nodes"]]
    assert [] == too_wide
    assert [] == [url for url in asked if not url.startswith(("data:", file.as_uri()))]
    assert [f"GET {file.as_uri()}"] == visit.trouble, (
        "the page itself is all that is no page of the server"
    )
    assert 0 == visit.page.evaluate("document.scripts.length")
