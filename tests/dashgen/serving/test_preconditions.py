"""Entity tags of canvases, and what a request says of them."""

from __future__ import annotations

import msgspec
import pytest

from dashgen.canvas_schema import Canvas
from dashgen.errors import ChangedMeanwhile, SchemaError
from dashgen.ids import CanvasId
from dashgen.room_schema import RoomState
from dashgen.serving.preconditions import etag_of, is_repeated, parse_if_match, refuse_when_changed

CANVAS = Canvas(
    id=CanvasId("cnv_0123456789ab"),
    owner_id="usr_alice",
    owner_handle="alice",
    room_state=RoomState(),
    created_at=1.0,
    updated_at=1.0,
)
OTHER = msgspec.structs.replace(CANVAS, title="New", updated_at=2.0)


@pytest.mark.parametrize(
    "change", [{"title": "New"}, {"updated_at": 2.0}, {"published_at": 3.0, "slot_index": 0}]
)
def test_another_state_has_another_name(change: dict[str, object]) -> None:
    assert etag_of(CANVAS) == etag_of(msgspec.structs.replace(CANVAS))
    assert etag_of(CANVAS) != etag_of(msgspec.structs.replace(CANVAS, **change))


@pytest.mark.parametrize("lines", [[], ["*"], [" * "]])
def test_who_names_no_state_accepts_any(lines: list[str]) -> None:
    assert parse_if_match(lines) is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['"a"'], {'"a"'}),
        (['"a", "b"'], {'"a"', '"b"'}),
        (['"a"', ',"b,c" ,'], {'"a"', '"b,c"'}),
        (['W/"a", "b"'], {'"b"'}),
        (['W/"a"'], set()),
        (['""'], {'""'}),
    ],
)
def test_tags_are_read(lines: list[str], expected: set[str]) -> None:
    assert frozenset(expected) == parse_if_match(lines)


@pytest.mark.parametrize("said", ["", ",", "a", '"a', '"a" "b"', '*, "a"', 'w/"a"', '"a b"', "'a'"])
def test_what_is_no_tag_is_refused(said: str) -> None:
    with pytest.raises(SchemaError, match="If-Match"):
        parse_if_match([said])


def test_a_long_line_of_almost_tags_takes_no_time() -> None:
    with pytest.raises(SchemaError):
        parse_if_match(['"a",' * 5_000 + '"'])
    with pytest.raises(SchemaError):
        parse_if_match([" " * 20_000 + "x"])


def test_what_was_changed_meanwhile_is_kept() -> None:
    refuse_when_changed(CANVAS, None)
    refuse_when_changed(CANVAS, frozenset({etag_of(CANVAS)}))
    with pytest.raises(ChangedMeanwhile):
        refuse_when_changed(OTHER, frozenset({etag_of(CANVAS)}))


def test_what_is_sent_again_is_known_by_what_it_asks_for() -> None:
    before, after = frozenset({etag_of(CANVAS)}), frozenset({etag_of(OTHER)})
    assert is_repeated(OTHER, OTHER, before)
    # On the state that it has, or on any: stored anew, as ever.
    assert not is_repeated(OTHER, OTHER, after)
    assert not is_repeated(OTHER, OTHER, None)
    with pytest.raises(ChangedMeanwhile):
        is_repeated(OTHER, CANVAS, before)
