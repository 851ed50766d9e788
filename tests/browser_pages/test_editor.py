"""What happens to a canvas in the editor, and what must not: the smoke's third row changes the most common of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from dashgen.room_schema import MAX_COMPONENTS
from tests.integration import line
from tests.integration.hands import drag, middle_of, press, write
from tests.integration.page_facts import appears, seen, state_of
from tests.integration.pages import TITLE_FIELD, open_page, page_of, remember_maker, remember_visit

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.integration.browser import Visit, Visits
    from tests.integration.conftest import Owner

NOTE = {
    "type": "click-to-read",
    "x": 160,
    "y": 96,
    "props": {"label": "Log", "content": "Low tide"},
}
LINK = {"type": "click-to-link", "x": 160, "y": 96, "props": {"label": "Tides", "url": "/"}}
PIECE, SAVED = "#stage .piece", "#save-state[data-state=saved]"
FIELD = "#inspector [data-field={}]".format
STYLE = "document.querySelector('#stage .piece').style"
FOCUSED = "document.activeElement.closest('#components')?.id"
TURN = "getComputedStyle(document.querySelector('.stage .part')).rotate"
SHARE = """(() => {
  const [part, stage] = [".part", ".stage"].map((each) => document.querySelector(each));
  return [part.offsetWidth / stage.clientWidth, part.offsetHeight / stage.clientHeight];
})()"""
ARROW_IS_LEFT_TO_THE_PAGE = """document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key: "ArrowDown", bubbles: true, cancelable: true }))"""
HEIGHTS = "(all) => all.map((element) => element.offsetHeight)"
IS_ASKED = "!dispatchEvent(new Event('beforeunload', { cancelable: true }))"


def opened(owner: Owner, visit: Visit, *components: dict[str, Any]) -> Page:
    """The editor, open on a canvas with these components."""
    open_page(visit.page, f"/studio.html#{owner.seed('Baskets', *components).id}")
    assert appears(visit.page, PIECE)
    return visit.page


def place(page: Page) -> tuple[str, str]:
    """Where the only thing on the stage stands."""
    found = state_of(page, PIECE, "dataset")
    return found["x"], found["y"]


def save(page: Page) -> None:
    """Save now, and wait until that is done."""
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, SAVED, "Saved at")


def test_what_the_editor_does_not_show_stays_as_it_was(owner: Owner, maker: Visit) -> None:
    stage = {"width": 1600, "height": 900}
    room = {"stage": stage, "components": [{"id": "log", **NOTE}]}
    draft = {"title": "Baskets", "source": "manual", "room_state": room}
    path = f"/studio/canvas/{owner.client.post('/studio/canvas', draft).json['id']}"
    before = owner.client.get(path).json["room_state"]
    page = maker.page
    open_page(page, f"/studio.html#{path.rpartition('/')[2]}")
    press(page, PIECE)
    write(page, FIELD("label"), "Log book")
    save(page)

    after = owner.client.get(path).json["room_state"]
    assert {"label": "Log book", "content": "Low tide"} == after["components"][0]["props"]
    assert stage == {name: after["stage"][name] for name in stage}
    assert before | {"components": []} == after | {"components": []}


def test_a_thing_is_turned_on_its_page_and_in_the_studio(owner: Owner, maker: Visit) -> None:
    canvas = owner.seed("Baskets", NOTE | {"rotation": 30})
    owner.has_published(canvas, 0)
    for path in (page_of(canvas), f"/studio.html#{canvas.id}"):
        open_page(maker.page, path)
        assert appears(maker.page, ".stage .part")
        assert "30deg" == maker.page.evaluate(TURN)


def test_a_thing_is_as_large_on_its_page_as_in_the_studio(owner: Owner, maker: Visit) -> None:
    floor = {"type": "svg", "x": 160, "y": 96, "w": 480, "h": 216, "props": {"shape": "rect"}}
    canvas = owner.seed("Baskets", floor)
    owner.has_published(canvas, 0)
    shares = []
    for path in (page_of(canvas), f"/studio.html#{canvas.id}"):
        open_page(maker.page, path)
        assert appears(maker.page, ".stage .part")
        shares.append(maker.page.evaluate(SHARE))

    assert [[pytest.approx(1 / 4, abs=0.01), pytest.approx(1 / 5, abs=0.01)]] * 2 == shares


def test_a_screen_reader_is_told_what_stands_where(owner: Owner, maker: Visit) -> None:
    """A thing without a label is called by what it is; where it goes is said, and the page stays where it is."""
    lamp = {"type": "sprite", "x": 160, "y": 96, "props": {"sprite": "lamp"}}
    page = opened(owner, maker, lamp)
    assert 'button "Thing: lamp"' in page.locator("#stage").aria_snapshot()
    assert 'radio "Warm" [checked]' in page.locator("#editor-theme").aria_snapshot()
    press(page, PIECE)
    assert not page.evaluate(ARROW_IS_LEFT_TO_THE_PAGE)

    told = state_of(page, "#stage-status[role=status]", "textContent")
    assert "Thing: lamp: 160 from the left, 112 from the top" == told


def test_a_thing_is_as_wide_as_is_said_and_never_beside_the_stage(
    owner: Owner, maker: Visit
) -> None:
    page = opened(owner, maker, NOTE)
    press(page, PIECE)
    write(page, FIELD("w"), "480")
    write(page, FIELD("x"), "-50")  # where nobody would find it again

    assert "25%" == page.evaluate(f"{STYLE}.width")
    assert "0" == place(page)[0]
    assert "-50" == state_of(page, FIELD("x"), "value")  # nobody's typing is written over


def test_a_press_moves_nothing_and_a_drag_leaves_nothing_behind(owner: Owner, maker: Visit) -> None:
    page = opened(owner, maker, NOTE | {"x": 166})
    x, y = middle_of(page, PIECE)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 2, y + 1)  # no hand is quite still
    page.mouse.up()
    assert ("166", "96") == place(page)
    drag(page, PIECE, right=60, down=40)
    assert ("166", "96") != place(page)
    assert "is-drag" not in state_of(page, "#stage", "outerHTML")


def test_a_second_finger_takes_nothing_out_of_the_first(owner: Owner, visits: Visits) -> None:
    maker = visits.begin("maker", has_touch=True)
    remember_visit(maker)
    remember_maker(maker, owner)
    page = opened(owner, maker, NOTE, LINK | {"x": 960})
    (x, y), second = (middle_of(page, PIECE, n=n) for n in range(2))
    hand = maker.context.new_cdp_session(page)
    hand.send("Input.dispatchTouchEvent", touches("touchStart", (x, y)))
    hand.send("Input.dispatchTouchEvent", touches("touchMove", (x + 60, y + 40)))
    hand.send("Input.dispatchTouchEvent", touches("touchStart", (x + 60, y + 40), second))
    hand.send("Input.dispatchTouchEvent", touches("touchEnd", (x + 60, y + 40)))
    hand.send("Input.dispatchTouchEvent", touches("touchEnd"))

    assert ["Log", "Tides"] == seen(page, PIECE)
    assert ("160", "96") != place(page)
    assert "960" == page.evaluate("document.querySelectorAll('#stage .piece')[1].dataset.x")
    assert "is-drag" not in state_of(page, "#stage", "outerHTML")


def touches(kind: str, *places: tuple[float, float]) -> dict[str, Any]:
    """What a screen tells of fingers that are on it, each where it is now."""
    points = [{"x": x, "y": y, "id": finger} for finger, (x, y) in enumerate(places)]
    return {"type": kind, "touchPoints": points}


def test_a_drag_that_is_taken_away_ends_where_it_is(owner: Owner, visits: Visits) -> None:
    maker = visits.begin("maker", has_touch=True)
    remember_visit(maker)
    remember_maker(maker, owner)
    page = opened(owner, maker, NOTE)
    x, y = middle_of(page, PIECE)
    hand = maker.context.new_cdp_session(page)
    hand.send("Input.dispatchTouchEvent", touches("touchStart", (x, y)))
    hand.send("Input.dispatchTouchEvent", touches("touchMove", (x + 60, y + 40)))
    hand.send("Input.dispatchTouchEvent", touches("touchCancel"))

    assert ("160", "96") != place(page)
    assert "is-drag" not in state_of(page, "#stage", "outerHTML")


def test_a_drag_that_is_thought_better_of_changes_nothing(owner: Owner, maker: Visit) -> None:
    page = opened(owner, maker, NOTE)
    x, y = middle_of(page, PIECE)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40)
    page.keyboard.press("Escape")
    page.mouse.move(x + 80, y + 40)
    page.mouse.up()

    assert ("160", "96") == place(page)
    assert "is-drag" not in state_of(page, "#stage", "outerHTML")
    assert ["All changes saved"] == seen(page, "#save-state")


def test_what_is_removed_in_the_middle_of_a_drag_leaves_nothing_behind(
    owner: Owner, maker: Visit
) -> None:
    page = opened(owner, maker, NOTE, LINK | {"x": 960})
    x, y = middle_of(page, PIECE)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40)
    page.keyboard.press("Delete")
    page.mouse.up()
    x, y = middle_of(page, PIECE)
    page.mouse.move(x, y)
    page.mouse.move(x + 20, y + 10)

    assert ("960", "96") == place(page)
    assert "is-drag" not in state_of(page, "#stage", "outerHTML")
    assert [] == maker.trouble


def test_what_is_not_saved_is_sent_as_soon_as_the_line_is_back(owner: Owner, maker: Visit) -> None:
    page = opened(owner, maker, NOTE)
    write(page, TITLE_FIELD, "Reeds")
    line.breaks_once(page, "/studio/canvas/")
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, "#save-state", "trying again")

    assert [["PUT", False]] == line.sent_at(page, "online")


def test_keys_of_the_browser_and_of_visitors_move_nothing(owner: Owner, maker: Visit) -> None:
    page = opened(owner, maker, NOTE)
    press(page, PIECE)
    # To the side, where there is nothing to scroll to.
    for key in ("Alt+ArrowRight", "Control+ArrowRight", "Meta+ArrowRight"):
        page.keyboard.press(key)
    assert ("160", "96") == place(page)
    press(page, "#editor-publish")
    press(page, "#publish-confirm")
    press(page, "[data-action=look]")
    assert appears(page, "#fixed-notice")
    press(page, PIECE)
    page.keyboard.press("ArrowRight")
    assert ("160", "96") == place(page)
    press(page, "#components .layer")
    assert "components" == page.evaluate(FOCUSED)  # where the next press is
    assert [] == maker.trouble


PLACES_OF_NEW_THINGS = """async ([count, width, height]) => {
  const loaded = performance.getEntriesByType("resource").map((one) => one.name);
  const { newComponent, withNew } = await import(loaded.find((name) => name.includes("editor-model")));
  let state = { components: [] };
  for (let made = 0; made < count; made += 1)
    state = withNew(state, newComponent("text", {}, state, { width, height }));
  return state.components.map(({ x, y }) => [x, y]);
}"""


@pytest.mark.parametrize(
    ("count", "stage", "most_in_one_place"),
    [(200, (1920, 1080), 1), (48, (640, 360), 1), (50, (640, 360), 2), (7, (40, 30), 7)],
)
def test_new_things_lie_on_each_other_only_where_every_place_is_taken(
    owner: Owner, maker: Visit, count: int, stage: tuple[int, int], most_in_one_place: int
) -> None:
    page, (width, height) = opened(owner, maker, NOTE), stage
    places = page.evaluate(PLACES_OF_NEW_THINGS, [count, *stage])
    assert most_in_one_place == max(Counter(map(tuple, places)).values())
    assert all(0 <= x < max(width * 0.8, 1) and 0 <= y < max(height * 0.8, 1) for x, y in places)
    assert all(0 == x % 16 == y % 16 for x, y in places)


def test_the_last_thing_that_a_canvas_holds_is_said_to_be_the_last(
    owner: Owner, maker: Visit
) -> None:
    page = opened(owner, maker, *[NOTE] * (MAX_COMPONENTS - 1))
    press(page, "[data-add=text]")
    save(page)
    assert [] == seen(page, "#editor-error")
    press(page, "[data-add=text]")

    assert appears(page, "#editor-error", "A canvas holds 200 things. Remove one to add another.")
    assert MAX_COMPONENTS == page.locator(PIECE).count()
    page.keyboard.press("ControlOrMeta+s")
    assert ["saved"] == [state_of(page, "#save-state", "dataset")["state"]]


def test_a_new_thing_is_drawn_as_its_form_says(owner: Owner, maker: Visit) -> None:
    page = maker.page
    open_page(page, f"/studio.html#{owner.seed('Baskets').id}")
    press(page, "[data-add=sprite]")

    drawn = page.evaluate("document.querySelector('#stage .sprite use').href.baseVal")
    assert state_of(page, FIELD("sprite"), "value") == drawn.rpartition("#")[2]
    assert "object" != drawn.rpartition("#")[2]  # which is drawn for whatever nobody knows


def test_an_address_is_sent_when_it_is_one(owner: Owner, maker: Visit) -> None:
    page = opened(owner, maker, LINK)
    press(page, PIECE)
    write(page, FIELD("url"), "https:")
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, "#editor-error", "Link: Tides: Address is not complete yet")
    assert page.evaluate(IS_ASKED)  # whoever leaves now loses it
    assert {"PUT ": 0} == maker.counted("PUT ")
    write(page, FIELD("url"), "https://example.org/")
    save(page)
    assert not page.evaluate(IS_ASKED)
    assert {"PUT ": 1} == maker.counted("PUT ")


def test_what_its_maker_hid_is_not_on_the_stage(owner: Owner, maker: Visit) -> None:
    page = opened(owner, maker, NOTE, LINK | {"hidden": True})

    assert ["Log"] == seen(page, PIECE)


def test_a_refusal_that_passes_is_no_refusal(owner: Owner, maker: Visit) -> None:
    page = opened(owner, maker, NOTE)
    for status in (408, 429, 500, 503):
        write(page, TITLE_FIELD, f"Reeds {status}")
        line.answers_once(page, "/studio/canvas/", status, {"message": "Too much going on."})
        page.keyboard.press("ControlOrMeta+s")
        assert appears(page, "#save-state", "trying again")
        save(page)


def test_who_goes_back_to_a_canvas_finds_it_saved(owner: Owner, maker: Visit) -> None:
    """The browser kept the page, and nobody knows whether what was sent at parting arrived."""
    page = opened(owner, maker, NOTE)
    write(page, TITLE_FIELD, "Reeds")
    assert [["PUT", True]] == line.sent_at_parting(page)
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert appears(page, SAVED, "Saved at")

    (kept,) = owner.client.get("/studio/canvas/mine").json["canvases"]
    assert "Reeds" == kept["title"]


def test_a_save_waits_for_the_one_before_it(owner: Owner, maker: Visit) -> None:
    page = opened(owner, maker, NOTE)
    line.holds_next(page, "PUT")
    for title in ("Reeds", "Willow"):
        write(page, TITLE_FIELD, title)
        page.keyboard.press("ControlOrMeta+s")
    line.lets_go(page)
    save(page)

    (kept,) = owner.client.get("/studio/canvas/mine").json["canvases"]
    assert "Willow" == kept["title"]  # and not what was sent first and came last


def test_who_writes_without_a_pause_is_saved(owner: Owner, maker: Visit) -> None:
    page = maker.page
    page.clock.install()
    opened(owner, maker, NOTE)
    page.clock.fast_forward(60_000)
    press(page, TITLE_FIELD)
    for _ in range(5):
        page.keyboard.insert_text("on and ")
        page.clock.fast_forward(1_200)  # too short to be a pause
    page.wait_for_load_state("networkidle")

    assert maker.counted("PUT ") != {"PUT ": 0}


def test_the_time_of_the_last_save_is_told(owner: Owner, visits: Visits) -> None:
    maker = visits.begin("maker", timezone_id="UTC")
    remember_visit(maker)
    remember_maker(maker, owner)
    page = maker.page
    page.clock.set_fixed_time("2026-01-05T09:00:00Z")
    page = opened(owner, maker, NOTE)
    for hour in ("10:15", "11:30"):
        page.clock.set_fixed_time(f"2026-01-05T{hour}:00Z")
        write(page, TITLE_FIELD, f"Reeds at {hour}")
        save(page)
        assert [f"Saved at {hour}"] == seen(page, SAVED)


def test_a_refusal_is_told_in_the_words_of_the_form(owner: Owner, maker: Visit) -> None:
    page = opened(owner, maker, LINK)
    write(page, TITLE_FIELD, "Reeds")
    said = {"message": "room_state.components[0].props.url is too long"}
    line.answers_once(page, "/studio/canvas/", 400, said)
    page.keyboard.press("ControlOrMeta+s")
    assert appears(page, "#editor-error", "Tides: Address is too long")


def test_what_can_be_added_is_said_in_whole_words_on_the_smallest_phone(
    owner: Owner, visits: Visits
) -> None:
    visit = visits.begin("maker", viewport={"width": 320, "height": 640})
    remember_visit(visit)
    remember_maker(visit, owner)
    page = opened(owner, visit, NOTE)

    assert {36} == set(page.locator("[data-add]").evaluate_all(HEIGHTS))
