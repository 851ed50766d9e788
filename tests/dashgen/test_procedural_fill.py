"""Procedural fill: a room that fits the answers, the same one for the same answers."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashgen.canvas_schema import THEMES, CanvasDraft, SignupContext, Source
from dashgen.procedural_fill import FILL_VERSION, fill
from dashgen.room_schema import RoomState, normalise_room

ALICE = SignupContext(
    handle="alice",
    building="a novel about lighthouses",
    vibe="cozy",
    color_scheme="forest",
    problem="I never finish chapters",
    github_handle="alice-writes",
)


def all_text(draft: CanvasDraft) -> str:
    return " ".join(
        str(value) for one in draft.room_state.components for value in one.props.values()
    )


def test_the_room_reflects_the_answers() -> None:
    draft = fill(ALICE)
    assert draft.source is Source.procedural_fill
    assert "library" == draft.room_state.preset
    assert "forest" == draft.theme
    assert "alice's library" == draft.title
    assert "a novel about lighthouses" in draft.description
    text = all_text(draft)
    for answer in ("alice", "lighthouses", "cozy", "never finish chapters"):
        assert answer in text
    links = [one for one in draft.room_state.components if one.type == "click-to-link"]
    assert ["https://github.com/alice-writes"] == [link.props["url"] for link in links]
    assert FILL_VERSION == draft.source_metadata["fill_version"]
    assert draft.source_metadata["answers"] == msgspec.to_builtins(ALICE)


def test_what_it_says_reads_well() -> None:
    assert fill(SignupContext(vibe="arcade")).description.startswith("An arcade ")
    assert "My music lab" == fill(SignupContext(vibe="lounge")).title
    for draft in (fill(ALICE), fill(SignupContext())):
        assert "room" not in f"{draft.title} {draft.description} {all_text(draft)}"


def test_everything_stands_on_the_grid_of_the_studio() -> None:
    for one in fill(ALICE).room_state.components:
        assert (0, 0, 0) == (one.x % 16, one.y % 16, one.w % 16)


def test_it_is_the_same_text_before_it_is_stored_and_after() -> None:
    text = msgspec.json.encode(fill(ALICE).room_state)
    assert text == msgspec.json.encode(msgspec.json.decode(text, type=RoomState))


def test_it_greets_with_something_to_read() -> None:
    notes = [one for one in fill(ALICE).room_state.components if one.type == "click-to-read"]
    assert 1 == len(notes)
    assert "Welcome" in str(notes[0].props["content"])


@pytest.mark.parametrize(
    ("building", "vibe", "preset"),
    [
        ("a puzzle game", "cozy", "arcade"),
        ("songs for my band", "", "music_lab"),
        ("a photo diary", "", "gallery"),
        ("an app for gardeners", "", "workshop"),
        ("Poetry", "arcade", "library"),
        ("something", "cozy", "library"),
        ("something", " Lounge ", "music_lab"),
        ("something", "shop", "workshop"),
        ("something", "studio", "studio"),
        ("something", "unheard of", "studio"),
        ("", "", "studio"),
    ],
)
def test_words_pick_the_room_and_then_the_vibe(building: str, vibe: str, preset: str) -> None:
    assert preset == fill(SignupContext(building=building, vibe=vibe)).room_state.preset


@pytest.mark.parametrize(
    ("scheme", "theme"),
    [("cool", "ocean"), ("Midnight", "midnight"), ("", "warm"), ("plaid", "warm")],
)
def test_the_colour_scheme_picks_the_theme(scheme: str, theme: str) -> None:
    assert theme == fill(SignupContext(color_scheme=scheme)).theme


def test_other_answers_give_other_ids() -> None:
    others = msgspec.structs.replace(ALICE, problem="")
    ids = [one.id for draft in (fill(ALICE), fill(others)) for one in draft.room_state.components]
    assert len(ids) == len(set(ids))


SHORT, LONG = st.text(max_size=80), st.text(max_size=500)


@given(
    st.builds(
        SignupContext,
        handle=SHORT,
        building=LONG,
        vibe=SHORT,
        color_scheme=SHORT,
        problem=LONG,
        github_handle=st.one_of(SHORT, st.just("octo-cat"), st.just("a/../b"), st.just("x\n")),
    )
)
def test_any_answers_give_a_sound_canvas_and_the_same_one_again(context: SignupContext) -> None:
    draft = fill(context)
    assert draft == fill(context)
    assert 4 <= len(draft.room_state.components) <= 8
    assert len(draft.title) <= 80
    assert len(draft.description) <= 240
    assert draft.theme in THEMES
    stored = msgspec.json.decode(msgspec.json.encode(draft.room_state))
    assert draft.room_state == normalise_room(stored)
    for one in draft.room_state.components:
        assert 0 <= one.x < draft.room_state.stage.width
        assert 0 <= one.y < draft.room_state.stage.height
