"""The error page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashgen.pages.error import render_error_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.pages.layout import Page
    from tests.dashgen.pages.conftest import Parsed


def test_it_says_what_happened(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_error_page(404, "There is no such canvas."))

    assert "Nothing here" == parsed.text(parsed.all("h1")[0])
    assert "There is no such canvas." in parsed.text(parsed.by_id("main"))


def test_it_leads_on(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_error_page(404, "There is no such canvas."))
    ways = [one.get("href") for one in parsed.all("a") if "button" in one.get("class", "")]

    assert ["/index.html", "/studio.html"] == ways


def test_an_unusual_status_has_a_page_too(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_error_page(418, "A message."))

    assert "That did not work" == parsed.text(parsed.all("h1")[0])
    assert "Error 418" in parsed.text(parsed.by_id("main"))


def test_a_message_stays_text(payload: str, parse: Callable[[Page], Parsed]) -> None:
    plain = parse(render_error_page(400, "A message."))

    parsed = parse(render_error_page(400, payload))

    assert [one.tag for one in parsed.all()] == [one.tag for one in plain.all()]
