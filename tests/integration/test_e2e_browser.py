"""What people meet in a browser, in a real Chromium: one launch a run, one context a test."""

from __future__ import annotations

import dataclasses
import functools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pytest

from dashgen.canvas_schema import Visibility
from dashgen.slots import Tier
from tests.integration import hostile, page_facts
from tests.integration.driver import at_once
from tests.integration.given import (
    CAN_PUBLISH,
    CANVAS_IS_READABLE,
    DRAWN_IS_SEEN,
    FORM_ANSWERS,
    FRONT_PAGE_IS_SERVED,
    GRID_ANSWERS,
    LEGAL_PAGES_ARE_SERVED,
    SCRIPTS_RUN,
)
from tests.integration.hands import drag, press, write
from tests.integration.page_facts import appears, disappears, seen, state_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from dashgen.canvas_schema import Canvas
    from tests.integration.browser import Visits
    from tests.integration.conftest import Owner

CARD, PIECE = "#grid [data-testid=card]", "#stage [data-testid=piece]"
NEWEST_CARD = "#grid > [data-testid=card]:first-child"
THING = "#stage [data-type=sprite]"  # the first of them, too
WRITTEN = "#stage :nth-child(1 of [data-type=text])"  # the first of the texts
SLOT = "input[name=slot][value='0']"
MORE, COMING = "#load-more", "#grid[aria-busy=true]"
NEWEST = "/index.html?filter=newest"
ANY_CANVAS = "**/canvas/cnv_*.html"
TITLE, WORDS = "Willow and water", "Come in and look around"
READY: Literal["domcontentloaded"] = (
    "domcontentloaded"  # its scripts have run; its fonts may be on their way
)
SEND = "document.getElementById('first-run-form').requestSubmit()"
AUTOSAVE_MS = 10_000  # more than autosave ever waits
FORGET_TOKEN = "localStorage.removeItem('ensemble.pairing_token')"
# What the browser of somebody remembers who has been here before.
BEEN_HERE = """if (location.protocol === "http:") {  // a blank page keeps nothing
  localStorage.setItem("ensemble:first-run-seen", "1");
  localStorage.setItem("cookie-consent", "1");
}"""


def open_page(page: Page, path: str) -> None:
    """Go to a page by its address."""
    answer = page.goto(path, wait_until=READY)
    assert answer is not None
    assert 200 == answer.status


@dataclass(frozen=True, slots=True)
class Gallery:
    """Canvases in the public grid, newest first.

    Attributes:
        hostile: One a payload, which also are other canvases' descriptions, themes and handles.
        crowded: Holds every payload in every kind of component.
        benign: Looks as each of the hostile ones should, and the last as the crowded one should.
    """

    hostile: list[Canvas]
    crowded: Canvas
    benign: list[Canvas]

    @property
    def shown(self) -> list[Canvas]:
        """All of them in the order of the grid."""
        return [*self.benign[::-1], self.crowded, *self.hostile[::-1]]


def hang_gallery(owner: Owner) -> Gallery:
    """Publish a gallery past every check on write."""
    texts = hostile.WORDS
    third = len(texts) // 3
    hung = [
        _hang(owner, title, title=title, description=texts[n - third], handle=texts[n - 2 * third])
        for n, title in enumerate(texts)
    ]
    crowded = _hang(owner, *hostile.PAYLOADS, title=texts[0], description=texts[1], handle=texts[2])
    words = dict.fromkeys(("title", "description", "handle"), hostile.BENIGN)
    benign = [
        _hang(owner, *[hostile.BENIGN] * count, **words) for count in (1, len(hostile.PAYLOADS))
    ]
    with CAN_PUBLISH:
        _open_to_the_public(owner, [*hung, crowded, *benign])
    return Gallery(hung, crowded, benign)


def _open_to_the_public(owner: Owner, canvases: list[Canvas]) -> None:
    now = time.time()
    for slot, canvas in enumerate(canvases):
        owner.store.publish(
            canvas.id,
            owner.id,
            slot_index=slot,
            visibility=Visibility.public,
            tier=Tier.pro,
            now=now + slot / 1000,
        )


def _hang(owner: Owner, *texts: str, title: str, description: str, handle: str) -> Canvas:
    maker = dataclasses.replace(owner, handle=handle)
    components = hostile.components(texts)
    return maker.seed_unchecked(title, *components, description=description, theme=texts[0])


@pytest.mark.runbook(
    severity="high",
    cause="A stranger's text reaches a page as markup or as an address: an escape, a sanitiser or the policy is gone.",
    suspects=[
        "bin/dashgen/pages/components.py",
        "bin/dashgen/pages/rich_text.py",
        "bin/dashgen/pages/layout.py",
        "bin/dashgen/pages/assets/grid.js",
        "bin/dashgen/links.py::safe_href",
    ],
)
def test_visitor_meets_hostile_canvases(owner: Owner, visits: Visits) -> None:
    gallery = hang_gallery(owner)
    visit = visits.begin("visitor")
    visit.context.add_init_script(BEEN_HERE)

    guarded, unguarded = visit.page, visit.open_page_without_policy()
    shapes = at_once(
        functools.partial(look_around, guarded, gallery, come_to=stumble_and_come_to),
        functools.partial(look_around, unguarded, gallery, come_to=press_card_of),
    )
    assert [] == [*visit.dialogs, *visit.violations, *visit.outside]
    with SCRIPTS_RUN:
        assert [] == visit.errors

    parsed = [page_of(canvas) for canvas in (*gallery.benign, *gallery.hostile)]
    small, large, *others = page_facts.shapes(unguarded, parsed)
    assert [large, large] == shapes
    assert {small} == set(others)
    assert not page_facts.runs_scripts_of_strangers(guarded)  # the policy stops them, and tells
    assert [] != visit.violations
    assert page_facts.runs_scripts_of_strangers(
        unguarded
    )  # hence one of theirs would have run here


def look_around(page: Page, gallery: Gallery, *, come_to: Callable[[Page, Canvas], None]) -> str:
    """See the grid and a canvas, come to in some way; return the shape of the canvas."""
    browse_grid(page, gallery)
    come_to(page, gallery.crowded)
    look_at_crowded_canvas(page, gallery.crowded)
    return page_facts.shape(page)


def browse_grid(page: Page, gallery: Gallery) -> None:
    """See every card, those that the server draws and those that a script draws."""
    ids = [canvas.id for canvas in gallery.shown]
    with GRID_ANSWERS:
        grid = page.context.request.get("/ensemble/canvases?filter=newest&limit=100").json()
        assert ids == [card["id"] for card in grid["canvases"]][: len(ids)]
    with FRONT_PAGE_IS_SERVED:
        open_page(page, NEWEST)
    while seen(page, MORE):
        before = number_of(page, CARD)
        press(page, MORE)
        assert disappears(page, COMING)
        # More than there are would come without end, were the first page sent each time.
        assert before < number_of(page, CARD) <= len(grid["canvases"])

    drawn = page_facts.cards(page)
    assert ids == [canvas_id for canvas_id, _ in drawn][: len(ids)]
    titles = [canvas.title.strip() for canvas in gallery.shown]
    assert titles == all_seen(page, "#grid .card-title")[0][: len(titles)]
    assert 1 == len({shape for _, shape in drawn})
    assert [] == page_facts.bad_addresses(page)


def number_of(page: Page, selector: str) -> int:
    """How many of these there are by now."""
    (sight,) = page_facts.sights(page, selector)
    return sight.count


def press_card_of(page: Page, canvas: Canvas) -> None:
    """Go to a canvas from the grid."""
    with CANVAS_IS_READABLE:
        press(page, f"[data-canvas-id={canvas.id}] .card-link")
        page.wait_for_url(f"**{page_of(canvas)}", wait_until=READY)


def stumble_and_come_to(page: Page, canvas: Canvas) -> None:
    """Go from the grid to wherever chance leads, and then to a canvas by its address."""
    press(page, "#stumble")
    page.wait_for_url(ANY_CANVAS, wait_until=READY)
    with CANVAS_IS_READABLE:
        open_page(page, page_of(canvas))


def look_at_crowded_canvas(page: Page, canvas: Canvas) -> None:
    """Every text is to be seen as it was written, and is nothing but text."""
    with CANVAS_IS_READABLE:
        assert appears(page, "#canvas-title")
    texts = [text.strip() for text in hostile.PAYLOADS]
    title, *parts = all_seen(page, "#canvas-title", ".part-text", ".part-note", ".part-link")

    assert [canvas.title.strip()] == title
    for shown in parts:
        assert texts == shown
    assert [] == page_facts.bad_addresses(page)
    assert [] == page_facts.odd_note_elements(page)
    assert canvas.room_state == page_facts.boot_room(page)
    press(page, ".part-note", n=-1)  # nothing stands in front of it
    assert texts[-1:] == seen(page, ".note h2")


def all_seen(page: Page, *selectors: str) -> list[list[str]]:
    """The texts of elements all of which can be seen, by selector."""
    sights = page_facts.sights(page, *selectors)
    with DRAWN_IS_SEEN:
        assert [sight.count for sight in sights] == [len(sight.seen) for sight in sights]
    return [sight.seen for sight in sights]


def page_of(canvas: Canvas) -> str:
    """Where a canvas is looked at."""
    return f"/canvas/{canvas.id}.html"


@pytest.mark.runbook(
    severity="normal",
    cause="The cookie notice or the first-run dialog forgets an answer, or the terms no longer hold a sign-up back.",
    suspects=[
        "bin/dashgen/pages/assets/site.js",
        "bin/dashgen/pages/assets/first-run.js",
        "bin/dashgen/pages/assets/store.js",
        "bin/dashgen/pages/cookie_banner.py",
        "bin/dashgen/pages/first_run.py",
    ],
)
def test_banner_and_terms_are_remembered(visits: Visits) -> None:
    visit = visits.begin("newcomer")
    page = visit.page
    banner, dialog = "#cookie-banner", "#first-run"
    terms, submit = "#first-run-tos-check", "#first-run-submit"
    with FRONT_PAGE_IS_SERVED:
        open_page(page, "/index.html")

    assert 1 == len(seen(page, dialog))
    assert 1 == len(seen(page, banner))
    with FORM_ANSWERS:
        nameless = told_by_form(page)
        write(page, "#first-run-handle", "newcomer")
        aimless = told_by_form(page)
        write(page, "#first-run-building", "A lighthouse")
        assert told_by_form(page) not in (nameless, aimless)  # only the terms are still asked for
    assert state_of(page, submit, "disabled")
    page.keyboard.press("Enter")
    assert "Please accept the terms first." == told_by_form(page)
    press(page, terms)
    assert not state_of(page, submit, "disabled")
    press(page, terms)
    assert state_of(page, submit, "disabled")
    press(page, "#first-run-later")
    assert [] == seen(page, dialog)
    assert page_facts.remembers(page, "ensemble:first-run-seen")

    page.reload(wait_until=READY)
    assert [] == seen(page, dialog)
    press(page, "#start")  # whoever wants to be asked again is
    assert 1 == len(seen(page, dialog))
    press(page, "#first-run-close")
    assert [] == seen(page, dialog)
    assert 1 == len(seen(page, banner))
    press(page, "#cookie-banner-dismiss")
    assert [] == seen(page, banner)
    light = page_facts.ground(page)
    press(page, "#theme-toggle")
    dark = page_facts.ground(page)
    assert light != dark
    with LEGAL_PAGES_ARE_SERVED:
        open_page(page, "/legal/cookies.html")
    assert 1 == len(seen(page, "#theme-toggle"))  # the scripts have run
    assert dark == page_facts.ground(page)
    assert [] == seen(page, banner)
    assert [] == [request for request in visit.requests if request.startswith("POST")]
    assert [] == visit.trouble


def told_by_form(page: Page) -> str:
    """What the form of the first run says when it is sent past its button."""
    page.evaluate(SEND)
    told = seen(page, "#first-run-error")
    return told[0] if told else ""


@pytest.mark.runbook(
    severity="normal",
    cause="A step from the first question to the public grid no longer works in a browser.",
    suspects=[
        "bin/dashgen/pages/assets/first-run.js",
        "bin/dashgen/pages/assets/editor.js",
        "bin/dashgen/pages/assets/editor-stage.js",
        "bin/dashgen/pages/assets/autosave.js",
        "bin/dashgen/pages/assets/studio-publish.js",
        "bin/dashgen/signup_handlers.py",
    ],
)
def test_person_signs_up_and_publishes(visits: Visits) -> None:
    visit = visits.begin("maker")
    page = visit.page
    page.clock.install()  # so that nobody waits until autosave thinks it is time
    sign_up(page)
    edit(page)
    add_and_undo(page)
    publish(page)
    become_a_stranger(page)
    find_in_grid(page)
    look_at_canvas(page)

    assert [] == visit.trouble


def sign_up(page: Page) -> None:
    """Answer the three questions; the studio opens on a canvas that is not empty."""
    open_page(page, "/index.html")
    write(page, "#first-run-handle", "weaver")
    write(page, "#first-run-building", "Baskets of willow")
    press(page, "#first-run .chip", words="Shop")
    press(page, "#first-run-tos-check")
    press(page, "#first-run-submit")
    page.wait_for_url("**/studio.html#cnv_*", wait_until=READY)
    assert appears(page, PIECE)

    (pieces,) = page_facts.sights(page, PIECE)
    assert pieces.count == len(pieces.seen) >= 4
    assert any("Baskets of willow" in text for text in pieces.seen)
    assert any("weaver's workshop" in text for text in pieces.seen)  # which is what a shop gets


def edit(page: Page) -> None:
    """Change words by form and places by dragging and by keys; all of it is there after a reload."""
    write(page, "#editor-canvas-title", TITLE)
    press(page, WRITTEN)
    write(page, "#inspector [data-field=text]", WORDS)
    assert [WORDS] == seen(page, WRITTEN)
    before = place_of_thing(page)
    drag(page, THING, right=120, down=40)
    dragged = place_of_thing(page)
    assert before != dragged
    assert (0, 0) == (dragged[0] % 16, dragged[1] % 16)
    for key in ("ArrowLeft", "ArrowUp"):  # the second finds it as the first left it
        page.keyboard.press(key)
    moved = (dragged[0] - 16, dragged[1] - 16)
    assert moved == place_of_thing(page)

    page.clock.fast_forward(AUTOSAVE_MS)
    assert appears(page, "#save-state", "Saved at")
    page.reload(wait_until=READY)
    assert appears(page, THING)
    assert moved == place_of_thing(page)
    assert [WORDS] == seen(page, WRITTEN)
    assert TITLE == state_of(page, "#editor-canvas-title", "value")


def add_and_undo(page: Page) -> None:
    """Put something more on the stage, and take that back."""
    before = number_of(page, PIECE)
    press(page, "[data-add=text]")
    assert before + 1 == number_of(page, PIECE)
    press(page, "#editor-undo")
    assert before == number_of(page, PIECE)


def place_of_thing(page: Page) -> tuple[int, int]:
    """Where it stands, in the units of the stage."""
    place = state_of(page, THING, "dataset")
    return int(place["x"]), int(place["y"])


def publish(page: Page) -> None:
    """Put the canvas into the first slot, for everybody."""
    press(page, "#editor-publish")
    assert appears(page, "#publish-dialog")
    count, upgrade = page_facts.sights(page, "#publish-count", "#publish-upsell")
    assert ["0/3"] == count.seen
    assert 1 == len(upgrade.seen)
    assert state_of(page, SLOT, "checked")
    assert not state_of(page, SLOT, "disabled")
    press(page, "#publish-confirm")
    assert disappears(page, "#publish-dialog")
    assert appears(page, "#slots .canvas-status", "Slot 1 · public")


def become_a_stranger(page: Page) -> None:
    """Leave nothing in the browser that tells who somebody is."""
    page.evaluate(FORGET_TOKEN)
    page.context.clear_cookies()


def find_in_grid(page: Page) -> None:
    """See the canvas as the newest of all."""
    open_page(page, NEWEST)
    assert [TITLE] == seen(page, f"{NEWEST_CARD} .card-title")


def look_at_canvas(page: Page) -> None:
    """Go from its card to the canvas; what its maker wrote is to be seen there."""
    press(page, f"{NEWEST_CARD} .card-link")
    page.wait_for_url(ANY_CANVAS, wait_until=READY)

    title, written = page_facts.sights(page, "#canvas-title", ".part-text")
    assert [TITLE] == title.seen
    assert WORDS in written.seen
    assert "Baskets of willow" in state_of(page, "#main", "innerText")
