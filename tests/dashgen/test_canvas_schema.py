"""What a client may send for a canvas, and what a visitor is shown of one."""

from __future__ import annotations

import json

import msgspec
import pytest
from msgspec import UNSET

from dashgen.canvas_schema import (
    THEMES,
    Canvas,
    CanvasDraft,
    SignupContext,
    Source,
    Visibility,
    decode_body,
    parse_changes,
    parse_draft,
    public_record,
)
from dashgen.errors import SchemaError
from dashgen.ids import CanvasId
from dashgen.room_schema import RoomState


def a_canvas(**fields: object) -> Canvas:
    given = {
        "id": CanvasId("cnv_0123456789ab"),
        "owner_id": "usr_alice",
        "owner_handle": "alice",
        "room_state": RoomState(),
        "created_at": 1.0,
        "updated_at": 2.0,
    }
    return Canvas(**{**given, **fields})  # type: ignore[arg-type]


def test_there_are_21_themes() -> None:
    assert 21 == len(set(THEMES))


def test_a_draft_is_read() -> None:
    draft = parse_draft(
        b'{"owner_id": "usr_mallory", "title": "Hi", "theme": "forest", "source": "manual",'
        b' "room_state": {"components": [{"type": "dot"}]}, "is_showcase": true}'
    )
    assert (draft.title, draft.theme, draft.source) == ("Hi", "forest", Source.manual)
    assert ["dot"] == [component.type for component in draft.room_state.components]
    assert not hasattr(draft, "owner_id")


def test_an_empty_draft_is_a_blank_canvas() -> None:
    assert CanvasDraft() == parse_draft(b"{}")


def test_a_draft_may_carry_the_answers_of_a_signup() -> None:
    draft = parse_draft(b'{"signup_context": {"handle": "alice", "unknown": 1}}')
    assert SignupContext(handle="alice") == draft.signup_context


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"\xff", "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (b'{"title": "\\ud800"}', "body"),
        (b"[" * 100_000, "body"),
        (b'{"room_state": ' + b"[" * 100_000, "body"),
        (b'{"title": 1}', "title"),
        (b'{"title": "' + b"x" * 81 + b'"}', "title"),
        (b'{"description": "' + b"x" * 241 + b'"}', "description"),
        (b'{"source": "stolen"}', "source"),
        (b'{"room_state": null}', "room_state"),
        (b'{"room_state": {"components": 1}}', "room_state.components"),
        (b'{"signup_context": {"handle": 1}}', "signup_context.handle"),
        (b'{"signup_context": {"problem": "' + b"x" * 501 + b'"}}', "signup_context.problem"),
    ],
)
def test_a_bad_draft_is_refused_by_field(body: bytes, field: str) -> None:
    with pytest.raises(SchemaError) as refused:
        parse_draft(body)
    assert field == refused.value.field


def test_an_unknown_theme_is_refused_with_the_nearest_names() -> None:
    for parse in (parse_draft, parse_changes):
        with pytest.raises(SchemaError, match="did you mean forest"):
            parse(b'{"theme": "forrest"}')


def test_title_and_description_fill_their_limits() -> None:
    draft = parse_draft(json.dumps({"title": "\u20ac" * 80, "description": "d" * 240}).encode())
    assert 80 == len(draft.title)
    assert 240 == len(draft.description)


def test_changes_tell_what_is_set_from_what_is_not() -> None:
    changes = parse_changes(b'{"title": "", "id": "cnv_000000000000", "published_at": 1}')
    assert "" == changes.title
    assert changes.theme is UNSET
    assert changes.description is UNSET
    assert changes.room_state is UNSET
    assert RoomState() == parse_changes(b'{"room_state": {}}').room_state


def test_changes_are_refused_by_field() -> None:
    with pytest.raises(SchemaError) as refused:
        parse_changes(b'{"room_state": {"stage": 1}}')
    assert "room_state.stage" == refused.value.field


def test_any_other_body_is_decoded_into_its_struct() -> None:
    assert SignupContext(handle="x") == decode_body(b'{"handle": "x"}', SignupContext)
    with pytest.raises(SchemaError) as refused:
        decode_body(b'{"handle": []}', SignupContext)
    assert "handle" == refused.value.field


def test_a_title_is_made_where_there_is_none() -> None:
    assert " Mine" == a_canvas(title=" Mine").display_title
    assert "alice's canvas" == a_canvas(title=" ").display_title
    assert "usr_alice's canvas" == a_canvas(owner_handle=" ").display_title


def test_published_means_a_time_of_publishing() -> None:
    assert not a_canvas().is_published
    assert a_canvas(published_at=0.0, slot_index=0).is_published


def test_a_visitor_sees_the_public_part_alone() -> None:
    canvas = a_canvas(
        title="T",
        visibility=Visibility.public,
        slot_index=0,
        published_at=5.0,
        source_metadata={"answers": {"problem": "private-7f3a"}},
        featured_locked=True,
        pack_id="private-pack",
    )
    record = public_record(canvas)
    encoded = msgspec.json.encode(record)
    assert b"private-" not in encoded
    assert "T" == record["title"]
    assert {
        "id",
        "owner_id",
        "owner_handle",
        "room_state",
        "theme",
        "title",
        "description",
        "slot_index",
        "published_at",
        "visibility",
        "is_showcase",
        "schema_version",
    } == set(record)
