"""Markup from values."""

from __future__ import annotations

import html

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.report_page.html import Html, join, tag, visible
from tests.runbook.report_page.pages import HOSTILE

ANY_TEXT = st.text() | st.sampled_from(HOSTILE)


def test_an_element_has_its_attributes_and_its_children_in_order() -> None:
    made = tag(
        "p", "a ", tag("b", 1), [None, "c"], class_="x", data_name="y", hidden=True, title=None
    )

    assert '<p class="x" data-name="y" hidden>a <b>1</b>c</p>' == made


def test_an_element_without_an_end_has_none() -> None:
    assert '<img src="a" alt="">' == tag("img", src="a", alt="")


def test_numbers_are_short_and_the_box_of_a_picture_keeps_its_name() -> None:
    assert '<svg viewBox="0 0 1 2" width="0.5"></svg>' == tag("svg", view_box="0 0 1 2", width=0.5)


def test_what_is_markup_already_stands_as_it_is() -> None:
    assert "<b>" == join(Html("<b>"))
    assert "&lt;b&gt;" == join("<b>")
    assert "" == join(None)


@given(text=ANY_TEXT)
def test_no_text_becomes_markup(text: str) -> None:
    tree = html5lib.parseFragment(tag("p", text, title=text), namespaceHTMLElements=False)

    (only,) = tree
    assert ("p", [], {"title"}) == (only.tag, list(only), set(only.attrib))
    assert visible(text) == (only.text or "")
    assert visible(text) == html.unescape(html.escape(only.get("title")))


@given(text=ANY_TEXT)
def test_every_page_can_be_written_as_utf_8(text: str) -> None:
    assert tag("p", text).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a\\u202eb"),
        ("\0\x1b", "\\u0000\\u001b"),
        ("\ud800", "\\ud800"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("lines\n\tstay", "lines\n\tstay"),
        ("snow \N{SNOWMAN} stays", "snow \N{SNOWMAN} stays"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, shown: str) -> None:
    assert shown == visible(text)
