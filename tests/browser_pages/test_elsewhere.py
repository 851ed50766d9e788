"""What its maker does to a canvas in another tab, or in another browser, while it is open here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.integration import page_facts
from tests.integration.hands import press, write
from tests.integration.page_facts import appears, seen, state_of
from tests.integration.pages import TITLE_FIELD, open_page, unpair

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from dashgen.canvas_schema import Canvas
    from tests.integration.browser import Visit
    from tests.integration.conftest import Owner

A_TEXT = {"type": "text", "x": 160, "y": 96, "props": {"text": "Come in"}}
DESCRIPTION_FIELD, SAVE_STATE = "#editor-description", "#save-state"
CONFLICT = "#editor-conflict"


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


def both_changed(owner: Owner, maker: Visit) -> tuple[Page, Canvas]:
    """An editor in which something is not saved, of a canvas that was changed elsewhere meanwhile."""
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_editor(page, canvas)
    write(page, TITLE_FIELD, "Willow")
    rename_elsewhere(owner, canvas, "Reeds")
    come_back(page)
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, CONFLICT, "Changed elsewhere")
    return page, canvas


def is_refused_once(maker: Visit) -> bool:
    """Whether the console names one refusal, and nothing else."""
    (line,) = maker.trouble
    return "412 (Precondition Failed)" in line


def title_of(owner: Owner, canvas: Canvas) -> str:
    return str(owner.client.get(f"/studio/canvas/{canvas.id}").json["title"])


def test_what_was_changed_on_both_sides_waits_for_its_maker(owner: Owner, maker: Visit) -> None:
    page, canvas = both_changed(owner, maker)
    assert ["Not saved"] == seen(page, SAVE_STATE)
    write(page, DESCRIPTION_FIELD, "Of all kinds")
    page.keyboard.press("ControlOrMeta+s")
    press(page, "#editor-publish")
    assert appears(page, SAVE_STATE, "Not saved")

    assert [] == seen(page, "#publish-dialog")
    assert "Reeds" == title_of(owner, canvas)
    assert "Willow" == state_of(page, TITLE_FIELD, "value")
    # Nobody asks the server over and over what it has said already.
    assert is_refused_once(maker)


def test_mine_is_kept_and_the_other_is_one_step_back(owner: Owner, maker: Visit) -> None:
    page, canvas = both_changed(owner, maker)
    press(page, "#conflict-mine")
    assert appears(page, SAVE_STATE, "Saved at")
    assert "Willow" == title_of(owner, canvas)
    assert [] == seen(page, CONFLICT)
    press(page, "#editor-undo")
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, SAVE_STATE, "Saved at")

    assert "Reeds" == state_of(page, TITLE_FIELD, "value") == title_of(owner, canvas)
    assert is_refused_once(maker)


def test_the_other_is_kept_and_mine_is_one_step_back(owner: Owner, maker: Visit) -> None:
    page, canvas = both_changed(owner, maker)
    press(page, "#conflict-other")
    assert appears(page, SAVE_STATE, "Changed elsewhere")
    assert "Reeds" == state_of(page, TITLE_FIELD, "value") == title_of(owner, canvas)
    assert [] == seen(page, CONFLICT)
    press(page, "#editor-undo")
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, SAVE_STATE, "Saved at")

    assert "Willow" == state_of(page, TITLE_FIELD, "value") == title_of(owner, canvas)
    assert is_refused_once(maker)


def test_both_are_kept(owner: Owner, maker: Visit) -> None:
    page, canvas = both_changed(owner, maker)
    press(page, "#conflict-both")
    assert appears(page, "#studio-message", "Both are kept")
    write(page, DESCRIPTION_FIELD, "Of all kinds")
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, SAVE_STATE, "Saved at")

    mine = owner.client.get("/studio/canvas/mine").json["canvases"]
    kept = {one["title"]: (one["description"], one["id"] == canvas.id) for one in mine}
    assert ("", True) == kept["Reeds"]
    assert ("Of all kinds", False) == kept["Willow"]
    rooms = [[part["props"] for part in one["room_state"]["components"]] for one in mine]
    assert [[A_TEXT["props"]]] * 2 == rooms
    assert 1 == len([one for one in mine if one["title"] == "Willow"])
    assert is_refused_once(maker)


def test_a_third_state_is_told_as_the_second_was(owner: Owner, maker: Visit) -> None:
    page, canvas = both_changed(owner, maker)
    rename_elsewhere(owner, canvas, "Rushes")
    press(page, "#conflict-mine")
    assert appears(page, CONFLICT, "Changed elsewhere")
    assert appears(page, SAVE_STATE, "Not saved")

    assert "Rushes" == title_of(owner, canvas)


def test_a_save_whose_answer_was_lost_is_nobody_else_s(owner: Owner, maker: Visit) -> None:
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_editor(page, canvas)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    address = f"**/studio/canvas/{canvas.id}"
    page.route(address, lose)
    write(page, TITLE_FIELD, "Willow")
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, SAVE_STATE, "Not saved, trying again")
    page.unroute(address)
    write(page, TITLE_FIELD, "Willow and reeds")
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, SAVE_STATE, "Saved at")

    assert [] == seen(page, CONFLICT)
    assert "Willow and reeds" == title_of(owner, canvas)


def leave_unsaved(owner: Owner, maker: Visit) -> Canvas:
    """Leave the editor right after a change, which does not arrive any more."""
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_editor(page, canvas)
    cut(page)
    press(page, "[data-add=sprite]")
    write(page, TITLE_FIELD, "Willow")
    open_page(page, "/settings.html")
    return canvas


def cut(page: Page) -> None:
    """Have nothing arrive any more that this very page sends."""
    page.evaluate("() => { window.fetch = () => Promise.reject(new TypeError('no connection')); }")


def test_what_did_not_arrive_when_one_left_is_saved_at_the_next_visit(
    owner: Owner, maker: Visit
) -> None:
    page, canvas = maker.page, leave_unsaved(owner, maker)
    assert "Baskets" == title_of(owner, canvas)
    open_page(page, "/studio.html")
    assert appears(page, "#drafts .canvas-name", "Willow")

    assert "Willow" == title_of(owner, canvas)
    assert page.evaluate("localStorage.getItem('ensemble.unsaved') === null")
    assert [] == seen(page, "#studio-message")


@pytest.mark.parametrize("is_there", [True, False])
def test_what_came_too_late_when_one_left_may_be_kept(
    owner: Owner, maker: Visit, *, is_there: bool
) -> None:
    page, canvas = maker.page, leave_unsaved(owner, maker)
    if is_there:
        rename_elsewhere(owner, canvas, "Reeds")
    else:
        owner.store.delete(canvas.id, owner.id)
    open_page(page, "/studio.html")
    assert appears(page, "#studio-message", "What you last changed in “Willow” may be lost")
    page.reload()
    assert appears(page, "#studio-message", "may be lost")
    press(page, "#studio-message [data-action=keep]")
    assert appears(page, "#studio-message", "is a draft of its own now")

    titles = [one["title"] for one in owner.client.get("/studio/canvas/mine").json["canvases"]]
    assert sorted(["Willow", "Reeds"] if is_there else ["Willow"]) == sorted(titles)
    assert page.evaluate("localStorage.getItem('ensemble.unsaved') === null")


@pytest.mark.parametrize("then", ["described", "published"])
def test_what_arrived_when_one_left_is_not_lost_whatever_was_done_then(
    owner: Owner, maker: Visit, then: str
) -> None:
    page, canvas = maker.page, leave_unsaved(owner, maker)
    (left,) = json.loads(page.evaluate("localStorage.getItem('ensemble.unsaved')"))
    for changes in (left["body"], {"description": "Of all kinds"}):
        assert 200 == owner.client.put(f"/studio/canvas/{canvas.id}", changes).status
    if then == "published":
        owner.has_published(canvas, 0)
    open_page(page, "/studio.html")
    assert appears(page, ".canvas-name", "Willow")

    assert [] == seen(page, "#studio-message")
    assert page.evaluate("localStorage.getItem('ensemble.unsaved') === null")


@pytest.mark.parametrize("there", ["added", "moved", "removed"])
def test_what_did_not_arrive_of_the_things_on_a_canvas_is_asked_about(
    owner: Owner, maker: Visit, there: str
) -> None:
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_editor(page, canvas)
    if there == "added":
        press(page, "[data-add=sprite]")
    else:
        press(page, "#stage .piece")
        page.keyboard.press({"moved": "ArrowRight", "removed": "Delete"}[there])
    cut(page)
    open_page(page, "/settings.html")
    rename_elsewhere(owner, canvas, "Reeds")
    open_page(page, "/studio.html")

    assert appears(page, "#studio-message", "may be lost")


def test_what_came_too_late_may_be_dropped(owner: Owner, maker: Visit) -> None:
    page, canvas = maker.page, leave_unsaved(owner, maker)
    rename_elsewhere(owner, canvas, "Reeds")
    open_page(page, "/studio.html")
    press(page, "#studio-message [data-action=drop]")

    assert [] == seen(page, "#studio-message")
    assert page.evaluate("localStorage.getItem('ensemble.unsaved') === null")
    assert "Reeds" == title_of(owner, canvas)


def test_what_cannot_be_sent_yet_is_kept_for_the_next_visit(owner: Owner, maker: Visit) -> None:
    page, canvas = maker.page, leave_unsaved(owner, maker)
    address = f"**/studio/canvas/{canvas.id}"
    page.route(address, lambda route: route.abort())
    open_page(page, "/studio.html")
    assert appears(page, "#drafts .canvas-name", "Baskets")
    assert [] == seen(page, "#studio-message")
    page.unroute(address)
    page.reload()
    assert appears(page, "#drafts .canvas-name", "Willow")

    assert "Willow" == title_of(owner, canvas)


def test_what_is_left_goes_with_the_pairing(owner: Owner, maker: Visit) -> None:
    page = maker.page
    leave_unsaved(owner, maker)
    unpair(page)
    assert appears(page, "#pair-link")

    assert page.evaluate("localStorage.getItem('ensemble.unsaved') === null")


def test_who_comes_back_to_the_very_page_is_told_of_no_loss(owner: Owner, maker: Visit) -> None:
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_editor(page, canvas)
    write(page, TITLE_FIELD, "Willow")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pagehide'))")
    assert not page.evaluate("localStorage.getItem('ensemble.unsaved') === null")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert appears(page, SAVE_STATE, "Saved at")

    assert page.evaluate("localStorage.getItem('ensemble.unsaved') === null")
    assert [] == seen(page, CONFLICT)
    assert "Willow" == title_of(owner, canvas)


def test_who_leaves_an_open_question_is_asked_by_the_browser(owner: Owner, maker: Visit) -> None:
    page, _ = both_changed(owner, maker)
    write(page, DESCRIPTION_FIELD, "Of all kinds")

    assert page.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))")


@pytest.mark.parametrize(
    ("title", "copy"), [("Baskets", "Baskets (copy)"), ("B" * 80, "B" * 73 + " (copy)"), ("", "")]
)
def test_of_two_that_are_kept_one_says_that_it_is_a_copy(
    owner: Owner, maker: Visit, title: str, copy: str
) -> None:
    page, canvas = maker.page, owner.seed(title, A_TEXT)
    open_editor(page, canvas)
    write(page, DESCRIPTION_FIELD, "Of all kinds")
    elsewhere = {"description": "Of one kind"}
    assert 200 == owner.client.put(f"/studio/canvas/{canvas.id}", elsewhere).status
    page.keyboard.press("ControlOrMeta+s")
    press(page, "#conflict-both")
    assert appears(page, "#studio-message", "Both are kept")

    mine = owner.client.get("/studio/canvas/mine").json["canvases"]
    assert {(title, "Of one kind"), (copy, "Of all kinds")} == {
        (one["title"], one["description"]) for one in mine
    }


def test_what_was_changed_since_the_list_was_read_is_not_deleted(
    owner: Owner, maker: Visit
) -> None:
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_page(page, "/studio.html")
    press(page, "#drafts [data-action=delete]")
    rename_elsewhere(owner, canvas, "Reeds")
    press(page, "#delete-confirm")
    assert appears(page, "#studio-message", "changed meanwhile")
    assert appears(page, "#drafts .canvas-name", "Reeds")
    press(page, "#drafts [data-action=delete]")
    press(page, "#delete-confirm")
    assert appears(page, "#studio-message", "is deleted")


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
