"""The first-run dialog: three questions, a name, and the terms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dashgen.canvas_schema import SignupContext, decode_body
from dashgen.pages.first_run import FIRST_RUN_DIALOG

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.pages.layout import Page
    from tests.dashgen.pages.conftest import Parsed


@pytest.fixture
def index(every_page: dict[str, Page], parse: Callable[[Page], Parsed]) -> Parsed:
    return parse(every_page["index"])


def test_dialog_asks_for_a_name_and_the_answers(index: Parsed) -> None:
    dialog = index.by_id("first-run")
    names = {one.get("name") for one in dialog.iter() if one.get("name")}

    assert "dialog" == dialog.tag
    assert "open" not in dialog.attrib
    assert {"handle", "building", "vibe", "color_scheme", "problem", "tos_accepted"} == names


def test_terms_must_be_accepted(index: Parsed) -> None:
    box = index.by_id("first-run-tos-check")
    (label,) = [one for one in index.all("label") if one.get("for") == "first-run-tos-check"]

    assert "checkbox" == box.get("type")
    assert "required" in box.attrib
    assert "checked" not in box.attrib
    assert [
        "/legal/terms.html",
        "/legal/privacy.html",
    ] == [link.get("href") for link in label.iter("a")]
    assert "disabled" in index.by_id("first-run-submit").attrib


def test_dialog_stands_on_the_front_page_alone(every_page: dict[str, Page]) -> None:
    with_dialog = {name for name, page in every_page.items() if 'id="first-run"' in page.html}

    assert {"index", "index without canvases", "index while closed"} == with_dialog


def test_the_longest_answers_are_taken_by_the_server() -> None:
    longest = "x" * FIRST_RUN_DIALOG.answer_limit
    body = f'{{"building": "{longest}", "problem": "{longest}"}}'.encode()

    assert longest == decode_body(body, SignupContext).building
