"""Ids are safe as names of files."""

from __future__ import annotations

import re

import pytest

from dashgen.ids import (
    is_user_id,
    new_canvas_id,
    new_component_id,
    new_user_id,
    parse_canvas_id,
)


def test_new_ids_are_ids_and_differ() -> None:
    canvas_id = new_canvas_id()
    assert canvas_id == parse_canvas_id(canvas_id)
    assert is_user_id(new_user_id())
    assert re.fullmatch(r"usr_[0-9a-f]{12}", new_user_id())
    assert 100 == len({new_canvas_id() for _ in range(100)})
    component_id = new_component_id()
    assert component_id.startswith("comp_")
    assert 13 == len(component_id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cnv_",
        "cnv_0123456789a",
        "cnv_0123456789abc",
        "cnv_0123456789AB",
        "cnv_0123456789ab\n",
        "cnv_0123456789a\u0661",
        "../cnv_0123456789ab",
        "cnv_../../../etc",
    ],
)
def test_other_texts_are_no_canvas_ids(text: str) -> None:
    assert parse_canvas_id(text) is None


@pytest.mark.parametrize(
    "text", ["", "usr_", "usr_a/b", "usr_..", "usr_a\n", "usr_A", "alice", "usr_" + "a" * 33]
)
def test_other_texts_are_no_user_ids(text: str) -> None:
    assert not is_user_id(text)


def test_nobody_guesses_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of its digits are drawn from what the system keeps for secrets."""
    monkeypatch.setattr("secrets.token_hex", lambda size: "ab" * size)

    assert ("cnv_abababababab", "comp_abababab", "usr_abababababab") == (
        new_canvas_id(),
        new_component_id(),
        new_user_id(),
    )
