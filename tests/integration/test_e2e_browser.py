"""What people meet in a browser, in a real Chromium: one launch a run, one context a test."""

from __future__ import annotations

import dataclasses
import functools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from dashgen.canvas_schema import MAX_TITLE, Visibility
from dashgen.pages.grid import FIRST_CARDS
from dashgen.slots import Tier
from tests.integration import hostile, line, page_facts
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
from tests.integration.pages import READY, TITLE_FIELD, open_page, page_of, remember_visit, unpair

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
FEATURED_ORDER, NEWEST_ORDER, RANDOM_ORDER = (
    f"a[data-order={order}]" for order in ("featured", "newest", "random")
)
NEWEST = "/index.html?filter=newest"
BANNER, DIALOG = "#cookie-banner", "#first-run"
TERMS, SUBMIT = "#first-run-tos-check", "#first-run-submit"
PHONE = {"width": 360, "height": 640}
FITS_A_PHONE = "width=device-width, initial-scale=1"
BESIDE = (2, 320)  # the dialog, where the page behind it is to be seen
ANY_CANVAS = "**/canvas/cnv_*.html"
NOTE = "#stage [data-type=click-to-read]"
TITLE, WORDS = "Willow and water", "Come in and look around"
DESCRIPTION = "Baskets of willow, and what becomes of them"
# Each answer furnishes the first canvas with something; a shop is a workshop.
FURNISHED_WITH = ("Baskets of willow", "Reeds that break", "weaver's workshop")
HIDDEN = "Not for the eyes of visitors"
NOTHING = {"canvases": [], "next_cursor": ""}
SLOTS_ARE_TAKEN = {"error": "slot_limit", "message": "All slots are taken."}
OWN_SOURCES = {"'none'", "'self'"}
CONFINED = ["default-src", "img-src", "connect-src", "form-action", "base-uri", "frame-ancestors"]
TERMS_LEAD_TO = "[...document.querySelectorAll('#first-run .check a')].map((link) => link.pathname)"
# The list is no canvas any more: neither by its address, nor by its titles, nor by its looks.
WHERE_ONE_IS = """[location.hash, scrollY, document.title, document.querySelector("h1").textContent,
  document.body.className]"""
SEND = "document.getElementById('first-run-form').requestSubmit()"
CHOOSE = """(sprite) => {
  const field = document.querySelector("#inspector [data-field=sprite]");
  field.value = sprite;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}"""
DRAWN_AS = "document.querySelector('#stage [aria-pressed=true] use').href.baseVal"
AUTOSAVE_MS = 5_000  # the longest that autosave waits


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
    hidden = {"id": "part-hidden", "type": "text", "hidden": True, "props": {"text": HIDDEN}}
    return maker.seed_unchecked(title, *components, hidden, description=description, theme=texts[0])


@pytest.mark.runbook(
    severity="high",
    cause="A stranger's text is markup or an address in a page: an escape or the policy is gone. Or the grid misleads.",
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
    visit = visits.begin("visitor", timezone_id=where_it_is_another_day())
    remember_visit(visit)

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
    # Hence one of theirs would have run here.
    assert page_facts.runs_scripts_of_strangers(unguarded)


def where_it_is_another_day() -> str:
    """A time zone whose date is not the server's: there a date must still be the one that the server says."""
    return "Etc/GMT+12" if time.gmtime().tm_hour < 12 else "Etc/GMT-12"


def look_around(page: Page, gallery: Gallery, *, come_to: Callable[[Page, Gallery], None]) -> str:
    """See the grid and a canvas, come to in some way; return the shape of the canvas."""
    browse_grid(page, gallery)
    come_to(page, gallery)
    look_at_crowded_canvas(page, gallery.crowded)
    return page_facts.shape(page)


def browse_grid(page: Page, gallery: Gallery) -> None:
    """See every card, those that the server draws and those that a script draws."""
    ids = [canvas.id for canvas in gallery.shown]
    with GRID_ANSWERS:
        grid = page.context.request.get("/ensemble/canvases?filter=newest&limit=100").json()
        assert ids == [card["id"] for card in grid["canvases"]][: len(ids)]
    with FRONT_PAGE_IS_SERVED:
        answer = open_page(page, NEWEST)
    allowed = page_facts.allowed_sources(answer)
    assert [] == [name for name in CONFINED if not OWN_SOURCES.issuperset(allowed.get(name, "*"))]
    while seen(page, MORE):
        before = number_of(page, CARD)
        press(page, MORE)
        assert disappears(page, COMING)
        # More than there are would come without end, were the first page sent each time.
        assert before < number_of(page, CARD) <= len(grid["canvases"])
        assert grid["canvases"][before]["id"] == page_facts.focused_card(page)

    drawn = page_facts.cards(page)
    assert ids == [card.canvas_id for card in drawn][: len(ids)]
    titles = [canvas.title.strip() for canvas in gallery.shown]
    assert titles == all_seen(page, "#grid .card-title")[0][: len(titles)]
    assert 1 == len({card.shape for card in drawn})
    assert [] == page_facts.bad_addresses(page)
    assert 0 == state_of(page, ".card-link", "tabIndex")


def change_orders(page: Page, gallery: Gallery) -> None:
    """Ask for other orders while the line breaks, brings nothing, and is slow; the last that was asked for stays."""
    by_server = [card.looks for card in page_facts.cards(page)[:FIRST_CARDS]]
    line.breaks_once(page, "/ensemble/canvases")
    press(page, RANDOM_ORDER)
    assert appears(page, "#grid-error-text", "No connection")
    assert 0 == number_of(page, "#grid > *")
    press(page, "#grid-retry")
    assert appears(page, CARD)
    assert [] == seen(page, "#grid-error")
    assert "?filter=random" == page.evaluate("location.search")
    assert "random" == state_of(page, "#grid", "dataset")["order"]

    line.answers_once(page, "/ensemble/canvases", 200, NOTHING)
    press(page, FEATURED_ORDER)
    assert appears(page, "#grid-empty")
    line.holds_next(page, "GET")
    press(page, FEATURED_ORDER)
    press(page, NEWEST_ORDER)
    assert appears(page, CARD)
    line.lets_go(page)
    by_script = page_facts.cards(page)
    assert [canvas.id for canvas in gallery.shown[:FIRST_CARDS]] == [
        card.canvas_id for card in by_script
    ]
    assert by_server == [card.looks for card in by_script]
    assert ["Newest"] == seen(page, "a[data-order][aria-current]")


def number_of(page: Page, selector: str) -> int:
    """How many of these there are by now."""
    (sight,) = page_facts.sights(page, selector)
    return sight.count


def press_card_of(page: Page, gallery: Gallery) -> None:
    """Go to a canvas from the grid, whose order was changed a few times before."""
    change_orders(page, gallery)
    with CANVAS_IS_READABLE:
        press(page, f"[data-canvas-id={gallery.crowded.id}] .card-link")
        page.wait_for_url(f"**{page_of(gallery.crowded)}", wait_until=READY)


def stumble_and_come_to(page: Page, gallery: Gallery) -> None:
    """Go from the grid to wherever chance leads, on a line that breaks once, and then to a canvas by its address."""
    line.breaks_once(page, "/ensemble/canvases")
    press(page, "#stumble")
    assert appears(page, "#stumble-error", "No connection")
    press(page, "#stumble")
    page.wait_for_url(ANY_CANVAS, wait_until=READY)
    with CANVAS_IS_READABLE:
        open_page(page, page_of(gallery.crowded))


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
    assert places_of_texts(canvas) == page_facts.places(page, ".part-text")
    press(page, ".part-note", n=-1)  # nothing stands in front of it
    assert texts[-1:] == seen(page, ".note h2")
    page.keyboard.press("Escape")
    assert [] == seen(page, ".note")


def places_of_texts(canvas: Canvas) -> list[Any]:
    """Where the texts that can be seen belong, in hundredths of the stage and in the order of reading."""
    texts = [one for one in canvas.room_state.components if one.type == "text" and not one.hidden]
    return [pytest.approx((one.x / 19.2, one.y / 10.8), abs=0.1) for one in texts[::-1]]


def all_seen(page: Page, *selectors: str) -> list[list[str]]:
    """The texts of elements all of which can be seen, by selector."""
    sights = page_facts.sights(page, *selectors)
    with DRAWN_IS_SEEN:
        assert [sight.count for sight in sights] == [len(sight.seen) for sight in sights]
    return [sight.seen for sight in sights]


@pytest.mark.runbook(
    severity="normal",
    cause="What a browser is told is forgotten or not heeded: the notice, the questions, the terms, the look.",
    suspects=[
        "bin/dashgen/pages/assets/site.js",
        "bin/dashgen/pages/assets/first-run.js",
        "bin/dashgen/pages/assets/store.js",
        "bin/dashgen/pages/cookie_banner.py",
        "bin/dashgen/pages/first_run.py",
    ],
)
def test_banner_and_terms_are_remembered(visits: Visits) -> None:
    """Look around as somebody new, with a phone; the second time nothing is asked again."""
    newcomer = visits.begin("newcomer", viewport=PHONE)
    come_for_the_first_time(newcomer.page)
    look_out_for_notice(newcomer.page)
    come_again(newcomer.page)
    assert [] == [request for request in newcomer.requests if request.startswith("POST")]
    assert [] == newcomer.trouble


def come_for_the_first_time(page: Page) -> None:
    """Meet the three questions, which want an answer to each and the terms; leave it at that for now."""
    with FRONT_PAGE_IS_SERVED:
        open_page(page, "/index.html")
    assert FITS_A_PHONE == state_of(page, "meta[name=viewport]", "content")
    dialog, notice, chosen = page_facts.sights(page, DIALOG, BANNER, ".chip :checked + span")
    assert 1 == len(dialog.seen) == len(notice.seen)
    assert ["Cozy", "Warm"] == chosen.seen
    assert ["/legal/terms.html", "/legal/privacy.html"] == page.evaluate(TERMS_LEAD_TO)
    assert "first-run-handle" == page_facts.focused(page)
    with FORM_ANSWERS:
        nameless = told_by_form(page)
        write(page, "#first-run-handle", "Newcomer")
        aimless = told_by_form(page)
        write(page, "#first-run-building", "A lighthouse")
        assert told_by_form(page) not in (nameless, aimless)  # only the terms are still asked for
    assert state_of(page, SUBMIT, "disabled")
    page.keyboard.press("Enter")
    assert "Please accept the terms first." == told_by_form(page)
    press(page, TERMS)
    assert not state_of(page, SUBMIT, "disabled")
    press(page, TERMS)
    assert state_of(page, SUBMIT, "disabled")
    press(page, "#first-run-later")
    assert [] == seen(page, DIALOG)
    assert page_facts.remembers(page, "ensemble:first-run-seen")


def look_out_for_notice(page: Page) -> None:
    """Read what the notice is about, answer it there, and choose the other look."""
    assert 1 == len(seen(page, BANNER))
    assert "/legal/cookies.html" == state_of(page, f"{BANNER} a", "pathname")
    press(page, f"{BANNER} a")
    page.wait_for_url("**/legal/cookies.html", wait_until=READY)
    with LEGAL_PAGES_ARE_SERVED:
        assert ["Cookie policy"] == seen(page, "h1")
    assert [] == page_facts.dead_ends(page)
    page.keyboard.press("Tab")
    press(page, ".skip-link")  # nobody sees it before
    assert "main" == page_facts.focused(page)
    press(page, "#cookie-banner-dismiss")
    assert [] == seen(page, BANNER)
    light = page_facts.ground(page)
    press(page, "#theme-toggle")
    assert light != page_facts.ground(page)
    assert "Use the light look" == state_of(page, "#theme-toggle", "ariaLabel")


def come_again(page: Page) -> None:
    """Find all of it remembered, and the questions where one asks for them."""
    chosen = page_facts.ground(page)
    open_page(page, "/index.html")
    assert 1 == len(seen(page, "#theme-toggle"))  # the scripts have run
    assert chosen == page_facts.ground(page)
    assert [] == [*seen(page, DIALOG), *seen(page, BANNER)]
    press(page, "#start")  # whoever wants to be asked again is
    assert 1 == len(seen(page, DIALOG))
    assert page_facts.scrolls(page, DIALOG)
    press(page, "#first-run-close")
    assert [] == seen(page, DIALOG)
    press(page, "#start")
    page.keyboard.press("Escape")
    assert [] == seen(page, DIALOG)
    press(page, "#start")
    page.mouse.click(*BESIDE)
    assert [] == seen(page, DIALOG)


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
        "bin/dashgen/pages/assets/studio.js",
        "bin/dashgen/pages/assets/studio-publish.js",
        "bin/dashgen/signup_handlers.py",
    ],
)
def test_person_signs_up_and_publishes(visits: Visits) -> None:
    maker = visits.begin("maker")
    page = maker.page
    page.clock.install()  # so that nobody waits until autosave thinks it is time
    sign_up(page)
    edit(page)
    add_and_undo(page)
    publish(page)
    become_a_stranger(page)
    find_in_grid(page)
    look_at_canvas(page)
    assert [] == maker.trouble
    assert {"/studio/signup 201": 1, "/publish 200": 1} == maker.counted(
        "/studio/signup 201", "/publish 200"
    )


def sign_up(page: Page) -> None:
    """Answer the three questions, on a line that breaks once; the studio opens on a canvas that is not empty."""
    open_page(page, "/index.html")
    write(page, "#first-run-handle", "weaver")
    write(page, "#first-run-building", "Baskets of willow")
    write(page, "#first-run-problem", "Reeds that break")
    for chip in ("Shop", "Forest"):
        press(page, "#first-run .chip", words=chip)
    press(page, TERMS)
    line.breaks_once(page, "/studio/canvas")
    line.holds_next(page, "POST")
    press(page, SUBMIT)
    assert state_of(page, SUBMIT, "disabled")  # who presses twice is one person
    line.lets_go(page)
    assert appears(page, "#first-run-error[role=alert]", "No connection")
    assert ["Make my canvas"] == seen(page, SUBMIT)
    press(page, SUBMIT)
    page.wait_for_url("**/studio.html#cnv_*", wait_until=READY)
    assert appears(page, PIECE)

    (pieces,) = page_facts.sights(page, PIECE)
    assert pieces.count == len(pieces.seen) >= 4
    said = " ".join(pieces.seen)
    assert [] == [words for words in FURNISHED_WITH if words not in said]
    assert is_of_theme(page, "forest")


def edit(page: Page) -> None:
    """Change words by form and places by dragging and by keys; all of it is there after a reload."""
    assert MAX_TITLE == state_of(page, TITLE_FIELD, "maxLength")
    write(page, TITLE_FIELD, "Willow")
    write(page, "#editor-description", DESCRIPTION)
    press(page, "#components .layer", words="Text:")
    write(page, "#inspector [data-field=text]", WORDS)
    on_stage, chosen, in_list = page_facts.sights(
        page, WRITTEN, "#stage [aria-pressed=true]", "#components [aria-pressed=true]"
    )
    assert [WORDS] == on_stage.seen == chosen.seen
    assert [f"Text: {WORDS}"] == in_list.seen
    exchange_thing(page)
    drag_thing(page)
    before = place_of_thing(page)
    for key in ("ArrowLeft", "ArrowUp"):  # the second finds it as the first left it
        page.keyboard.press(key)
    moved = (before[0] - 16, before[1] - 16)
    assert moved == place_of_thing(page)
    assert str(moved[0]) == state_of(page, "#inspector [data-field=x]", "value")

    line.holds_next(page, "PUT")
    page.keyboard.press("ControlOrMeta+s")
    press(page, "#editor-theme [title=Teal]")
    assert is_of_theme(page, "teal")
    line.lets_go(page)
    # What came while it saved, and goes on a line that breaks.
    assert appears(page, "#save-state[data-state=unsaved]", "Unsaved changes")
    line.breaks_once(page, "/studio/canvas")
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, "#save-state[data-state=retrying]", "trying again")
    autosave(page)
    page.reload(wait_until=READY)
    assert appears(page, THING)
    assert moved == place_of_thing(page)
    assert [WORDS] == seen(page, WRITTEN)
    assert "Willow" == state_of(page, TITLE_FIELD, "value")
    assert is_of_theme(page, "teal")


def exchange_thing(page: Page) -> None:
    """Choose another thing in the form of the one that is selected."""
    press(page, THING)
    page.evaluate(CHOOSE, "cat")
    assert page.evaluate(DRAWN_AS).endswith("#cat")


def drag_thing(page: Page) -> None:
    """Pull it to where the hand is, as near as the grid allows; and nobody pulls it off the stage."""
    x, y = place_of_thing(page)
    drag(page, THING, right=-60, down=-40)
    after_x, after_y = place_of_thing(page)
    a_pixel = 1920 / state_of(page, "#stage", "offsetWidth")
    assert pytest.approx((x - 60 * a_pixel, y - 40 * a_pixel), abs=8) == (after_x, after_y)
    assert (0, 0) == (after_x % 16, after_y % 16)
    drag(page, THING, right=0, down=300)
    assert page_facts.is_inside(page, THING, "#stage")


def autosave(page: Page) -> None:
    """Let as much time pass as autosave ever waits."""
    page.clock.fast_forward(AUTOSAVE_MS)
    assert appears(page, "#save-state[role=status]", "Saved at")


def is_of_theme(page: Page, theme: str) -> bool:
    """Whether stage and form show this theme."""
    chosen = state_of(page, "#editor-theme :checked", "value")
    return theme == chosen and 1 == number_of(page, f"#stage.theme-{theme}")


def add_and_undo(page: Page) -> None:
    """Put something more on the stage and take that back, a whole word, and what was removed, too."""
    page.clock.fast_forward(60_000)  # autosave counts from a change, not from when the page came
    before = number_of(page, PIECE)
    press(page, "[data-add=click-to-link]")
    assert before + 1 == number_of(page, PIECE)
    assert "" == state_of(page, "#inspector [data-field=url]:not(:focus)", "value")
    autosave(page)
    press(page, "#editor-undo")
    assert before == number_of(page, PIECE)
    assert ["Unsaved changes"] == seen(page, "#save-state")
    write(page, TITLE_FIELD, "Will")
    page.keyboard.insert_text("ow herbs")
    press(page, "#editor-undo")
    assert "Willow" == state_of(page, TITLE_FIELD, "value")
    there = place_of_thing(page)
    write(page, TITLE_FIELD, "Reeds")
    press(page, "#editor-undo")
    assert ("Willow", there) == (state_of(page, TITLE_FIELD, "value"), place_of_thing(page))
    write(page, TITLE_FIELD, "Reeds")
    assert ["Reeds"] == seen(page, "#studio-title")
    page.keyboard.press("ControlOrMeta+z")  # which a field knows by itself
    assert "Willow" == state_of(page, TITLE_FIELD, "value")
    press(page, NOTE)
    write(page, "#inspector [data-field=label]", "Read on")
    assert "Baskets of willow" in state_of(page, "#inspector textarea", "value")
    press(page, NOTE)
    page.keyboard.press("Delete")
    assert before - 1 == number_of(page, PIECE)
    assert 1 == number_of(page, f"{PIECE}:focus")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ControlOrMeta+z")
    press(page, "#editor-undo")
    press(page, "#editor-clear")
    assert 0 == number_of(page, PIECE)
    press(page, "#editor-undo")
    assert before == number_of(page, PIECE)
    assert [["PUT", True]] == line.sent_at_parting(page)


def place_of_thing(page: Page) -> tuple[int, int]:
    """Where it stands, in the units of the stage."""
    place = state_of(page, THING, "dataset")
    return int(place["x"]), int(place["y"])


def publish(page: Page) -> None:
    """Put the canvas into the first slot, for everybody, with what was typed last; a refusal is told."""
    write(page, TITLE_FIELD, TITLE)
    press(page, "#editor-publish")
    assert appears(page, "#publish-dialog:modal")
    line.answers_once(page, "/publish", 402, SLOTS_ARE_TAKEN)
    press(page, "#publish-confirm")
    assert appears(page, "#publish-error[role=alert]", SLOTS_ARE_TAKEN["message"])
    page.keyboard.press("Escape")
    assert [] == seen(page, "#publish-dialog")
    press(page, "#editor-publish")
    assert appears(page, "#publish-dialog:modal")
    name, count, slots, upgrade, refusal = page_facts.sights(
        page, "#publish-name", "#publish-count", ".slot-name", "#publish-upsell", "#publish-error"
    )
    assert [] == refusal.seen  # which was about the last time
    assert ([TITLE], ["0/3"]) == (name.seen, count.seen)
    assert ["Slot 1", "Slot 2", "Slot 3", "Slot 4"] == slots.seen
    assert 1 == len(upgrade.seen)
    assert state_of(page, SLOT, "checked")
    assert not state_of(page, SLOT, "disabled")
    line.holds_next(page, "POST")
    press(page, "#publish-confirm")
    assert "true" == state_of(page, "#publish-confirm", "ariaDisabled")
    press(page, "#publish-confirm")  # who presses twice publishes once
    line.lets_go(page)
    assert disappears(page, "#publish-dialog")
    assert appears(page, "#slots .canvas-status", "Slot 1 · public")
    assert appears(page, "#studio-message[role=status] a", "See it in the grid")
    slots, told, drafts = page_facts.sights(
        page, "#slots .canvas-status", "#studio-message a", "#drafts .canvas-name"
    )
    assert [] == drafts.seen
    assert ["Slot 1", "Slot 2", "Slot 3"] == [each[:6] for each in slots.seen]
    assert ["Visit it", "See it in the grid"] == told.seen
    assert state_of(page, "#studio-message a:last-child", "href").endswith(NEWEST)
    assert ["", 0, "Studio · Ensemble", "Your canvases", "page-studio"] == page.evaluate(
        WHERE_ONE_IS
    )


def become_a_stranger(page: Page) -> None:
    """Look at what the other plan costs, and leave nothing in the browser that tells who somebody is."""
    press(page, "#upgrade-line a")
    page.wait_for_url("**/settings.html#*", wait_until=READY)
    assert appears(page, "#plan-used", "You use 1 of 3 slots.")
    plans, price, token, secret = page_facts.sights(
        page, ":target h2", ".plan-pro .price", "#token-box", "#token-value"
    )
    assert (["Plans"], ["$12 a month"]) == (plans.seen, [words[:11] for words in price.seen])
    assert (1, []) == (len(token.seen), secret.seen)  # nobody looks over one's shoulder
    unpair(page)
    assert appears(page, "#pairing-status", "not paired")
    assert [] == seen(page, "#token-box")
    page.context.clear_cookies()


def find_in_grid(page: Page) -> None:
    """See the canvas as the newest of all."""
    open_page(page, NEWEST)
    title, description = page_facts.sights(
        page, f"{NEWEST_CARD} .card-title", f"{NEWEST_CARD} .card-description"
    )
    assert ([TITLE], [DESCRIPTION]) == (title.seen, description.seen)


def look_at_canvas(page: Page) -> None:
    """Go from its card to the canvas; what its maker wrote is to be seen there."""
    press(page, f"{NEWEST_CARD} .card-link")
    page.wait_for_url(ANY_CANVAS, wait_until=READY)

    title, description, maker, written = page_facts.sights(
        page, "#canvas-title", ".canvas-head .lead", ".byline .handle", ".part-text"
    )
    assert ([TITLE], [DESCRIPTION]) == (title.seen, description.seen)
    assert ["@weaver"] == maker.seen
    assert WORDS in written.seen
    assert "Baskets of willow" in state_of(page, "#main", "innerText")
