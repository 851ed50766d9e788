"""Every page in both themes: held against axe, fitted into a phone, and pictured at three widths."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

from dashgen.pages.navigation import LEGAL_PAGES
from tests.integration import line, page_facts
from tests.integration.conftest import evidence_folder
from tests.integration.hands import middle_of, press
from tests.integration.page_facts import appears, disappears, seen
from tests.integration.pages import (
    READY,
    open_page,
    page_of,
    remember_maker,
    remember_operator,
    remember_visit,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from dashgen.canvas_schema import Canvas
    from tests.integration.browser import Visit, Visits
    from tests.integration.conftest import Owner
    from tests.integration.server_process import ServerProcess

WIDTHS = (360, 768, 1440)
GROUND = "(element) => getComputedStyle(element).backgroundColor"
INK = "(element) => getComputedStyle(element).color"
LINE = "(element) => getComputedStyle(element).borderTopColor"
PICTURES = "(all) => all.map((element) => getComputedStyle(element).backgroundImage)"
PLACES = """(all) => all.map((element) => element.getBoundingClientRect())
  .map((box) => [box.top, box.bottom, box.left, box.right])"""
IS_WHOLE = """(element) => element.getBoundingClientRect().right <= element.parentElement
  .getBoundingClientRect().right"""
CORNERS = """(element) => ["TopLeft", "TopRight", "BottomLeft", "BottomRight"]
  .map((corner) => Number.parseFloat(getComputedStyle(element)[`border${corner}Radius`]))"""
PLACE = "(element) => Number(element.dataset.y)"
# What of a stage hangs over its edge, by half a pixel or more.
HANGING = """(stage) => [...stage.querySelectorAll(".part")].filter((part) => {
  const [inner, outer] = [part, stage].map((one) => one.getBoundingClientRect());
  return inner.bottom > outer.bottom + 0.5 || inner.right > outer.right + 0.5;
}).map((part) => part.textContent.trim())"""
# What of a stage lies on something else of it.
OVERLAPPING = """(stage) => {
  const parts = [...stage.querySelectorAll(".part")]
    .map((part) => [part.textContent.trim(), part.getBoundingClientRect()]);
  return parts.flatMap(([above, a], n) => parts.slice(n + 1)
    .filter(([, b]) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
    .map(([below]) => [above, below]));
}"""
DEPTHS = "(all) => all.map((element) => getComputedStyle(element).zIndex).sort()"
LINES = "(element) => element.getClientRects().length"
LEFT = "(element) => element.getBoundingClientRect().left"
HAS_MORE = "(element) => element.scrollHeight > element.clientHeight"
# How far below the header the chapter begins to which one went.
BELOW_THE_HEADER = """document.querySelector(":target").getBoundingClientRect().top
  - document.querySelector(".site-header").getBoundingClientRect().bottom"""
AT_THE_TOP = "document.elementFromPoint(innerWidth / 2, 20).closest('header')?.className"
# Which look the page has when its first element is there to be drawn.
WATCH_LOOK = """new MutationObserver((_, watch) => {
  if (!document.body) return;
  window.firstLook = document.documentElement.dataset.theme ?? "";
  watch.disconnect();
}).observe(document, { childList: true, subtree: true })"""
# Whether words end to the left of where they begin.
READS_TO_THE_LEFT = """(element) => {
  const place = (start, end) => {
    const range = document.createRange();
    range.setStart(node, start);
    range.setEnd(node, end);
    return range.getBoundingClientRect().left;
  };
  const node = [...element.childNodes].find((one) => one.nodeType === Node.TEXT_NODE && one.data.trim());
  const [first, last] = [node.data.search(/\\S/), node.data.trimEnd().length - 1];
  return place(last, last + 1) < place(first, first + 1);
}"""
# How many lines each of the words of the header takes.
HEADER_LINES = """() => [...document.querySelectorAll(".wordmark span, .site-nav a")].map((words) => {
  const range = document.createRange();
  range.selectNodeContents(words);
  return range.getClientRects().length;
})"""
FROM_THE_RIGHT = "\u05e9\u05dc\u05d5\u05dd \u05dc\u05db\u05dd!"  # letters of Hebrew, and a sign that has no direction
# What has the focus if no line is around it: itself, or what stands for it.
WITHOUT_RING = """(() => {
  const one = document.activeElement;
  const standing = [one, one.nextElementSibling, one.closest(".card, .slot-choice")].filter(Boolean);
  const styles = standing.map((element) => getComputedStyle(element));
  const has = styles.some(({ outlineStyle, opacity }) => outlineStyle === "solid" && opacity !== "0");
  return has || one === document.body ? null : one.outerHTML;
})()"""
STOPS = 14  # on the front page, past all that is above the first card
# What can tell one of a kind from the others.
LOOKS_LIKE = """(element) => {
  const { backgroundColor, borderColor, boxShadow, outlineStyle } = getComputedStyle(element);
  return [backgroundColor, borderColor, boxShadow, outlineStyle].join();
}"""
LINES_HIGH = """(element) => {
  const { height, lineHeight } = getComputedStyle(element);
  return Math.round(Number.parseFloat(height) / Number.parseFloat(lineHeight));
}"""
# How far words stand out from the ground that they bring along; 0 where they bring none. Axe leaves what stands on a
# picture undecided, whatever it brings.
CONTRAST = """(element) => {
  const { color, backgroundColor } = getComputedStyle(element);
  const [ink, ground] = [color, backgroundColor].map((text) => text.match(/[0-9.]+/g).map(Number));
  if (ground[3] === 0) return 0;
  const light = (rgb) => rgb.slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, n) => sum + part * [0.2126, 0.7152, 0.0722][n], 0);
  const [dark, bright] = [light(ink), light(ground)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}"""
LINKS = re.compile(r'<a [^>]*href="([^"]+)')
NO_STORAGE = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("Access is denied.", "SecurityError"); },
})"""
MIDDLE = """(element) => {
  element.scrollIntoView({ block: "center", behavior: "instant" });
  const box = element.getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""
HEIGHT = 900
READABLE = 4.5  # of WCAG, for text of the size of a body
NUMBERS_OF_PICTURES = "(cards) => cards.map((card) => String(card.querySelectorAll('img').length))"
IS_AT_ITS_RIGHT = """(() => {
  const { scrollLeft, clientWidth, scrollWidth } = document.querySelector(".stage-scroller");
  return scrollLeft > 0 && scrollLeft + clientWidth >= scrollWidth - 1;
})()"""
MOTION = "(element) => getComputedStyle(element).transitionDuration.split(', ')[0]"
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
    Look("settings-unpair", "/settings.html", prepare=_click("#unpair"), shows="#unpair-dialog", who="maker"),
    Look("dashboard-visitor", "/dashboard.html"),
    Look("dashboard", "/dashboard.html", shows="#gate-state", who="operator"),
    *(Look(f"legal-{page.slug}", page.url) for page in LEGAL_PAGES),
    Look("docs", "/docs/getting-started/SMOKE_RUNBOOK.html"),
    Look("not-found", "/canvas/cnv_000000000000.html"),
)  # fmt: skip
LOOK = {look.name: look for look in LOOKS}


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


def test_the_words_of_the_header_are_whole_in_letters_of_twice_the_size(visits: Visits) -> None:
    page = visits.begin("somebody", viewport={"width": WIDTHS[0], "height": HEIGHT}).page
    open_page(page, "/legal/terms.html")
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert {1} == set(page.evaluate(HEADER_LINES))
    assert page_facts.is_inside(page, ".wordmark span", ".site-header")


def test_what_is_written_from_right_to_left_is_read_so(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody")
    remember_visit(visit)
    remember_maker(visit, owner)
    text = {**COMPONENTS[1], "props": {"text": FROM_THE_RIGHT}}
    note = {**COMPONENTS[3], "props": {"label": "Log book", "content": FROM_THE_RIGHT}}
    draft, canvas = (owner.seed(FROM_THE_RIGHT, text, note) for _ in range(2))
    owner.has_published(canvas, 0)
    page, places = visit.page, []

    open_page(page, f"/studio.html#{draft.id}")
    places += reads_to_the_left(page, "#stage .text", "#studio-title")
    press(page, "#editor-close")
    places += reads_to_the_left(page, "#drafts .canvas-name a", "#slots .canvas-name a")
    open_page(page, page_of(canvas))
    press(page, ".part-note")
    places += reads_to_the_left(page, "#canvas-title", ".part-text .text", ".note .prose p")
    open_page(page, "/index.html?filter=newest")
    places += reads_to_the_left(page, ".card-title")

    assert [True] * 8 == places


def reads_to_the_left(page: Page, *selectors: str) -> list[bool]:
    """Whether the words of each of these, as soon as they are seen, end to the left of where they begin."""
    assert all(appears(page, selector) for selector in selectors)
    return [page.locator(selector).first.evaluate(READS_TO_THE_LEFT) for selector in selectors]


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
    find(visit, LOOK[look], owner)

    grounds = {visit.page.locator(each).first.evaluate(GROUND) for each in (chosen, other)}
    pictures = visit.page.locator(".card-picture").evaluate_all(PICTURES)

    assert 2 == len(grounds)
    assert [] == [picture for picture in pictures if "gradient" not in picture]


def test_who_asks_for_more_contrast_gets_it(owner: Owner, visits: Visits) -> None:
    look = LOOK["settings"]
    inks, lines = set(), set()
    for contrast in ("no-preference", "more"):
        visit = visits.begin(contrast, contrast=contrast, color_scheme="light")
        find(visit, look, owner)
        inks.add(visit.page.locator(".eyebrow").first.evaluate(INK))
        lines.add(visit.page.locator(".panel").first.evaluate(LINE))

    assert (2, 2) == (len(inks), len(lines))


def test_on_a_phone_what_stands_on_a_canvas_follows_each_other(
    owner: Owner, visits: Visits
) -> None:
    visit = visits.begin("somebody", viewport={"width": WIDTHS[0], "height": HEIGHT})
    find(visit, LOOK["canvas"], owner)

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
    lines = visit.page.locator(".card-title").first.evaluate(LINES_HIGH)
    visit.page.goto(page_of(canvas))
    corners = visit.page.locator(".part-link .label").first.evaluate(CORNERS)
    visit.page.goto(f"/studio.html#{canvas.id}")
    visit.page.locator(".piece").first.wait_for()
    listed = visit.page.locator("#components").evaluate("(list) => list.offsetHeight")

    assert date
    assert 2 >= lines  # a card is no higher than its neighbours
    assert max(corners) <= 24  # a rounder one cuts letters off
    assert listed < HEIGHT  # what is below can be found
    assert fits(visit.page, width)


def test_a_note_is_whole_on_a_phone_and_the_header_stays_above_all(
    owner: Owner, visits: Visits
) -> None:
    visit = visits.begin("somebody", viewport={"width": WIDTHS[0], "height": 240})
    find(visit, LOOK["canvas-note"], owner)
    page = visit.page

    assert 0 <= page.locator(".note:popover-open").evaluate(LEFT)
    assert page.locator(".note:popover-open").evaluate(HAS_MORE)
    assert page_facts.scrolls(page, ".note:popover-open")
    page.locator(".note:popover-open").evaluate("(note) => note.scrollTo(0, 0)")
    page.locator(".note:popover-open .note-close").click()
    assert not page.locator(".note:popover-open").count()
    page.locator(".part").last.evaluate("(part) => part.scrollIntoView()")
    assert "site-header" == page.evaluate(AT_THE_TOP)


@pytest.mark.parametrize("width", WIDTHS[1:])
def test_nothing_hangs_over_the_edge_of_a_stage(width: int, owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody", viewport={"width": width, "height": HEIGHT})
    remember_maker(visit, owner)
    at_the_edge = [
        {**one, "x": 500 * number, "y": 1_060, "z": number - 1}
        for number, one in enumerate(COMPONENTS[:4])
    ]
    in_the_corner = {**COMPONENTS[4], "x": 1_900, "y": 1_060, "z": 7}
    canvas = owner.seed("Low tide", *at_the_edge, in_the_corner)
    owner.publish(canvas.id, 0)
    found = [look_at_stage(visit.page, address) for address in both_pages_of(canvas)]

    assert [[], []] == [visited.hanging for visited in found]
    assert [["-1", "0", "1", "2", "7"]] * 2 == [visited.depths for visited in found]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_first_canvas_is_tidy_whatever_was_answered(
    width: int, owner: Owner, visits: Visits
) -> None:
    visit = visits.begin("somebody", viewport={"width": width, "height": HEIGHT})
    remember_maker(visit, owner)
    answers = {"building": "Sound and " * 28, "vibe": "lounge", "problem": "Noise and " * 28}
    context = {"handle": "lighthouse-keepers-and-musicians", **answers}
    created = owner.client.post("/studio/canvas", {"signup_context": context})
    assert 201 == created.status

    stage = look_at_stage(visit.page, f"/studio.html#{created.json['id']}")

    assert [] == stage.overlapping
    assert [] == stage.hanging


@dataclass(frozen=True, slots=True)
class Stage:
    """What is to be seen of a stage: what hangs over its edge, what lies on what, and what is in front."""

    hanging: list[str]
    overlapping: list[list[str]]
    depths: list[str]


def look_at_stage(page: Page, address: str) -> Stage:
    """Go to a stage and look at what stands on it."""
    page.goto(address)
    page.locator(".stage .part").first.wait_for()
    stage = page.locator(".stage").first
    depths = page.locator(".stage .part").evaluate_all(DEPTHS)
    return Stage(stage.evaluate(HANGING), stage.evaluate(OVERLAPPING), depths)


def both_pages_of(canvas: Canvas) -> list[str]:
    """Where a canvas is edited and where it is looked at."""
    return [f"/studio.html#{canvas.id}", page_of(canvas)]


def test_a_chosen_look_is_there_before_anything_is_drawn(visits: Visits) -> None:
    visit = visits.begin("somebody")
    remember_visit(visit)
    visit.page.goto("/index.html")
    visit.page.locator("#theme-toggle").click()
    chosen = visit.page.evaluate("localStorage.theme")
    visit.context.add_init_script(WATCH_LOOK)
    visit.page.reload()

    assert chosen in ("light", "dark")
    assert chosen == visit.page.evaluate("firstLook")


def test_where_nothing_can_be_stored_the_pages_work(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody")
    owner.publish(owner.seed("Harbour at noon", *COMPONENTS).id, 0)
    visit.context.add_init_script(NO_STORAGE)
    visit.page.goto("/index.html?filter=newest")
    visit.page.locator("#first-run-later").click()
    visit.page.locator("#cookie-banner-dismiss").click()
    visit.page.locator("a[data-order=featured]").click()
    visit.page.locator("a[data-order=featured][aria-current]").wait_for()
    visit.page.goto("/settings.html")
    visit.page.get_by_text("This browser is not paired.").wait_for()

    assert [] == visit.trouble


def test_on_paper_there_is_nothing_that_can_only_be_pressed(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody", color_scheme="dark")
    find(visit, LOOK["legal-terms"], owner)
    inked = visit.page.locator(".prose p").first.evaluate(INK)
    visit.page.emulate_media(media="print")

    gone = visit.page.locator(".site-header, .site-footer, .cookie-banner, .others")
    assert [False] * 4 == [each.is_visible() for each in gone.all()]
    assert inked != visit.page.locator(".prose p").first.evaluate(INK)  # light is for a dark screen


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("look", "selectors"),
    [
        ("canvas-note", [".note", ".part-note .label", ".part-link .label"]),
        ("index", [".segmented .pill[aria-current]"]),  # axe does not judge it
        ("index-new", [".dialog", ".cookie-banner"]),
        ("publish", ["#publish-dialog", "#publish-dialog .dialog-actions"]),
    ],
)
def test_what_lies_above_a_page_can_be_read(
    look: str,
    selectors: list[str],
    theme: Literal["light", "dark"],
    owner: Owner,
    visits: Visits,
) -> None:
    visit = visits.begin("somebody", color_scheme=theme)
    find(visit, LOOK[look], owner)

    contrasts = [visit.page.locator(each).first.evaluate(CONTRAST) for each in selectors]

    assert [] == [each for each in contrasts if each < READABLE]


@pytest.mark.parametrize("look", ["index", "index-new", "editor", "publish"])
def test_what_has_the_focus_is_seen(look: str, owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody")
    find(visit, LOOK[look], owner)
    unseen = []
    for _ in range(STOPS):
        visit.page.keyboard.press("Tab")
        unseen.append(visit.page.evaluate(WITHOUT_RING))

    assert [] == [element for element in unseen if element]


@pytest.mark.parametrize(
    ("look", "chosen", "other"),
    [
        ("index", ".pill[aria-current]", ".pill:not([aria-current])"),
        ("index-new", ".chip input:checked + span", ".chip input:not(:checked) + span"),
        ("editor", ".theme-dot input:checked + span", ".theme-dot input:not(:checked) + span"),
        ("editor-selected", ".piece[aria-pressed=true]", ".piece[aria-pressed=false]"),
        ("editor-selected", ".layer[aria-pressed=true]", ".layer[aria-pressed=false]"),
        ("publish", ".slot-choice:has(:checked)", ".slot-choice:has(:not(:checked))"),
    ],
)
def test_what_is_chosen_is_seen(
    look: str, chosen: str, other: str, owner: Owner, visits: Visits
) -> None:
    visit = visits.begin("somebody")
    find(visit, LOOK[look], owner)
    # To have the focus, or the mouse, is another thing.
    visit.page.evaluate("document.activeElement.blur()")
    visit.page.mouse.move(0, 0)

    looks = {visit.page.locator(each).first.evaluate(LOOKS_LIKE) for each in (chosen, other)}

    assert 2 == len(looks)


def test_a_failure_and_a_notice_leave_the_focus_where_one_can_go_on(visits: Visits) -> None:
    visit = visits.begin("somebody")
    page = visit.page
    open_page(page, "/index.html")
    press(page, "#first-run-close")
    press(page, "#cookie-banner-dismiss")
    assert "main" == page_facts.focused(page)
    line.breaks_once(page, "/ensemble/canvases")
    press(page, "#stumble")
    assert appears(page, "#stumble-error", "try again")
    assert "stumble" == page_facts.focused(page)
    page.evaluate("document.getElementById('load-more').hidden = false")  # as where there are many
    line.breaks_once(page, "/ensemble/canvases")
    press(page, "#load-more")
    assert appears(page, "#grid-error")
    page.wait_for_function("document.activeElement.id === 'grid-retry'")
    assert [] == visit.trouble


def test_a_grid_of_one_is_not_called_empty(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody")
    find(visit, LOOK["index"], owner)
    page = visit.page
    found = page.context.request.get("/ensemble/canvases?limit=1").json()
    line.answers_once(page, "/ensemble/canvases", 200, found | {"next_cursor": ""})
    press(page, "a[data-order=newest]")
    assert disappears(page, "#grid[aria-busy]")

    assert 1 == page.locator("#grid > *").count()
    assert [] == seen(page, "#grid-empty")
    assert "1 canvas loaded" == page_facts.state_of(
        page, "#grid-status[role=status]", "textContent"
    )
    line.answers_once(page, "/ensemble/canvases", 200, found)
    press(page, "#stumble")
    page.wait_for_url(f"**/canvas/{found['canvases'][0]['id']}.html", wait_until=READY)


def test_an_order_opens_beside_where_one_asks_for_that(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody")
    find(visit, LOOK["index"], owner)
    page = visit.page
    before = page.url
    page.keyboard.down("ControlOrMeta")
    with visit.context.expect_page() as beside:
        press(page, "a[data-order=random]")
    page.keyboard.up("ControlOrMeta")

    beside.value.wait_for_url(re.compile(r"\?filter=random$"), wait_until=READY)
    assert before == page.url


def test_who_selects_words_and_lets_go_beside_the_questions_keeps_them(visits: Visits) -> None:
    page = visits.begin("somebody").page
    open_page(page, "/index.html")
    page.mouse.move(*middle_of(page, "#first-run-building"))
    page.mouse.down()
    page.mouse.move(2, 320)
    page.mouse.up()

    assert 1 == len(seen(page, "#first-run"))


def test_only_a_press_beside_the_questions_puts_them_away(visits: Visits) -> None:
    page = visits.begin("somebody").page
    open_page(page, "/index.html")
    edge = page_facts.state_of(page, "#first-run", "offsetLeft")
    page.mouse.click(edge + 8, 320)
    assert 1 == len(seen(page, "#first-run"))
    page.mouse.click(edge - 8, 320)
    assert [] == seen(page, "#first-run")


@pytest.mark.parametrize(
    ("path", "script"),
    [
        ("/studio.html", "studio.js"),
        ("/studio.html", "autosave.js"),  # which another one asks for
        ("/pair.html", "pair.js"),
        ("/dashboard.html", "dashboard.js"),
        ("/settings.html", "settings.js"),
        ("/index.html", "grid.js"),
    ],
)
def test_a_page_of_which_a_part_does_not_arrive_says_so(
    path: str, script: str, visits: Visits
) -> None:
    visit = visits.begin("somebody")
    remember_visit(visit)
    page = visit.page
    page.route(f"**/assets/{script}*", lambda route: route.abort(), times=1)
    open_page(page, path)
    assert appears(page, "#not-loaded", "did not arrive completely")
    page.reload(wait_until=READY)
    assert [] == seen(page, "#not-loaded")


def test_a_picture_of_another_host_is_never_fetched(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody", bypass_csp=True)
    find(visit, LOOK["index"], owner)
    page = visit.page
    (card,) = page.context.request.get("/ensemble/canvases?limit=1").json()["canvases"]
    own, foreign = (
        page_facts.state_of(page, "link[rel=icon]", "href"),
        "https://other.example/a.png",
    )
    cards = [card | {"thumbnail_url": url} for url in (urlsplit(own).path, foreign, foreign[6:])]
    answer = {"canvases": cards, "next_cursor": ""}
    line.answers_once(page, "/ensemble/canvases", 200, answer)
    press(page, "a[data-order=newest]")
    assert disappears(page, "#grid[aria-busy]")

    assert ["1", "0", "0"] == page.locator("#grid > *").evaluate_all(NUMBERS_OF_PICTURES)
    assert [] == visit.outside


def test_the_whole_stage_is_within_reach_on_a_phone(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody", viewport={"width": WIDTHS[0], "height": HEIGHT})
    find(visit, LOOK["editor"], owner)
    visit.page.mouse.move(*middle_of(visit.page, "#stage"))
    visit.page.mouse.wheel(9_999, 0)

    visit.page.wait_for_function(IS_AT_ITS_RIGHT)


def test_on_a_low_screen_the_first_canvases_are_in_sight(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody", viewport={"width": 1280, "height": 800})
    find(visit, LOOK["index"], owner)
    pictures = visit.page.locator(".card-picture").evaluate_all(PLACES)

    assert pictures[0][1] <= 800


def test_what_stands_side_by_side_does_so_on_a_tablet(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody", viewport={"width": 768, "height": HEIGHT})
    words = {"label": "Log of the week", "content": "Low tide"}
    note = {"type": "click-to-read", "x": 160, "y": 520, "props": words}
    link = {"type": "click-to-link", "x": 520, "y": 520, "props": {"label": "Tides", "url": "/"}}
    canvas = owner.seed("Tides", note, link)
    owner.publish(canvas.id, 0)
    open_page(visit.page, page_of(canvas))

    assert [] == visit.page.locator(".stage").evaluate(OVERLAPPING)


def test_what_can_be_done_with_a_canvas_is_in_rows_of_one_length(
    owner: Owner, visits: Visits
) -> None:
    visit = visits.begin("maker", viewport={"width": WIDTHS[0], "height": HEIGHT})
    remember_visit(visit)
    remember_maker(visit, owner)
    owner.publish(owner.seed("Tides").id, 0)
    open_page(visit.page, "/studio.html")
    assert appears(visit.page, "#slots [data-action=showcase]")
    places = visit.page.locator("#slots .canvas-actions:has(*) > *").evaluate_all(PLACES)

    assert [2, 2] == [len({place[edge] for place in places}) for edge in (0, 2)]


def test_on_a_tablet_a_name_has_room_beside_what_can_be_done(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("maker", viewport={"width": WIDTHS[1], "height": HEIGHT})
    remember_visit(visit)
    remember_maker(visit, owner)
    owner.publish(owner.seed("The boats of the harbour at noon").id, 0)
    open_page(visit.page, "/studio.html")
    assert appears(visit.page, "#slots .canvas-name")

    assert 1 == visit.page.locator("#slots .canvas-name a").first.evaluate(LINES)


def test_on_a_tablet_a_title_has_room_beside_what_can_be_done(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("maker", viewport={"width": WIDTHS[1], "height": HEIGHT})
    remember_visit(visit)
    remember_maker(visit, owner)
    draft = owner.seed("The boats of the harbour at noon, and what became of all of them")
    open_page(visit.page, f"/studio.html#{draft.id}")
    assert appears(visit.page, "#stage")

    assert 2 >= visit.page.locator("#studio-title").evaluate(LINES_HIGH)


def test_who_wants_less_motion_gets_none(visits: Visits) -> None:
    times = []
    for motion in ("reduce", "no-preference"):
        page = visits.begin(motion, reduced_motion=motion).page
        open_page(page, "/index.html")
        times.append(page.locator("#start").evaluate(MOTION))

    assert "0s" == times[0] != times[1]


def test_a_chapter_begins_below_the_header(visits: Visits) -> None:
    visit = visits.begin("somebody")
    remember_visit(visit)
    open_page(visit.page, "/legal/terms.html")
    press(visit.page, ".contents a", n=1)

    assert visit.page.evaluate("scrollY") > 0
    assert visit.page.evaluate(BELOW_THE_HEADER) >= 0


def test_a_text_of_several_lines_has_them_on_its_canvas(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody")
    two_lines = {**COMPONENTS[1], "props": {"text": "Low tide\nHigh tide"}}
    canvas = owner.seed("Tides", two_lines)
    owner.publish(canvas.id, 0)
    open_page(visit.page, page_of(canvas))

    assert "Low tide\nHigh tide" == page_facts.state_of(visit.page, ".part-text", "innerText")


def test_a_closed_grid_says_so_and_nothing_breaks(server: ServerProcess, visits: Visits) -> None:
    visit = visits.begin("somebody")
    remember_visit(visit)
    gate = server.roots.orch / "gate.json"
    opened = gate.read_bytes()
    gate.unlink()
    try:
        visit.page.goto("/index.html")
    finally:
        gate.write_bytes(opened)

    assert 1 == len(seen(visit.page, "#grid-notice"))
    assert [] == seen(visit.page, "#stumble")
    assert [] == visit.trouble


def test_every_link_leads_to_something(owner: Owner, visits: Visits) -> None:
    visit = visits.begin("somebody")
    canvas = owner.seed("Harbour at noon", *COMPONENTS)
    owner.publish(canvas.id, 0)
    ask = visit.context.request
    ways = [page_of(canvas), "/pair.html", "/docs", "/docs/README.html"]
    texts: dict[str, str] = {}
    while ways:
        path, _, place = ways.pop().partition("#")
        if path not in texts:
            answer = ask.get(path)
            assert 200 == answer.status, path
            texts[path] = answer.text()
            found = [unescape(one) for one in LINKS.findall(texts[path])]
            ways += [urljoin(path, one) for one in found if one != "#" and ":" not in one]
        assert f'id="{place}"' in texts[path] or not place, f"{path}#{place}"

    assert texts.keys() > {"/index.html?filter=random", "/settings.html", "/legal/cookies.html"}


@pytest.mark.parametrize("has_keys", [True, False])
def test_of_keys_those_are_told_who_have_some(
    *, has_keys: bool, owner: Owner, visits: Visits
) -> None:
    visit = visits.begin("somebody", has_touch=not has_keys, is_mobile=not has_keys)
    find(visit, LOOK["editor"], owner)
    told = page_facts.state_of(visit.page, "#stage-help", "innerText")

    assert "Drag things into place." in told
    assert has_keys == ("arrow keys" in told)


def test_a_finger_drags_a_thing_and_not_the_page(owner: Owner, visits: Visits) -> None:
    phone = {"width": WIDTHS[0], "height": HEIGHT}
    visit = visits.begin("somebody", viewport=phone, has_touch=True)
    find(visit, LOOK["editor"], owner)
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
