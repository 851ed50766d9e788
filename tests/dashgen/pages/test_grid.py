"""The front page: cards, orders, paging, and what stands in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from dashgen.pages.grid import grid_url, render_index_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashgen.pages.layout import Page
    from tests.dashgen.pages.conftest import MakeCard, Parsed


@pytest.fixture(scope="module")
def benign(make_card: MakeCard, parse: Callable[[Page], Parsed]) -> Parsed:
    return parse(render_index_page([make_card()], "cursor", "newest"))


def _shape(parsed: Parsed) -> list[tuple[str, tuple[str, ...]]]:
    return [(str(one.tag), tuple(sorted(map(str, one.attrib)))) for one in parsed.all()]


def test_payload_in_a_card_and_cursor_stays_text(
    payload: str, make_card: MakeCard, parse: Callable[[Page], Parsed], benign: Parsed
) -> None:
    parsed = parse(render_index_page([make_card(payload, thumbnail=None)], payload, "newest"))

    assert _shape(parsed) == _shape(benign)
    link = parsed.by_id("grid").findall(".//a")[0].get("href") or ""
    assert link.startswith("/canvas/")
    assert link.endswith(".html")
    assert 2 == link.count("/")


def test_payload_in_the_notice_stays_text(payload: str, parse: Callable[[Page], Parsed]) -> None:
    plain = parse(render_index_page([], "", "featured", notice="Closed."))

    parsed = parse(render_index_page([], "", "featured", notice=payload))

    assert _shape(parsed) == _shape(plain)


def test_a_card_shows_its_canvas(make_card: MakeCard, parse: Callable[[Page], Parsed]) -> None:
    card = msgspec.structs.replace(
        make_card(), id="cnv_0123456789ab", title="Kites", owner_handle="bo", theme="forest"
    )

    parsed = parse(render_index_page([card], "", "featured"))

    (item,) = parsed.by_id("grid").findall("li")
    assert "card theme-forest" == item.get("class")
    assert "cnv_0123456789ab" == item.get("data-canvas-id")
    assert "/canvas/cnv_0123456789ab.html" == item.findall("a")[0].get("href")
    assert "Kites" == parsed.text(item.findall("a")[0])
    assert "@bo · 21 September 2026" in parsed.text(item)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/thumbnails/a.png", "/thumbnails/a.png"),
        ("https://elsewhere.example/a.png", None),
        ("//elsewhere.example/a.png", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_only_thumbnails_of_this_site_are_shown(
    url: str, shown: str | None, make_card: MakeCard, parse: Callable[[Page], Parsed]
) -> None:
    parsed = parse(render_index_page([make_card(thumbnail=url)], "", "featured"))

    images = [(image.get("src"), image.get("alt")) for image in parsed.all("img")]
    assert images == ([(shown, "")] if shown else [])  # what it shows is what the title says


def test_a_card_of_a_script_has_the_parts_of_a_card_of_the_server(
    make_card: MakeCard, parse: Callable[[Page], Parsed]
) -> None:
    parsed = parse(render_index_page([make_card()], "", "featured"))
    (shown,) = parsed.by_id("grid").findall("li")
    (blank,) = parsed.by_id("card-template").findall("li")

    assert [(one.tag, sorted(one.attrib)) for one in shown.iter()] == [
        (one.tag, sorted(one.attrib)) for one in blank.iter()
    ]
    assert "aria-hidden" in parsed.by_id("skeleton-template").findall("li")[0].attrib


def test_a_card_has_the_scene_of_its_canvas(
    make_card: MakeCard, parse: Callable[[Page], Parsed]
) -> None:
    card = msgspec.structs.replace(make_card(), id="cnv_000000000002")

    parsed = parse(render_index_page([card], "", "featured"))

    (link,) = [
        href
        for one in parsed.by_id("grid").iter()
        if "scenes.svg" in (href := one.get("href") or "")
    ]
    assert link.endswith("#moon")


def test_the_current_order_is_marked(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_index_page([], "", "random"))

    pills = parsed.with_class("pill")
    assert ["Featured", "Newest", "Random"] == [parsed.text(pill) for pill in pills]
    assert [None, None, "page"] == [pill.get("aria-current") for pill in pills]
    assert "/index.html?filter=newest" == pills[1].get("href")


def test_more_canvases_are_a_plain_link(
    make_card: MakeCard, parse: Callable[[Page], Parsed]
) -> None:
    parsed = parse(render_index_page([make_card()], "a b&c", "newest"))

    link = parsed.by_id("load-more")
    assert "hidden" not in link.attrib
    assert {
        "filter": ["newest"],
        "cursor": ["a b&c"],
    } == parse_qs(urlsplit(link.get("href") or "").query)


def test_the_last_page_has_no_more(make_card: MakeCard, parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_index_page([make_card()], "", "newest"))

    assert "hidden" in parsed.by_id("load-more").attrib
    assert "hidden" in parsed.by_id("grid-empty").attrib


def test_an_empty_grid_says_so(parse: Callable[[Page], Parsed]) -> None:
    parsed = parse(render_index_page([], "", "featured"))

    assert "hidden" not in parsed.by_id("grid-empty").attrib
    assert "hidden" in parsed.by_id("grid-error").attrib


def test_a_notice_replaces_the_grid(make_card: MakeCard) -> None:
    page = render_index_page([make_card("a secret canvas")], "", "featured", notice="Closed.")

    assert "Closed." in page.html
    assert 'id="grid"' not in page.html
    assert "a secret canvas" not in page.html


def test_the_plain_address_is_the_featured_grid() -> None:
    assert "/index.html" == grid_url("featured")
    assert "/index.html?filter=featured&cursor=x" == grid_url("featured", "x")
