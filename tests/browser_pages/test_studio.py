"""What a maker does in the studio besides the way to the grid: the smoke's third row goes that way alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashgen.pages.scenes import SCENES, scene_of
from tests.integration import line, page_facts
from tests.integration.hands import press, write
from tests.integration.page_facts import appears, disappears, seen, state_of
from tests.integration.pages import (
    READY,
    TITLE_FIELD,
    open_page,
    page_of,
    remember_visit,
    unpair,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from dashgen.canvas_schema import Canvas
    from tests.integration.browser import Visit, Visits
    from tests.integration.conftest import Owner

A_TEXT = {"type": "text", "x": 160, "y": 96, "props": {"text": "Come in"}}
CHOSEN_VISIBILITY = "#publish-dialog [name=visibility]:checked"
FOCUSED = """() => {
  const { dataset, id } = document.activeElement;
  return [dataset.action ?? id, document.activeElement.closest("[data-canvas-id]")?.dataset.canvasId ?? ""];
}"""
SCENE = "document.querySelector('main .scene use').href.baseVal"
SCENE_OF_STAGE = "document.querySelector('#stage .scene use').href.baseVal"
IS_IN_SIGHT = """(selector) => {
  const element = document.querySelector(selector);
  const box = element.getBoundingClientRect();
  return element.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""
PLACES = """[...document.querySelectorAll("#stage .piece")]
  .map((piece) => `${piece.dataset.x} ${piece.dataset.y}`)"""


def test_a_maker_publishes_takes_back_makes_and_deletes(owner: Owner, maker: Visit) -> None:
    """Publish a canvas, take it back, and publish it again; make others, and delete one of them."""
    canvas, page = owner.seed("Baskets", A_TEXT), maker.page
    open_page(page, "/studio.html")
    assert appears(page, "#drafts .canvas-status", "Draft · 1 thing")
    assert [] == seen(page, "#showcase-line")  # before there can be one
    assert ["Draft · 1 thing"] == seen(page, "#drafts .canvas-status")
    press(page, "#drafts [data-action=publish]")
    press(page, "#publish-dialog [value=unlisted]")
    press(page, "#publish-confirm")
    assert appears(page, "#slots .canvas-status", "Slot 1 · unlisted")
    assert ["Visit it"] == seen(page, "#studio-message a")
    assert 1 == len(seen(page, "#showcase-line"))  # which says what that is
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
    assert state_of(page, "input[name=slot][value='3']", "disabled")
    # Whom another canvas was published for says nothing of this one.
    assert "public" == state_of(page, CHOSEN_VISIBILITY, "value")
    press(page, "#publish-cancel")
    delete_drafts(page)
    assert [] == maker.trouble
    assert {"/publish 200": 2, "DELETE ": 1} == maker.counted("/publish 200", "DELETE ")


def take_back(page: Page, canvas: Canvas) -> None:
    """Look at what is published, which is fixed, and make it a draft that can be changed."""
    assert state_of(page, "[data-action=visit]", "href").endswith(page_of(canvas))
    press(page, "[data-action=look]")
    assert appears(page, "#fixed-where", "slot 1")
    assert state_of(page, "#editor-fields", "disabled")
    assert [] == seen(page, "#studio-message")  # which was about publishing
    press(page, "#unpublish-to-edit")
    assert disappears(page, "#fixed-notice")
    assert not state_of(page, "#editor-fields", "disabled")
    press(page, "#editor-publish")
    assert "unlisted" == state_of(page, CHOSEN_VISIBILITY, "value")  # as it was before
    press(page, "#publish-confirm")
    assert appears(page, "#slots .canvas-status", "Slot 1 · unlisted")


def delete_drafts(page: Page) -> None:
    """Delete the only draft; make another, which has no name but its maker's, and think better of it."""
    press(page, "#drafts [data-action=delete]")
    assert ["Reeds"] == seen(page, "#delete-name")
    assert "keep" == state_of(page, ":focus", "value")
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


def test_what_is_new_lies_on_nothing_and_all_of_it_goes_at_once(owner: Owner, maker: Visit) -> None:
    page = maker.page
    open_page(page, f"/studio.html#{owner.seed('Baskets').id}")
    assert appears(page, "#components-none")
    assert [] == seen(page, "#editor-clear")  # where there is nothing to take off
    for kind in ("text", "sprite", "text"):
        press(page, f"[data-add={kind}]")
    places = page.evaluate(PLACES)
    assert 3 == len(set(places))

    press(page, "#editor-clear")
    assert [] == page.evaluate(PLACES)
    assert ["3 things removed. Undo brings everything back."] == told(page)
    assert 1 == len(seen(page, "#stage-empty"))
    press(page, "#editor-undo")
    assert places == page.evaluate(PLACES)
    assert [] == maker.trouble


def told(page: Page) -> list[str]:
    """What the editor tells a screen reader."""
    return [state_of(page, "#stage-status[role=status]", "textContent")]


def test_settings_say_which_plan_a_maker_has(maker: Visit) -> None:
    open_page(maker.page, "/settings.html")
    assert appears(maker.page, "[data-plan=free] .plan-mine", "Your plan")
    assert ["Your plan"] == seen(maker.page, ".plan-mine")


def test_who_has_no_canvas_is_led_to_the_questions(visits: Visits) -> None:
    somebody = visits.begin("somebody")
    remember_visit(somebody)
    open_page(somebody.page, "/studio.html")
    # There is nothing of which it could be one.
    somebody.page.evaluate("location.hash = '#cnv_0123456789ab'")
    press(somebody.page, "#unpaired .button-primary")
    somebody.page.wait_for_url("**/index.html#first-run", wait_until=READY)
    assert appears(somebody.page, "#first-run:modal")
    assert [] == somebody.trouble


def test_the_focus_stays_with_the_canvas_that_it_is_on(owner: Owner, maker: Visit) -> None:
    """Do by keyboard what draws the lists anew: nobody has to begin at the top of the page again."""
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    owner.has_published(canvas, 0)
    open_page(page, "/studio.html")
    by_keyboard(page, "#slots [data-action=showcase]")
    assert appears(page, "#slots .canvas-status", "showcase")
    assert ["showcase", canvas.id] == page.evaluate(FOCUSED)
    by_keyboard(page, "#slots [data-action=unpublish]")
    assert appears(page, "#drafts .canvas-name", "Baskets")
    assert ["edit", canvas.id] == page.evaluate(FOCUSED)
    page.keyboard.press("Enter")
    assert appears(page, "#stage .piece")
    by_keyboard(page, "#stage .piece", "ArrowDown")
    by_keyboard(page, "#editor-undo")
    assert canvas.id == page.evaluate(FOCUSED)[1]  # on its stage
    by_keyboard(page, "#editor-close")
    assert appears(page, "#drafts [data-action=delete]")
    assert ["studio-title", ""] == page.evaluate(FOCUSED)
    by_keyboard(page, "#drafts [data-action=delete]")
    by_keyboard(page, "#delete-confirm")
    assert appears(page, "#no-drafts")
    assert ["studio-title", ""] == page.evaluate(FOCUSED)
    assert [] == maker.trouble


def by_keyboard(page: Page, selector: str, key: str = "Enter") -> None:
    """Press a key on the first of the elements that a selector matches, as soon as there is one."""
    assert appears(page, selector)
    page.evaluate("(selector) => document.querySelector(selector).focus()", selector)
    page.keyboard.press(key)


def test_a_preview_shows_what_was_typed_last(owner: Owner, maker: Visit) -> None:
    page, canvas = maker.page, owner.seed("Baskets")
    origin, token = owner.client.server.url, owner.client.token
    maker.context.add_cookies([{"name": "pairing_token", "value": token, "url": origin}])
    open_page(page, f"/studio.html#{canvas.id}")
    write(page, TITLE_FIELD, "Reeds")
    press(page, "#editor-look")
    page.wait_for_url(f"**{page_of(canvas)}", wait_until=READY)

    assert ["Reeds"] == seen(page, "h1")
    assert ["This canvas is still empty."] == seen(page, ".stage-empty")


def test_who_saw_a_canvas_is_known_in_the_next_visit(owner: Owner, maker: Visit) -> None:
    page, canvas = maker.page, owner.seed("Baskets")
    owner.has_published(canvas, 0, "unlisted")
    open_page(page, "/studio.html")
    press(page, "#slots [data-action=unpublish]")
    assert appears(page, "#drafts .canvas-name", "Baskets")
    page.reload(wait_until=READY)
    press(page, "#drafts [data-action=publish]")
    assert "unlisted" == state_of(page, CHOSEN_VISIBILITY, "value")
    open_page(page, "/settings.html")
    unpair(page)
    assert appears(page, "#pairing-status", "not paired")
    assert "pair-link" == page_facts.focused(page)
    assert page.evaluate("localStorage.getItem('ensemble.visibility') === null")


def test_whose_pairing_has_ended_is_told_so_and_loses_nothing(owner: Owner, maker: Visit) -> None:
    """Somebody unpairs this browser elsewhere while a canvas is edited here."""
    page, canvas = maker.page, owner.seed("Baskets")
    open_page(page, f"/studio.html#{canvas.id}")
    write(page, TITLE_FIELD, "Reeds")
    line.answers_once(page, "/studio/canvas/", 401, {"error": "unauthorised"})
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, "#editor-error a[target=_blank][href^='/pair.html']", "Pair this browser")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as who comes back
    assert appears(page, "#save-state", "Saved at")
    assert [] == seen(page, "#editor-error")
    line.answers_once(page, "/studio/canvas/mine", 401, {"error": "unauthorised"})
    press(page, "#editor-close")
    assert appears(page, "#studio-message a[target=_blank]", "Pair this browser")
    press(page, "#editor-close")
    assert appears(page, "#drafts .canvas-name", "Reeds")
    line.answers_once(page, "/studio/canvas", 401, {"error": "unauthorised"})
    press(page, "#new-canvas")
    assert appears(page, "#expired", "no longer paired")
    assert [] == seen(page, "#unpaired")
    assert [] == maker.trouble


def test_a_studio_that_did_not_load_can_be_asked_again(owner: Owner, maker: Visit) -> None:
    page = maker.page
    owner.seed("Baskets")
    page.route("**/studio/canvas/mine", lambda route: route.abort(), times=1)
    open_page(page, "/studio.html")
    assert appears(page, "#studio-message", "No connection")
    with page.expect_navigation(wait_until=READY):
        press(page, "#studio-message button")
    assert appears(page, "#drafts .canvas-name", "Baskets")


def test_what_is_said_of_a_canvas_far_below_is_seen(owner: Owner, maker: Visit) -> None:
    page = maker.page
    for number in range(12):
        owner.seed(f"Baskets {number}")
    open_page(page, "/studio.html")
    assert appears(page, "#drafts [data-action=delete]")
    press(page, "#drafts [data-action=delete]", n=-1)
    line.breaks_once(page, "/studio/canvas/cnv_")
    press(page, "#delete-confirm")
    assert appears(page, "#studio-message", "No connection")

    assert page.evaluate("scrollY") > 0
    assert page.evaluate(IS_IN_SIGHT, "#studio-message")


def test_who_wants_on_before_all_is_saved_is_told_what_it_waits_for(
    owner: Owner, maker: Visit
) -> None:
    page = maker.page
    canvas = owner.seed("Baskets", A_TEXT)
    open_page(page, f"/studio.html#{canvas.id}")
    wants = {
        "#editor-publish": "You can publish",
        "#editor-look": "You can look at it",
        "#editor-close": "You can leave",
    }
    for control, told in wants.items():
        assert appears(page, "#stage [data-testid=piece]")
        write(page, TITLE_FIELD, f"{told}, soon")
        line.breaks_once(page, "/studio/canvas/")
        press(page, control)
        assert appears(
            page, "#editor-error[role=alert]", f"{told} as soon as your changes are saved"
        )
        page.keyboard.press("ControlOrMeta+s")
        assert appears(page, "#save-state", "Saved at")
        assert [] == seen(page, "#editor-error")
    assert [] == seen(page, "#publish-dialog")


def test_an_answer_that_is_late_brings_nothing_back(owner: Owner, maker: Visit) -> None:
    page = maker.page
    late: list[Route] = []
    owner.has_published(owner.seed("Baskets"), 0)
    owner.seed("Reeds")
    open_page(page, "/studio.html")
    assert appears(page, "#drafts .canvas-name", "Reeds")
    before = owner.client.get("/studio/canvas/mine").json

    def hold(route: Route) -> None:
        late.append(route)

    page.route("**/studio/canvas/mine", hold, times=1)
    press(page, "#slots [data-action=unpublish]")
    press(page, "#drafts [data-action=delete]")
    press(page, "#delete-confirm")
    assert appears(page, "#drafts .canvas-name", "Baskets")
    late[0].fulfill(json=before)

    assert not appears(page, "#drafts .canvas-name", "Reeds")
    assert ["Baskets"] == seen(page, "#drafts .canvas-name")
    assert [] == maker.trouble


def test_what_was_deleted_elsewhere_is_not_published_without_a_word(
    owner: Owner, maker: Visit
) -> None:
    page, canvas = maker.page, owner.seed("Baskets", A_TEXT)
    open_page(page, f"/studio.html#{canvas.id}")
    assert appears(page, "#stage .piece")
    owner.store.delete(canvas.id, owner.id)
    press(page, "#editor-publish")

    assert appears(page, "#studio-message", "no such canvas")
    assert [] == seen(page, "#editor")
    assert [] == maker.trouble


def test_a_save_that_was_left_behind_says_nothing_of_the_next_canvas(
    owner: Owner, maker: Visit
) -> None:
    page = maker.page
    canvas, other = owner.seed("Baskets"), owner.seed("Reeds")
    open_page(page, f"/studio.html#{canvas.id}")
    write(page, TITLE_FIELD, "Fixed elsewhere by now")
    line.answers_once(page, "/studio/canvas/cnv_", 409, {"message": "It is fixed."})
    press(page, "#editor-close")
    assert appears(page, "#editor-leave")
    line.holds_next(page, "PUT")
    page.keyboard.press("ControlOrMeta+s")
    press(page, "#editor-leave")
    press(page, f"[data-canvas-id={other.id}] [data-action=edit]")
    assert appears(page, "#studio-title", "Reeds")
    line.lets_go(page)

    assert ["All changes saved"] == seen(page, "#save-state")
    assert [] == maker.trouble


def test_an_emoji_is_never_cut_in_two(owner: Owner, maker: Visit) -> None:
    lanterns = owner.seed(
        "Lanterns", {**A_TEXT, "props": {"text": "xx" + "\N{IZAKAYA LANTERN}" * 60}}
    )
    open_page(maker.page, f"/studio.html#{lanterns.id}")
    assert appears(maker.page, "#components .layer", "\N{IZAKAYA LANTERN}\u2026")
    assert maker.page.evaluate("document.body.textContent.isWellFormed()")


def test_a_canvas_has_the_same_picture_everywhere(owner: Owner, maker: Visit) -> None:
    page, drafts = maker.page, iter(lambda: owner.seed("Baskets"), None)
    # A page that leaves its template's picture as it is would be right with the first of them.
    canvas = next(draft for draft in drafts if scene_of(draft.id) != SCENES[0])
    owner.has_published(canvas, 0)
    open_page(page, page_of(canvas))
    on_its_page = page.evaluate(SCENE)
    open_page(page, "/studio.html")
    assert appears(page, "#slots .canvas-name", "Baskets")
    in_the_list = page.evaluate(SCENE)
    press(page, "#slots [data-action=look]")
    assert appears(page, "#stage")

    assert [on_its_page] * 2 == [in_the_list, page.evaluate(SCENE_OF_STAGE)]


def test_a_canvas_without_a_title_is_called_by_its_maker(owner: Owner, maker: Visit) -> None:
    owner.seed(" ")
    open_page(maker.page, "/studio.html")

    assert appears(maker.page, "#drafts .canvas-name", f"{owner.handle}'s canvas")


def test_with_pro_the_next_slot_is_there(owner: Owner, maker: Visit) -> None:
    page = maker.page
    for slot in range(3):
        owner.has_published(owner.seed(f"Baskets {slot}"), slot)
    owner.seed("Reeds")

    def with_pro(route: Route) -> None:
        route.fulfill(json=route.fetch().json() | {"tier": "pro"})

    page.route("**/studio/canvas/mine", with_pro)
    open_page(page, "/studio.html")
    press(page, "#drafts [data-action=publish]")
    count, meanings, upsell = page_facts.sights(
        page, "#publish-count", ".slot-meaning", "#publish-upsell"
    )
    assert (["3"], "empty", []) == (count.seen, meanings.seen[-1], upsell.seen)
    assert state_of(page, "input[name=slot][value='3']", "checked")
    assert [] == maker.trouble
