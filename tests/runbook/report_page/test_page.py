"""The shell of a page, and what no text in any page can do."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runbook.report_page.drift_page import drift_page
from runbook.report_page.html import visible
from runbook.report_page.page import document, grid, section
from runbook.report_page.run_page import run_page
from runbook.report_page.search_page import search_page
from tests.runbook.report_page.pages import (
    HOSTILE,
    addresses,
    drift_record,
    elements,
    run_record,
    search_record,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# Each page with every part of it, made of one text.
PAGES: dict[str, Callable[[str], str]] = {
    "run": lambda text: run_page(run_record("red", text)),
    "search": lambda text: search_page(search_record("found", text)),
    "drift": lambda text: drift_page(drift_record("found", text)),
}
SINGLE_LINES = [text for text in HOSTILE if "\n" not in text]  # a patch has an element a line


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("text", SINGLE_LINES)
def test_a_hostile_text_is_shown_and_adds_no_element(page: Callable[[str], str], text: str) -> None:
    assert elements(page("plain")) == elements(page(text))
    assert visible(text) in text_of(page(text))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@settings(max_examples=15)
@given(text=st.text(min_size=1))
def test_no_text_adds_an_element(page: Callable[[str], str], text: str) -> None:
    assert elements(page(text)) <= elements(page("plain\nof\ttwo lines"))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_nothing_is_loaded_and_nothing_can_run(page: Callable[[str], str]) -> None:
    made = page("https://example.org/")

    assert addresses(made) <= {"data"}
    assert not {name for name, _ in elements(made)} & {
        "script",
        "iframe",
        "object",
        "form",
        "base",
        "a",
    }
    assert not re.search(r"@import|url\(", made)


def test_the_policy_allows_this_style_and_no_other() -> None:
    made = document(title="t", mood="good", head="h", body=[], foot="f")

    (style,) = re.findall(r"<style>(.*?)</style>", made, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src &#x27;sha256-{digest}&#x27;" in made
    assert "default-src &#x27;none&#x27;" in made
    assert "style" not in {name for _, names in elements(made) for name in names}


def test_the_colour_of_the_whole_is_its_mood() -> None:
    assert '<body class="bad">' in document(title="t", mood="bad", head="h", body=[], foot="f")


def test_a_section_folds_only_when_it_is_told() -> None:
    assert "<details" not in section("Title", "text", note="a word")
    assert "<details open>" in section("Title", "text", open_=True)
    assert "<details><summary>" in section("Title", "text", open_=False)


def test_every_line_of_a_table_has_a_cell_for_each_column() -> None:
    assert 'data-name="b">2<' in grid(["a", "b"], [("1", "2")])
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        grid(["a", "b"], [("1",)])
