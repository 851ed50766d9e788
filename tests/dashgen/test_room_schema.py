"""Rooms: both shapes are read, one is stored, and whatever is hostile is refused by name."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.errors import SchemaError
from dashgen.room_schema import (
    COMPONENT_TYPES,
    MAX_COMPONENTS,
    MAX_DEPTH,
    MAX_STAGE,
    MAX_STRING,
    RoomState,
    Stage,
    normalise_room,
)


def room_with(**component: object) -> dict[str, object]:
    return {"components": [{"id": "comp_1", "type": "text", **component}]}


def nested(depth: int) -> object:
    value: object = "end"
    for _ in range(depth):
        value = [value]
    return value


def test_an_empty_room() -> None:
    assert RoomState(preset="blank", ambient="", stage=Stage(), components=[]) == normalise_room({})


def test_the_flat_shape_becomes_props() -> None:
    flat = {
        "preset": "library",
        "ambient": "rain",
        "components": [
            {"id": "comp_0", "type": "sprite", "x": 320, "y": 540, "sprite": "bookshelf"},
            {"id": "comp_1", "type": "click_to_read", "label": "Hi", "content": "*hello*"},
            {"id": "comp_2", "type": "click_to_link", "label": "me", "url": "HTTPS://A.org"},
        ],
    }
    room = normalise_room(flat)
    assert ("library", "rain") == (room.preset, room.ambient)
    sprite, note, link = room.components
    assert (320.0, 540.0, {"sprite": "bookshelf"}) == (sprite.x, sprite.y, sprite.props)
    assert ("click-to-read", {"label": "Hi", "content": "*hello*"}) == (note.type, note.props)
    assert ("click-to-link", {"label": "me", "url": "https://a.org"}) == (link.type, link.props)


def test_the_props_shape_is_kept() -> None:
    props = {"sprite_id": "lamp", "book_count": 3, "on": True, "none": None}
    link = {"kind": "link", "url": "/page.html"}
    given = {"id": "c.1", "type": "prop", "x": -1.5, "w": 10, "z": 3, "rotation": 90}
    given |= {"props": props, "interaction": link, "events": {"click": ["a", 1]}}
    given |= {"locked": True, "hidden": True, "solid": True}
    stage = {"width": 960, "height": 540, "background_layer": "sky"}

    room = normalise_room({"stage": stage, "components": [given]})

    assert Stage(width=960, height=540, background_layer="sky") == room.stage
    (component,) = room.components
    assert props | {"solid": True} == component.props
    assert link == component.interaction
    assert {"click": ["a", 1]} == component.events
    assert (-1.5, 10.0, 3, 90.0) == (component.x, component.w, component.z, component.rotation)
    assert component.locked
    assert component.hidden


def test_props_win_over_the_flat_shape() -> None:
    (component,) = normalise_room(room_with(text="flat", props={"text": "props"})).components
    assert {"text": "props"} == component.props


def test_a_component_without_an_id_gets_one() -> None:
    room = normalise_room({"components": [{"type": "text"}, {"type": "text"}]})
    first, second = room.components
    assert first.id.startswith("comp_")
    assert first.id != second.id


def test_nothing_counts_as_left_out() -> None:
    raw = {"stage": None, "components": [{"type": "text", "props": None, "interaction": None}]}
    (component,) = normalise_room(raw).components
    assert {} == component.props
    assert [] == normalise_room({"components": None}).components


@pytest.mark.parametrize("name", COMPONENT_TYPES)
def test_every_type_is_known_in_both_spellings(name: str) -> None:
    for spelling in (name, name.replace("-", "_")):
        (component,) = normalise_room({"components": [{"type": spelling}]}).components
        assert name == component.type


def test_an_unknown_type_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(SchemaError, match=r"click-to-link") as refused:
        normalise_room(room_with(type="click-to-lnk"))
    assert "room_state.components[0].type" == refused.value.field
    with pytest.raises(SchemaError, match=r"known: slot, badge"):
        normalise_room(room_with(type="zzzzzzzz"))


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (None, "room_state"),
        ([], "room_state"),
        ({"preset": 1}, "room_state.preset"),
        ({"preset": "x" * 65}, "room_state.preset"),
        ({"ambient": None}, "room_state.ambient"),
        ({"stage": []}, "room_state.stage"),
        ({"stage": {"width": "1"}}, "room_state.stage.width"),
        ({"stage": {"width": 0}}, "room_state.stage.width"),
        ({"stage": {"height": 1.5}}, "room_state.stage.height"),
        ({"stage": {"height": 10**6}}, "room_state.stage.height"),
        ({"components": {}}, "room_state.components"),
        ({"components": [1]}, "room_state.components[0]"),
        ({"components": [{"type": "text"}] * (MAX_COMPONENTS + 1)}, "room_state.components"),
        (room_with(type=1), "room_state.components[0].type"),
        (room_with(id=""), "room_state.components[0].id"),
        (room_with(id=None), "room_state.components[0].id"),
        (room_with(id="a b"), "room_state.components[0].id"),
        (room_with(id="x" * 65), "room_state.components[0].id"),
        (room_with(x="1"), "room_state.components[0].x"),
        (room_with(x=True), "room_state.components[0].x"),
        (room_with(x=None), "room_state.components[0].x"),
        (room_with(x=1e6), "room_state.components[0].x"),
        (room_with(w=-1), "room_state.components[0].w"),
        (room_with(y=float("nan")), "room_state.components[0].y"),
        (room_with(props={"a": [float("inf")]}), "room_state.components[0].props.a[0]"),
        (room_with(props={"a": 2**60}), "room_state.components[0].props.a"),
        (room_with(props={"a": 10**400}), "room_state.components[0].props.a"),
        (room_with(props=[]), "room_state.components[0].props"),
        (room_with(props={"a": b"x"}), "room_state.components[0].props.a"),
        (room_with(props={1: "x"}), "room_state.components[0].props"),
        (room_with(interaction="x"), "room_state.components[0].interaction"),
        (room_with(events=1), "room_state.components[0].events"),
        (room_with(hidden=1), "room_state.components[0].hidden"),
        (room_with(text="x" * (MAX_STRING + 1)), "room_state.components[0].text"),
        (room_with(text="a\ud800"), "room_state.components[0].text"),
        ({"name": "\udfff"}, "room_state.name"),
        ({"a" * 81: 1}, "room_state"),
        ({"x": list(range(30_000))}, "room_state"),
        (room_with(url="javascript:alert(1)"), "room_state.components[0].props.url"),
        (room_with(props={"URL": "data:,x"}), "room_state.components[0].props.URL"),
        (room_with(props={"url": 1}), "room_state.components[0].props.url"),
        (
            room_with(interaction={"launch": {"url": "//evil.example"}}),
            "room_state.components[0].interaction.launch.url",
        ),
        (room_with(events={"a": [{"href": "x:y"}]}), "room_state.components[0].events.a[0].href"),
        (room_with(props={"src": ["ok.png", "\tx"]}), "room_state.components[0].props.src[1]"),
    ],
)
def test_refuses_and_names_the_field(raw: object, field: str) -> None:
    with pytest.raises(SchemaError) as refused:
        normalise_room(raw)
    assert field == refused.value.field
    assert str(refused.value).isascii()


def test_a_stage_may_be_as_small_and_as_large_as_is_said() -> None:
    stage = normalise_room({"stage": {"width": 1, "height": MAX_STAGE}}).stage
    assert (1, MAX_STAGE) == (stage.width, stage.height)
    with pytest.raises(SchemaError, match=f"between 1 and {MAX_STAGE}"):
        normalise_room({"stage": {"width": MAX_STAGE + 1}})


def test_a_repeated_component_id_is_refused() -> None:
    with pytest.raises(SchemaError, match="earlier") as refused:
        normalise_room({"components": [{"id": "a", "type": "text"}, {"id": "a", "type": "dot"}]})
    assert "room_state.components[1].id" == refused.value.field


def test_depth_is_bounded_before_the_interpreter_is() -> None:
    normalise_room({"x": nested(MAX_DEPTH - 2)})
    for depth in (MAX_DEPTH - 1, 100_000):
        with pytest.raises(SchemaError, match="deep"):
            normalise_room({"x": nested(depth)})


def test_an_odd_key_is_written_plainly_in_the_message() -> None:
    with pytest.raises(SchemaError) as refused:
        normalise_room({"\u202e\n": float("nan")})
    assert "room_state.\\u202e\\n" == refused.value.field


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**60), 2**60), st.floats(), st.text(max_size=8)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["url", "a", "href", "props", "x"]), inner, max_size=3),
    ),
    max_leaves=8,
)
COMPONENTS = st.fixed_dictionaries(
    {"type": st.sampled_from(COMPONENT_TYPES)},
    optional={
        "id": st.sampled_from(["a", "b", "c d", 1]),
        "x": SCALARS,
        "w": st.integers(-5, 500),
        "text": st.text(),
        "url": st.sampled_from(["https://a.org", "/a", "javascript:x", "#b"]),
        "props": TREES,
        "interaction": TREES,
        "hidden": st.booleans(),
    },
)
ROOMS = st.one_of(
    TREES,
    st.fixed_dictionaries(
        {"components": st.lists(COMPONENTS, max_size=3)},
        optional={"preset": st.text(max_size=5), "stage": TREES},
    ),
)


@given(ROOMS)
def test_what_is_accepted_is_stored_and_read_back_the_same(raw: object) -> None:
    try:
        room = normalise_room(raw)
    except SchemaError:
        return
    stored = msgspec.json.encode(room)
    assert room == msgspec.json.decode(stored, type=RoomState)
    assert room == normalise_room(msgspec.json.decode(stored))
