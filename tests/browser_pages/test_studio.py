"""What a maker does in the studio besides the way to the grid: the smoke's third row goes that way alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration import line
from tests.integration.hands import press, write
from tests.integration.page_facts import appears, disappears, seen, state_of
from tests.integration.pages import (
    TITLE_FIELD,
    open_page,
    page_of,
    remember_maker,
    remember_visit,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from dashgen.canvas_schema import Canvas
    from tests.integration.browser import Visits
    from tests.integration.conftest import Owner


def test_a_maker_publishes_takes_back_makes_and_deletes(owner: Owner, visits: Visits) -> None:
    """Publish a canvas, take it back, and publish it again; make others, and delete one of them."""
    maker = visits.begin("maker")
    remember_visit(maker)
    remember_maker(maker, owner)
    canvas, page = owner.seed("Baskets"), maker.page
    open_page(page, "/studio.html")
    press(page, "#drafts [data-action=publish]")
    press(page, "#publish-dialog [value=unlisted]")
    press(page, "#publish-confirm")
    assert appears(page, "#slots .canvas-status", "Slot 1 · unlisted")
    assert ["Visit it"] == seen(page, "#studio-message a")
    take_back(page, canvas)

    press(page, "#new-canvas")
    write(page, TITLE_FIELD, "Reeds")
    line.holds_next(page, "PUT")
    press(page, "#editor-close")
    assert 1 == len(seen(page, "#editor"))  # until it is saved
    line.lets_go(page)
    assert appears(page, "#drafts .canvas-name", "Reeds")
    press(page, "#drafts [data-action=publish]")
    meanings = seen(page, "#publish-slots .slot-meaning")
    assert ["replaces “Baskets”, which becomes a draft", "empty", "empty", "with Pro"] == meanings
    assert state_of(page, "input[name=slot][value='1']", "checked")
    # Whom another canvas was published for says nothing of this one.
    assert state_of(page, "#publish-dialog [value=public]", "checked")
    press(page, "#publish-cancel")
    delete_drafts(page)
    assert [] == maker.trouble
    assert {"/publish 200": 2, "DELETE ": 1} == maker.counted("/publish 200", "DELETE ")


def take_back(page: Page, canvas: Canvas) -> None:
    """Look at what is published, which is fixed, and make it a draft that can be changed."""
    assert state_of(page, "[data-action=visit]", "href").endswith(page_of(canvas))
    press(page, "[data-action=look]")
    press(page, "#unpublish-to-edit")
    assert disappears(page, "#fixed-notice")
    assert not state_of(page, "#editor-fields", "disabled")
    press(page, "#editor-publish")
    press(page, "#publish-confirm")
    assert appears(page, "#slots .canvas-status", "Slot 1 · unlisted")


def delete_drafts(page: Page) -> None:
    """Delete the only draft; make another, which has no name but its maker's, and think better of it."""
    press(page, "#drafts [data-action=delete]")
    press(page, "#delete-confirm")
    assert appears(page, "#no-drafts")
    press(page, "#new-canvas")
    assert appears(page, "#studio-title", "'s canvas")
    write(page, TITLE_FIELD, "Published elsewhere by now")
    line.answers_once(page, "/studio/canvas/cnv_", 409, {"message": "It is fixed."})
    press(page, "#editor-close")
    press(page, "#editor-leave")  # nothing is dropped unless one says so
    assert appears(page, "#drafts .canvas-name", "'s canvas")
    press(page, "#drafts [data-action=delete]")
    page.keyboard.press("Escape")  # which deletes nothing, whatever was answered before
    assert disappears(page, "#delete-dialog")
    # What is sent after it closes has been answered by then.
    page.wait_for_load_state("networkidle")
    assert 1 == len(seen(page, "#drafts .canvas-name"))
