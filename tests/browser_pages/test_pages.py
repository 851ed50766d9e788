"""Every page in both themes: held against axe, fitted into a phone, and pictured at three widths."""

from __future__ import annotations

import dataclasses
import itertools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from dashgen.pages.navigation import LEGAL_PAGES
from tests.integration.conftest import evidence_folder
from tests.integration.pages import page_of, remember_maker, remember_operator, remember_visit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.integration.browser import Visit, Visits
    from tests.integration.conftest import Owner

WIDTHS = (360, 768, 1440)
GROUND = "(element) => getComputedStyle(element).backgroundColor"
PICTURES = "(all) => all.map((element) => getComputedStyle(element).backgroundImage)"
PLACES = """(all) => all.map((element) => element.getBoundingClientRect())
  .map((box) => [box.top, box.bottom, box.left, box.right])"""
IS_WHOLE = """(element) => element.getBoundingClientRect().right <= element.parentElement
  .getBoundingClientRect().right"""
CORNERS = """(element) => ["TopLeft", "TopRight", "BottomLeft", "BottomRight"]
  .map((corner) => Number.parseFloat(getComputedStyle(element)[`border${corner}Radius`]))"""
PLACE = "(element) => Number(element.dataset.y)"
MIDDLE = """(element) => {
  element.scrollIntoView({ block: "center", behavior: "instant" });
  const box = element.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""
HEIGHT = 900
NOTE = (
    "# Low tide\n\nA note of *some* length, with [a link](https://example.org/) and\n\n- one\n- two"
)
COMPONENTS = (
    {"type": "text", "x": 160, "y": 100, "props": {"text": "A harbour at noon", "variant": "hero"}},
    {"type": "text", "x": 160, "y": 300, "props": {"text": "Boats come and go all day."}},
    {"type": "sprite", "x": 1200, "y": 420, "props": {"sprite": "lamp", "label": "The lamp"}},
    {"type": "click-to-read", "x": 160, "y": 600, "props": {"label": "Log book", "content": NOTE}},
    {"type": "click-to-link", "x": 800, "y": 700, "props": {"label": "Tides", "url": "https://example.org/"}},
)  # fmt: skip


def _nothing(_page: Page) -> None:
    """What most pages need before they are looked at."""


def _click(*selectors: str) -> Callable[[Page], None]:
    def click(page: Page) -> None:
        for selector in selectors:
            page.locator(selector).first.click()

    return click


@dataclass(frozen=True, slots=True)
class Look:
    """A page as somebody finds it.

    Attributes:
        name: What its pictures are called.
        path: Its address; ``{public}`` and ``{draft}`` are ids of canvases.
        who: A visitor, a maker, or the operator.
        shows: What is waited for.
        prepare: What is done there first.
        is_new: Whether it is the first visit, with dialog and cookie notice.
    """

    name: str
    path: str
    shows: str = "main h1"
    who: Literal["visitor", "maker", "operator"] = "visitor"
    prepare: Callable[[Page], None] = _nothing
    is_new: bool = False


LOOKS = (
    Look("index", "/index.html", shows="[data-testid=card]"),
    Look("index-new", "/index.html", shows="#first-run", is_new=True),
    Look("canvas", "/canvas/{public}.html", shows=".part"),
    Look("canvas-note", "/canvas/{public}.html", prepare=_click(".part-note"), shows=".note:popover-open"),
    Look("studio-unpaired", "/studio.html", shows="#unpaired"),
    Look("studio", "/studio.html", shows="[data-testid=canvas-row]", who="maker"),
    Look("editor", "/studio.html#{draft}", shows="#stage [data-testid=piece]", who="maker"),
    Look("editor-selected", "/studio.html#{draft}", prepare=_click("#stage .piece"), shows="#inspector", who="maker"),
    Look("editor-published", "/studio.html#{public}", shows="#fixed-notice", who="maker"),
    Look("publish", "/studio.html#{draft}", prepare=_click("#editor-publish"), shows="#publish-dialog", who="maker"),
    Look("pair", "/pair.html", shows="#pair-form"),
    Look("settings", "/settings.html"),
    Look("settings-maker", "/settings.html", shows="#unpair", who="maker"),
    Look("dashboard-visitor", "/dashboard.html"),
    Look("dashboard", "/dashboard.html", shows="#gate-state", who="operator"),
    *(Look(f"legal-{page.slug}", page.url) for page in LEGAL_PAGES),
    Look("docs", "/docs/getting-started/SMOKE_RUNBOOK.html"),
    Look("not-found", "/canvas/cnv_000000000000.html"),
)  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_page_is_for_everybody(
    look: Look, theme: Literal["light", "dark"], owner: Owner, visits: Visits
) -> None:
    folder = evidence_folder() / "pages"
    visit = visits.begin("somebody", color_scheme=theme)
    find(visit, look, owner)

    too_wide = [width for width in WIDTHS if not picture(visit.page, width, folder, look, theme)]
    violations = axe_violations(visit.page, folder / f"{look.name}-{theme}-axe.json")

    assert [] == violations
    assert [] == too_wide
    assert [] == [each for each in visit.trouble if not each.startswith("Failed to load resource")]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_page_fits_with_letters_of_twice_the_size(look: Look, owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody")
    find(visit, look, owner)

    visit.page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert [] == [width for width in WIDTHS if not fits(visit.page, width)]


@pytest.mark.parametrize(
    ("look", "chosen", "other"),
    [
        ("index", ".pill[aria-current]", ".pill:not([aria-current])"),
        ("index-new", ".chip input:checked + span", ".chip input:not(:checked) + span"),
    ],
)
def test_what_is_chosen_is_seen_in_colours_of_the_system(
    look: str, chosen: str, other: str, owner: Owner, visits: Visits
) -> None:
    visit = visits.begin("somebody", forced_colors="active")
    find(visit, next(each for each in LOOKS if each.name == look), owner)

    grounds = {visit.page.locator(each).first.evaluate(GROUND) for each in (chosen, other)}
    pictures = visit.page.locator(".card-picture").evaluate_all(PICTURES)

    assert 2 == len(grounds)
    assert [] == [picture for picture in pictures if "gradient" not in picture]


def test_on_a_phone_what_stands_on_a_canvas_follows_each_other(
    owner: Owner, visits: Visits
) -> None:
    visit = visits.begin("somebody", viewport={"width": WIDTHS[0], "height": HEIGHT})
    find(visit, next(each for each in LOOKS if each.name == "canvas"), owner)

    places = visit.page.locator(".part").evaluate_all(PLACES)

    assert len(COMPONENTS) == len(places)
    assert [] == [
        (above, below)
        for above, below in itertools.pairwise(places)
        if below[0] < above[1] and below[2] < above[3]
    ]


@pytest.mark.parametrize("width", [WIDTHS[0], WIDTHS[-1]])
def test_words_of_any_length_stay_within_what_holds_them(
    width: int, owner: Owner, visits: Visits
) -> None:
    visit = visits.begin("somebody", viewport={"width": width, "height": HEIGHT})
    remember_maker(visit, owner)
    maker = dataclasses.replace(owner, handle="a" * 32)
    label = {"type": "click-to-link", "x": 160, "y": 100, "props": {"label": "a" * 240, "url": "/"}}
    canvas = maker.seed("a" * 80, label, *[COMPONENTS[1]] * 99)
    owner.publish(canvas.id, 0)

    visit.page.goto("/index.html?filter=newest")
    date = visit.page.locator("[data-testid=card] time").first.evaluate(IS_WHOLE)
    visit.page.goto(page_of(canvas))
    corners = visit.page.locator(".part-link .label").first.evaluate(CORNERS)
    visit.page.goto(f"/studio.html#{canvas.id}")
    visit.page.locator(".piece").first.wait_for()
    listed = visit.page.locator("#components").evaluate("(list) => list.offsetHeight")

    assert date
    assert max(corners) <= 24  # a rounder one cuts letters off
    assert listed < HEIGHT  # what is below can be found
    assert fits(visit.page, width)


def test_what_stands_at_the_foot_of_a_stage_is_seen_whole(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody")
    remember_maker(visit, owner)
    lowest = ({**part, "y": 1_079} for part in COMPONENTS)
    canvas = owner.seed("Low tide", *lowest)
    owner.publish(canvas.id, 0)

    for path in (page_of(canvas), f"/studio.html#{canvas.id}"):
        visit.page.goto(path)
        visit.page.locator(".part").nth(len(COMPONENTS) - 1).wait_for()
        ((top, foot, *_),) = visit.page.locator(".stage").evaluate_all(PLACES)
        places = visit.page.locator(".part").evaluate_all(PLACES)

        assert [] == [place for place in places if place[0] < top or place[1] > foot], path


def test_a_finger_drags_a_thing_and_not_the_page(owner: Owner, visits: Visits) -> None:
    phone = {"width": WIDTHS[0], "height": HEIGHT}
    visit = visits.begin("somebody", viewport=phone, has_touch=True)
    find(visit, next(each for each in LOOKS if each.name == "editor"), owner)
    thing = visit.page.locator("#stage [data-type=text]").first
    before = thing.evaluate(PLACE)

    x, y = thing.evaluate(MIDDLE)
    finger = visit.context.new_cdp_session(visit.page)
    for kind, down in (("touchStart", 0), *(("touchMove", 10 * n) for n in range(1, 7))):
        points = [{"x": x, "y": y + down}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    after = thing.evaluate(PLACE)
    a_pixel = 1920 / visit.page.locator("#stage").evaluate("(stage) => stage.offsetWidth")
    assert pytest.approx(before + 60 * a_pixel, abs=8) == after


def find(visit: Visit, look: Look, owner: Owner) -> None:
    """Come to the page as whoever the look is about."""
    public = owner.seed("Harbour at noon", *COMPONENTS)
    draft = owner.seed("Boats, unfinished", *COMPONENTS)
    owner.publish(public.id, 0)
    if not look.is_new:
        remember_visit(visit)
    if look.who == "maker":
        remember_maker(visit, owner)
    if look.who == "operator":
        remember_operator(visit)
    visit.page.goto(look.path.format(public=public.id, draft=draft.id))
    look.prepare(visit.page)
    visit.page.locator(look.shows).first.wait_for()
    visit.page.evaluate("document.fonts.ready")


def picture(page: Page, width: int, folder: Path, look: Look, theme: str) -> bool:
    """Take a picture at this width; return whether the page fits into it."""
    is_fitting = fits(page, width)
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{look.name}-{theme}-{width}.png", full_page=True)
    return is_fitting


def fits(page: Page, width: int) -> bool:
    """Whether the page needs no scrolling sideways at this width."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def axe_violations(page: Page, report: Path) -> list[str]:
    """Return what axe finds wrong, a line each, and keep all that it says."""
    found = Axe().run(page).response["violations"]
    report.write_text(json.dumps(found, indent=2), encoding="utf-8")
    return [
        f"{violation['id']}: {node['target'][0]}"
        for violation in found
        for node in violation["nodes"]
    ]
