"""From stored components to what the template shows."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashgen.pages.components import SPRITES, Part, lay_out, reading_order, stage_style
from dashgen.pages.layout import ASSETS
from dashgen.room_schema import COMPONENT_TYPES, Component, Stage

_NUMBER = st.floats() | st.integers()
_COMPONENT = st.builds(
    Component,
    id=st.just("c"),
    type=st.sampled_from(COMPONENT_TYPES),
    x=_NUMBER,
    y=_NUMBER,
    w=_NUMBER,
    h=_NUMBER,
    z=st.integers(),
    rotation=_NUMBER,
    hidden=st.booleans(),
)
_PERCENT = r"\d{1,3}(?:\.\d{1,3})?"
_RULE = re.compile(
    rf"\.at-(\d+)\{{left:({_PERCENT})%;top:({_PERCENT})%;(?:width:({_PERCENT})%;)?"
    rf"(?:height:({_PERCENT})%;)?(?:rotate:{_PERCENT}deg;)?z-index:-?\d{{1,3}}\}}"
)
_SHEET = re.compile(
    r"@media \(min-width:45rem\)\{\.stage\{aspect-ratio:[\d.]+/[\d.]+\}((?:\.at-[^}]*\})*)\}"
)


def draw(component: Component) -> Part:
    (part,) = lay_out([component])
    return part


@example([Component(id="c", type="text", x=-0.0, y=-0.0)], Stage(width=100, height=100))
@given(
    st.lists(_COMPONENT, max_size=6), st.builds(Stage, width=st.integers(), height=st.integers())
)
def test_style_is_made_of_numbers_alone(components: list[Component], stage: Stage) -> None:
    ordered = reading_order(components)

    sheet = _SHEET.fullmatch(stage_style(ordered, stage))

    assert sheet is not None
    rules = _RULE.findall(sheet[1])
    assert [int(rule[0]) for rule in rules] == list(range(len(ordered)))
    assert sheet[1] == "".join(match[0] for match in _RULE.finditer(sheet[1]))
    for _, left, top, width, height in rules:
        assert float(left) + float(width or 0) <= 100.001
        assert float(top) + float(height or 0) <= 100.001


@given(st.lists(_COMPONENT, max_size=6))
def test_order_keeps_the_visible_and_drops_the_hidden(components: list[Component]) -> None:
    ordered = reading_order(components)

    assert sorted(map(id, ordered)) == sorted(id(one) for one in components if not one.hidden)


def test_order_is_from_the_top_down_then_from_the_left() -> None:
    at = {"d": (0, 900), "b": (700, 30), "a": (10, 90), "c": (400, 500)}
    components = [Component(id=name, type="text", x=x, y=y) for name, (x, y) in at.items()]

    assert ["a", "b", "c", "d"] == [one.id for one in reading_order(components)]


def test_position_is_a_share_of_the_stage() -> None:
    component = Component(
        id="c", type="text", x=480.0, y=270.0, w=960.0, h=540.0, z=3, rotation=-15.0
    )

    style = stage_style([component], Stage(width=1920, height=1080))

    assert ".at-0{left:25%;top:25%;width:50%;height:50%;rotate:345deg;z-index:3}" in style


@pytest.mark.parametrize(
    ("type_name", "kind"),
    [
        ("text", "text"),
        ("prop", "sprite"),
        ("sprite", "sprite"),
        ("slot", "sprite"),
        ("svg", "shape"),
        ("staff", "staff"),
        ("click-to-link", "link"),
        ("click_to_link", "link"),
        ("click-to-read", "note"),
        ("html", "unknown"),
        ("style", "unknown"),
        ("<script>", "unknown"),
    ],
)
def test_kind_follows_from_the_type(type_name: str, kind: str) -> None:
    assert kind == draw(Component(id="c", type=type_name)).kind


def test_an_unknown_type_is_named() -> None:
    assert "hologram" == draw(Component(id="c", type="hologram")).text


@pytest.mark.parametrize(
    ("asked", "drawn"),
    [("piano", "piano"), ("nothing", "object"), ('"><svg>', "object"), (7, "object")],
)
def test_a_sprite_is_one_of_ours(asked: object, drawn: str) -> None:
    assert drawn == draw(Component(id="c", type="sprite", props={"sprite": asked})).variant
    assert drawn == draw(Component(id="c", type="prop", props={"sprite_id": asked})).variant


def test_every_sprite_is_on_the_sheet() -> None:
    sheet = (ASSETS / "sprites.svg").read_text(encoding="utf-8")

    assert SPRITES == set(re.findall(r'<symbol id="([a-z]+)"', sheet))


def test_interactions_count_as_fields() -> None:
    door = Component(
        id="c", type="prop", interaction={"link": {"url": "/studio.html", "label": "In"}}
    )
    book = Component(
        id="c", type="prop", interaction={"type": "read", "markdown": "*x*", "title": "T"}
    )

    assert (True, "/studio.html", "In") == (draw(door).is_link, draw(door).href, draw(door).text)
    assert "<p><em>x</em></p>" == draw(book).note
    assert "T" == draw(book).text


def test_links_without_an_address_and_notes_without_a_text_are_just_labels() -> None:
    link = draw(Component(id="c", type="click-to-link"))
    note = draw(Component(id="c", type="click-to-read"))

    assert ("Open link", True, None) == (link.text, link.is_link, link.href)
    assert ("Read", None) == (note.text, note.note)


def test_notes_beyond_what_people_write_are_shown_as_typed() -> None:
    many = [
        Component(id=str(n), type="click-to-read", props={"content": "word " * 1_500})
        for n in range(20)
    ]

    parts = lay_out(many)

    assert (parts[0].note or "").startswith("<p>word")
    assert (parts[-1].note or "").startswith("<pre>word")
