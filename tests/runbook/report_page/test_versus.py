"""What was wanted beside what was got."""

from __future__ import annotations

import pytest

from runbook.report_page.versus import versus


@pytest.mark.parametrize(
    ("want", "got", "marked"),
    [
        ("the plan is pro", "the plan is free", ["<mark>pro</mark>", "<mark>free</mark>"]),
        ("one two", "one two three", ["<mark> three</mark>"]),
        ("aa", "aaa", ["<mark>a</mark>"]),
        ("absent", "resent", ["<mark>ab</mark>", "<mark>re</mark>"]),
        ("403", "200", []),
        ("", "an error", []),
    ],
)
def test_what_differs_is_marked(want: str, got: str, marked: list[str]) -> None:
    shown = versus(want, got)

    assert len(marked) == shown.count("<mark>")
    for each in marked:
        assert each in shown


def test_of_a_long_text_that_is_alike_the_edge_is_shown() -> None:
    head, tail = "h" * 500 + " before ", " after " + "t" * 500

    shown = versus(f"{head}one{tail}", f"{head}two{tail}")

    assert 2 == shown.count("hhh before <mark>")
    assert 2 == shown.count("</mark> after ttt")
    assert 4 == shown.count("characters that are alike")
    assert "h" * 100 not in shown


def test_what_is_short_is_shown_whole() -> None:
    assert "<dd>the same but <mark>one</mark> word</dd>" in versus(
        "the same but one word", "the same but two word"
    )


def test_markup_is_text_and_nothing_is_something() -> None:
    assert "<mark>&lt;b&gt;</mark>" in versus("a <b>", "a c")
    assert "<dd>nothing was said</dd>" in versus("", "")
