"""Hands press what a person could press, and say what is in the way of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.integration.hands import drag, middle_of, press, write
from tests.integration.page_facts import appears, disappears, seen, state_of

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.integration.browser import Visits

COVER = "<div id=cover style='position: fixed; inset: 0'></div>"
BAR = "<p id=bar style='position: fixed; bottom: 0; left: 0; right: 0; height: 90px; margin: 0'>bar</p>"
ROOM = "<p style='height: 3000px'></p>"
TELL = "onclick='said.textContent += this.textContent'"
SAID = "<output id=said></output>"


@pytest.fixture
def page(visits: Visits) -> Page:
    """An empty page."""
    return visits.begin("somebody").page


def show(page: Page, *body: str) -> None:
    page.goto("data:text/html," + quote("".join(body)))


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "there is none"),
        ("<button disabled>press</button>", "it is disabled"),
        ("<button hidden>press</button>", "it takes up no room"),
        (
            "<button style='position: fixed; left: -900px'>press</button>",
            "it is outside of the page",
        ),
        (f"<button>press</button>{COVER}", 'in front of it is <div id="cover"'),
    ],
    ids=["nothing", "disabled", "hidden", "outside", "covered"],
)
def test_what_nobody_can_press_says_why(page: Page, body: str, why: str) -> None:
    show(page, body)

    with pytest.raises(AssertionError) as said:
        middle_of(page, "button", patience=0)

    assert f"button cannot be pressed: {why}" in str(said.value)


def test_what_is_far_below_is_scrolled_to_past_a_bar(page: Page) -> None:
    show(page, SAID, ROOM, f"<button {TELL}>far</button>", ROOM, BAR)

    press(page, "button")

    assert ["far"] == seen(page, "#said")


def test_one_of_many_is_told_by_its_number_or_its_words(page: Page) -> None:
    show(page, *(f"<button {TELL}>{name} </button>" for name in ("one", "two", "three")), SAID)

    press(page, "button")
    press(page, "button", n=-1)
    press(page, "button", words="two")

    assert ["one three two"] == seen(page, "#said")


def test_what_comes_later_is_waited_for(page: Page) -> None:
    show(page, f"<button {TELL} disabled>late</button>", SAID)
    page.evaluate("setTimeout(() => { document.querySelector('button').disabled = false; }, 50)")

    press(page, "button")

    assert appears(page, "#said", "late")


def test_what_is_written_takes_the_place_of_what_was_there(page: Page) -> None:
    show(page, "<input value=before>")

    write(page, "input", "after")

    assert "after" == state_of(page, "input", "value")


def test_a_thing_is_dragged_by_its_middle(page: Page) -> None:
    tell = "said.textContent += `${event.type} ${event.clientX},${event.clientY};`"
    heard = "".join(
        f"addEventListener('{name}', (event) => {{ {tell} }});" for name in ("mousedown", "mouseup")
    )
    thing = (
        "<div style='position: fixed; left: 100px; top: 100px; width: 40px; height: 20px'></div>"
    )
    show(page, SAID, thing, f"<script>{heard}</script>")

    drag(page, "div", right=30, down=-50)

    assert ["mousedown 120,110;mouseup 150,60;"] == seen(page, "#said")


def test_what_goes_is_seen_to_go(page: Page) -> None:
    show(page, "<p id=there>here</p><p id=gone hidden>here</p>")

    assert disappears(page, "#gone")
    assert appears(page, "#there", "here")
