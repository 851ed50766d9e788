"""What the front ends of the apps that ship call, as their scripts say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub.catalogue import APPS
from tests.hub.front_end_calls import calls_for_members
from tests.hub.program.conftest import write_app

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
await call("/api/notes");
await call(`/api/notes/${note.id}/lines?from=${start}`, { method: "POST", body });
await call("/elsewhere");
"""


def test_every_call_is_found_with_its_method() -> None:
    assert [
        ("DELETE", "/api/lists/none"),
        ("GET", "/api/lists"),
        ("POST", "/api/lists"),
        ("POST", "/api/lists/none/items"),
        ("PUT", "/api/items/none"),
    ] == calls_for_members(APPS / "checklists")


@pytest.mark.parametrize("is_required", [True, False])
def test_calls_are_for_members_where_one_must_be_signed_in(
    tmp_path: Path, *, is_required: bool
) -> None:
    folder = write_app(tmp_path, "notes", auth__required=is_required)
    (folder / "frontend" / "notes.js").write_text(SCRIPT, encoding="utf-8")

    found = [("GET", "/api/notes"), ("POST", "/api/notes/none/lines")]
    assert (found if is_required else []) == calls_for_members(folder)
