"""What its maker does to a canvas in another tab, or in another browser, while it is open here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.integration import page_facts
from tests.integration.hands import press, write
from tests.integration.page_facts import appears, seen, state_of
from tests.integration.pages import TITLE_FIELD, open_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from dashgen.canvas_schema import Canvas
    from tests.integration.browser import Visit
    from tests.integration.conftest import Owner

A_TEXT = {"type": "text", "x": 160, "y": 96, "props": {"text": "Come in"}}
DESCRIPTION_FIELD, SAVE_STATE = "#editor-description", "#save-state"


def come_back(page: Page) -> None:
    """Come back to a window that was left for another."""
    page.evaluate("dispatchEvent(new Event('focus'))")


def open_editor(page: Page, canvas: Canvas) -> None:
    open_page(page, f"/studio.html#{canvas.id}")
    assert appears(page, TITLE_FIELD)


def rename_elsewhere(owner: Owner, canvas: Canvas, title: str) -> None:
    """Change the title of a canvas in a browser that this one knows nothing of."""
    assert 200 == owner.client.put(f"/studio/canvas/{canvas.id}", {"title": title}).status


def test_what_another_tab_saved_is_kept(owner: Owner, maker: Visit) -> None:
    canvas, here, there = owner.seed("Baskets", A_TEXT), maker.page, maker.context.new_page()
    for page in (here, there):
        open_editor(page, canvas)
    press(here, TITLE_FIELD)
    write(there, TITLE_FIELD, "Reeds")
    there.keyboard.press("ControlOrMeta+s")
    assert appears(here, SAVE_STATE, "Changed elsewhere")
    # Even in the field that somebody is about to write into.
    assert ["Reeds", TITLE_FIELD[1:]] == [
        state_of(here, TITLE_FIELD, "value"),
        page_facts.focused(here),
    ]
    write(here, DESCRIPTION_FIELD, "Of all kinds")
    here.keyboard.press("ControlOrMeta+s")
    assert appears(here, SAVE_STATE, "Saved at")

    kept = owner.client.get(f"/studio/canvas/{canvas.id}").json
    assert ("Reeds", "Of all kinds") == (kept["title"], kept["description"])
    assert [] == maker.trouble


def test_what_was_changed_elsewhere_can_be_undone_here(owner: Owner, maker: Visit) -> None:
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_editor(page, canvas)
    rename_elsewhere(owner, canvas, "Reeds")
    come_back(page)
    assert appears(page, "#studio-title", "Reeds")
    press(page, "#editor-undo")

    assert "Baskets" == state_of(page, TITLE_FIELD, "value")
    assert ["Unsaved changes"] == seen(page, SAVE_STATE)


def test_what_is_not_saved_yet_comes_before_what_was_changed_elsewhere(
    owner: Owner, maker: Visit
) -> None:
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_editor(page, canvas)
    write(page, TITLE_FIELD, "Willow")
    rename_elsewhere(owner, canvas, "Reeds")
    come_back(page)
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, SAVE_STATE, "Saved at")

    assert "Willow" == owner.client.get(f"/studio/canvas/{canvas.id}").json["title"]
    assert "Willow" == state_of(page, TITLE_FIELD, "value")


def test_what_was_published_elsewhere_is_fixed_here(owner: Owner, maker: Visit) -> None:
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_editor(page, canvas)
    owner.has_published(canvas, 1)
    come_back(page)

    assert appears(page, "#fixed-where", "slot 2")
    assert state_of(page, "#editor-fields", "disabled")


def test_what_was_deleted_elsewhere_is_told_and_left(owner: Owner, maker: Visit) -> None:
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_editor(page, canvas)
    owner.store.delete(canvas.id, owner.id)
    come_back(page)

    assert appears(page, "#studio-message", "no such canvas")
    assert [] == seen(page, "#editor")
    assert "" == page.evaluate("location.hash")
    assert [] == maker.trouble


def test_the_list_is_as_it_is_now(owner: Owner, maker: Visit) -> None:
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_page(page, "/studio.html")
    assert appears(page, "#drafts .canvas-name", "Baskets")
    row = page.evaluate_handle("document.querySelector('#drafts .canvas-row')")
    come_back(page)
    page.wait_for_load_state("networkidle")
    # Nothing is drawn anew where nothing changed: a press may be under way.
    assert row.evaluate("(row) => row.isConnected")
    rename_elsewhere(owner, canvas, "Reeds")
    come_back(page)

    assert appears(page, "#drafts .canvas-name", "Reeds")
    assert [] == maker.trouble
