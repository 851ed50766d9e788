"""Portal and apps as people see them: on a phone, in the dark, and by the rules of accessibility."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from tests.hub.browser import go_through_tile, picture
from tests.hub.hub_process import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import StorageState

    from hub.catalogue import App
    from tests.integration.browser import Visits

WIDTHS = {"phone": (390, 844), "laptop": (1280, 800)}
PICTURES = Path(os.environ.get("RUNBOOK_EVIDENCE") or ROOT / ".runbook" / "hub-pages")
LOOKS = [(width, scheme) for width in WIDTHS for scheme in ("light", "dark")]


def options_for(width: str, scheme: str, login: StorageState | None) -> dict[str, Any]:
    wide, high = WIDTHS[width]
    options = {"viewport": {"width": wide, "height": high}, "color_scheme": scheme}
    return options | ({"storage_state": login} if login else {})


def problems_of(page: Any) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found]


def is_too_wide(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_portals_pages_are_in_order(
    visits: Visits, login: StorageState, width: str, scheme: str
) -> None:
    for name, path, cookies in (
        ("login", "/login", None),
        ("portal", "/", login),
        ("error", "/nothing", login),
    ):
        visit = visits.begin(name, **options_for(width, scheme, cookies))
        visit.page.goto(path)
        picture(visit.page, PICTURES / f"{name}-{width}-{scheme}.png")

        assert [] == problems_of(visit.page), name
        assert not is_too_wide(visit.page), name


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_the_apps_pages_are_in_order(
    tile: App, visits: Visits, login: StorageState, width: str, scheme: str
) -> None:
    if tile.slug == "ensemble":
        return  # its pages have such a test of their own, in tests/browser_pages
    visit = visits.begin(tile.slug, **options_for(width, scheme, login))
    go_through_tile(visit.page, tile.slug)
    visit.page.wait_for_load_state("networkidle")
    picture(visit.page, PICTURES / f"{tile.slug}-{width}-{scheme}.png")

    assert [] == problems_of(visit.page)
    assert not is_too_wide(visit.page)


def test_what_has_not_changed_looks_the_same(
    tile: App, visits: Visits, login: StorageState
) -> None:
    pictures = [PICTURES / f"{tile.slug}-again-{number}.png" for number in range(4)]
    for file in pictures:
        visit = visits.begin(file.stem, storage_state=login)
        go_through_tile(visit.page, tile.slug)
        visit.page.wait_for_load_state("networkidle")
        picture(visit.page, file)

    assert 1 == len({file.read_bytes() for file in pictures})


def test_a_checklist_is_made_ticked_off_and_kept(visits: Visits, login: StorageState) -> None:
    visit = visits.begin("somebody", storage_state=login)
    page = visit.page
    go_through_tile(page, "checklists")
    page.get_by_label("New list").fill("Release <b>1.4</b>")
    page.get_by_role("button", name="Make it").click()
    made = page.get_by_label("Release <b>1.4</b>", exact=True)
    for step in ("Smoke it", "Tag it"):
        made.get_by_label("New step").fill(step)
        made.get_by_role("button", name="Add").click()
        made.get_by_label(step).wait_for()
    made.get_by_label("Smoke it").check()
    made.get_by_text("1 of 2").wait_for()
    page.reload()
    made.get_by_text("1 of 2").wait_for()
    picture(page, PICTURES / "checklists-used.png")

    assert made.get_by_label("Smoke it").is_checked()
    assert [] == visit.errors + visit.violations
