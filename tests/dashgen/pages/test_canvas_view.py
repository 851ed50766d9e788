"""A canvas page, benign and under attack: what its maker writes stays text."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import pytest

from dashgen.pages.canvas_view import render_canvas_page
from dashgen.room_schema import Component, RoomState

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

    from dashgen.pages.layout import Page
    from tests.dashgen.pages.conftest import MakeCanvas, Parsed

NOW = 1_790_007_200.0
POLYGLOT = (
    "\"'`><!--<script></script></style></title><img src=x onerror=alert(1)>javascript:alert(1)&"
)


@pytest.fixture(scope="module")
def benign(make_canvas: MakeCanvas, parse: Callable[[Page], Parsed]) -> Parsed:
    return parse(render_canvas_page(make_canvas(), now=NOW))


def _notes(parsed: Parsed) -> set[int]:
    """Elements inside rendered notes; which there are depends on the note's Markdown."""
    return {id(one) for prose in parsed.with_class("prose") for one in prose.iter()}


def _skeleton(parsed: Parsed) -> Counter[str]:
    notes = _notes(parsed)
    return Counter(str(one.tag) for one in parsed.all() if id(one) not in notes)


def _names(parsed: Parsed) -> set[tuple[str, str]]:
    return {(str(one.tag), str(name)) for one in parsed.all() for name in (*one.attrib, "")}


def _boot(parsed: Parsed) -> object:
    return json.loads(parsed.by_id("canvas-boot").text or "")


def assert_harmless(parsed: Parsed, benign: Parsed) -> None:
    """The five things that hold for every canvas page, whatever its maker wrote."""
    assert _names(parsed) == _names(benign)
    assert _skeleton(parsed) == _skeleton(benign)
    assert "footer" == parsed.by_id("site-footer").tag
    for element in parsed.all():
        for name in ("href", "src", "action", "formaction", "ping"):
            assert_allowed(element, name)
    for element in parsed.with_class("stage"):
        assert re.fullmatch(r"stage theme-[a-z]+", element.get("class") or "")


def assert_allowed(element: Element, name: str) -> None:
    url = element.get(name)
    if url is None:
        return
    assert not url.startswith(("//", "/\\", "\\")), url
    assert urlsplit(url).scheme in {"", "http", "https", "mailto"}, url
    assert url.isprintable(), url


def test_payload_in_every_field_stays_text(
    payload: str, make_canvas: MakeCanvas, parse: Callable[[Page], Parsed], benign: Parsed
) -> None:
    canvas = make_canvas(payload, payload)

    parsed = parse(render_canvas_page(canvas, now=NOW))

    assert_harmless(parsed, benign)
    assert {
        "id": payload,
        "theme": payload,
        "title": payload,
        "room_state": msgspec.to_builtins(canvas.room_state),
    } == _boot(parsed)


@pytest.mark.parametrize(
    "field", ["id", "owner_id", "owner_handle", "theme", "title", "description"]
)
def test_polyglot_in_one_field_of_the_record_stays_text(
    field: str, make_canvas: MakeCanvas, parse: Callable[[Page], Parsed], benign: Parsed
) -> None:
    canvas = msgspec.structs.replace(make_canvas(), **{field: POLYGLOT})

    parsed = parse(render_canvas_page(canvas, now=NOW))

    assert_harmless(parsed, benign)


def test_no_payload_reaches_the_inline_style(make_canvas: MakeCanvas) -> None:
    page = render_canvas_page(make_canvas(POLYGLOT, POLYGLOT), now=NOW)
    plain = render_canvas_page(make_canvas(), now=NOW)

    assert page.content_security_policy == plain.content_security_policy


def test_a_broken_number_places_the_part_somewhere_sane(make_canvas: MakeCanvas) -> None:
    wild = [
        Component(id=str(n), type="text", x=number, y=number, w=number, h=number, rotation=number)
        for n, number in enumerate(
            (float("nan"), float("inf"), -float("inf"), 1e308, -1e308, 1e-300)
        )
    ]
    canvas = msgspec.structs.replace(make_canvas(), room_state=RoomState(components=wild))

    # NaN and infinity cannot be stored or sent; a page that met them would not be valid JSON.
    with pytest.raises(ValueError, match="JSON"):
        render_canvas_page(canvas, now=NOW)
    finite = RoomState(components=wild[3:])
    page = render_canvas_page(msgspec.structs.replace(canvas, room_state=finite), now=NOW)
    assert "nan" not in page.html.split("</style>")[0].lower()


def test_page_shows_what_the_maker_wrote(
    make_canvas: MakeCanvas, parse: Callable[[Page], Parsed]
) -> None:
    canvas = make_canvas("Tom & Jerry <3", "https://example.org/a?b=1&c=2")

    parsed = parse(render_canvas_page(canvas, now=NOW))

    assert "Tom & Jerry <3" == parsed.text(parsed.all("h1")[0])
    assert "@Tom & Jerry <3" in parsed.text(parsed.with_class("byline")[0])
    assert "2 hours ago" in parsed.text(parsed.with_class("byline")[0])
    links = [one for one in parsed.with_class("part") if one.get("href")]
    assert "https://example.org/a?b=1&c=2" in {one.get("href") for one in links}
    assert {"noopener nofollow"} == {one.get("rel") for one in links}


def test_a_refused_link_keeps_its_label(benign: Parsed) -> None:
    (dropped,) = [one for one in benign.with_class("part") if "Nowhere" in benign.text(one)]

    assert "a" == dropped.tag
    assert "href" not in dropped.attrib


def test_a_note_opens_from_its_button_without_a_script(benign: Parsed) -> None:
    buttons = [one for one in benign.with_class("part") if one.tag == "button"]

    assert buttons
    for button in buttons:
        note = benign.by_id(button.get("popovertarget") or "")
        assert "popover" in note.attrib
        assert benign.text(note).startswith(benign.text(button))


def test_what_leads_somewhere_and_has_words_to_read_opens_those(
    make_canvas: MakeCanvas, parse: Callable[[Page], Parsed]
) -> None:
    props: dict[str, object] = {
        "label": "Tides",
        "url": "https://example.org/",
        "content": "Low tide",
    }
    link = Component(id="x", type="click-to-link", props=props)
    canvas = msgspec.structs.replace(make_canvas(), room_state=RoomState(components=[link]))

    parsed = parse(render_canvas_page(canvas, now=NOW))

    (button,) = parsed.with_class("part")
    assert "Low tide" in parsed.text(parsed.by_id(button.get("popovertarget") or ""))


def test_an_untitled_canvas_is_named_after_its_maker(
    make_canvas: MakeCanvas, parse: Callable[[Page], Parsed]
) -> None:
    canvas = msgspec.structs.replace(make_canvas(), title="  ", owner_handle="alice")

    parsed = parse(render_canvas_page(canvas, now=NOW))

    assert "alice's canvas" == parsed.text(parsed.all("h1")[0])


def test_hidden_components_and_private_fields_stay_out(make_canvas: MakeCanvas) -> None:
    hidden = Component(id="x", type="text", hidden=True, props={"text": "behind the curtain"})
    canvas = msgspec.structs.replace(
        make_canvas(),
        room_state=RoomState(components=[hidden]),
        source_metadata={"secret": "answers"},
        owner_id="usr_private",
    )

    page = render_canvas_page(canvas, now=NOW)

    assert "This canvas is still empty." in page.html
    assert "answers" not in page.html
    assert "usr_private" not in page.html


def test_a_draft_says_so(make_canvas: MakeCanvas) -> None:
    canvas = msgspec.structs.replace(make_canvas(), published_at=None, slot_index=None)

    assert "a draft that only you can see" in render_canvas_page(canvas, now=NOW).html
